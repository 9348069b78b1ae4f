/**
 * One node's clocks: a monotonic one that may run fast or slow, and a wall clock that may jump.
 *
 * Who calls it: the node's platform; faults change the rate and the offset. Invariant: the monotonic
 * clock never goes back, whatever is done to its rate, and `worldTimeOf` is its inverse rounded up, so
 * that a timer never fires before its time.
 */
import type { Uptime } from '../../../kernel/contracts.ts';
import type { World } from '../world.ts';

/** 2026-01-01T00:00:00Z, when every simulated world begins. */
const worldBeginsAtUnixMs = 1_767_225_600_000;

export class NodeClock {
  private readonly world: World;
  private anchorWorld: number;
  private anchorLocal: number;
  private rate = 1;
  private wallOffsetMs = 0;
  /** World time of the last leap: what was to come in between came all at once. */
  lastLeapAt = Number.NEGATIVE_INFINITY;
  lastLeapMs = 0;

  /** @param startMs What the monotonic clock shows at first: it has no meaning of its own. */
  constructor(world: World, startMs: number) {
    this.world = world;
    this.anchorWorld = world.now;
    this.anchorLocal = startMs;
  }

  now(): number {
    return this.anchorLocal + (this.world.now - this.anchorWorld) * this.rate;
  }

  wallNow(): number {
    return Math.floor(worldBeginsAtUnixMs + this.world.now + this.wallOffsetMs);
  }

  /** One machine, which is never off, whatever runs on it. */
  uptime(): Uptime {
    return { boot: 'the only one', elapsedMs: this.world.now };
  }

  /** 1.01 gains 10 ms a second. */
  setRate(rate: number): void {
    this.anchorLocal = this.now();
    this.anchorWorld = this.world.now;
    this.rate = rate;
  }

  /** Forward, at once. */
  leap(byMs: number): void {
    this.anchorLocal = this.now() + byMs;
    this.anchorWorld = this.world.now;
    if (byMs > 0) [this.lastLeapAt, this.lastLeapMs] = [this.world.now, byMs];
  }

  jumpWall(byMs: number): void {
    this.wallOffsetMs += byMs;
  }

  /** The world's time at which `now()` reaches `local`. */
  worldTimeOf(local: number): number {
    if (local === Number.POSITIVE_INFINITY) return local;
    const time = this.anchorWorld + (local - this.anchorLocal) / this.rate;
    // Rounding may leave the local clock a hair short; a microsecond more is never early.
    return time + 0.001;
  }
}
