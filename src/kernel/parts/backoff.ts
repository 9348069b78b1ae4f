/**
 * Exponential backoff: waits that double up to a bound, fully random or from half on.
 *
 * Who calls it: whatever tries again. Invariant: a wait is never longer than the bound.
 */
import type { Random } from '../contracts.ts';

export class Backoff {
  private readonly firstMs: number;
  private readonly maxMs: number;
  private exponent = 0;

  constructor(firstMs: number, maxMs: number) {
    this.firstMs = firstMs;
    this.maxMs = maxMs;
  }

  reset(): void {
    this.exponent = 0;
  }

  get attempts(): number {
    return this.exponent;
  }

  /** Random in 0..bound, so that a crowd spreads out ("full jitter"; meshage waits 0..2^k seconds). */
  spread(random: Random): number {
    return random.next() * this.bound();
  }

  /** Random in bound/2..bound, for a single one that waits for a single other. */
  steady(random: Random): number {
    return (0.5 + random.next() / 2) * this.bound();
  }

  private bound(): number {
    const bound = Math.min(this.maxMs, this.firstMs * 2 ** this.exponent);
    if (bound < this.maxMs) this.exponent++;
    return bound;
  }
}
