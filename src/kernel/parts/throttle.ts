/**
 * Spaces out a costly reaction to changes: at once after a quiet time, less often while they keep coming.
 *
 * Who uses it: one's own announcements, the floods on a link, the computation of routes. The gap doubles
 * with each reaction in a row, as routers do it with link-state announcements and shortest paths (OSPF
 * throttling). Invariant: `take` says yes at most once per gap, and what it refused may go at `nextAt`.
 */
export class Throttle {
  private readonly firstMs: number;
  private readonly maxMs: number;
  private gapMs: number;
  private lastAt = Number.NEGATIVE_INFINITY;

  /** @param firstMs The gap after a reaction that followed a quiet time. @param maxMs The widest gap. */
  constructor(firstMs: number, maxMs: number) {
    this.firstMs = firstMs;
    this.maxMs = maxMs;
    this.gapMs = firstMs;
  }

  /** When the next reaction is allowed. In the past: now. */
  get nextAt(): number {
    return this.lastAt + this.gapMs;
  }

  take(now: number): boolean {
    if (now < this.nextAt) return false;
    // Quiet for another gap beyond the one that had to pass: the next change is a first one again.
    const inARow = now < this.nextAt + this.gapMs;
    this.gapMs = inARow ? Math.min(this.maxMs, this.gapMs * 2) : this.firstMs;
    this.lastAt = now;
    return true;
  }

  /** The next reaction is allowed at once. */
  reset(): void {
    this.lastAt = Number.NEGATIVE_INFINITY;
    this.gapMs = this.firstMs;
  }
}
