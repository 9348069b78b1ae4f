/**
 * Watches how behaviors behave: which throws too often, and which blocks the node's event loop.
 *
 * Who calls it: the registry of behaviors, around each call. Invariant: it changes nothing by itself, it reports; a
 * slow behavior is named in the log at most once a minute, and none is named for what other programs of the machine
 * did.
 */
import type { Uptime } from './contract/agent.ts';
import { limits } from './limits.ts';

/** How long things take. */
export interface Clock {
  /** Monotonic milliseconds, which go on within a turn. */
  now(): number;
  /** Milliseconds so far in which this program could have gone on, and the system ran others. Undefined: unknown. */
  heldUpMs?(): number | undefined;
  /** Unix time in milliseconds, asked for once in each turn: it may be set, and a machine may sleep. */
  wallNow?(): number;
  /** How long the machine has run; asked for rarely. Undefined: unknown. */
  uptime?(): Uptime | undefined;
}

/** What is wrong with a behavior, for `status`. */
export interface BehaviorTrouble {
  readonly name: string;
  /** Exceptions since the start. */
  readonly threw: number;
  /** It threw too often and is not called any more. */
  readonly isOff: boolean;
  /** Calls that took longer than 50 ms. */
  readonly slowCalls: number;
  readonly slowestMs: number;
}

interface Entry {
  threw: number;
  isOff: boolean;
  slowCalls: number;
  slowestMs: number;
  /** Kernel times of the exceptions that count, the oldest first. */
  throwTimes: number[];
  saidAt: number;
}

export class BehaviorWatch {
  private readonly clock: Clock | undefined;
  private readonly warn: (text: string, feature: string) => void;
  private readonly entries = new Map<string, Entry>();
  /** By the last `tick`: asking for each call would cost too much. */
  private heldUpMs: number | undefined;

  /** @param warn Writes a line into the log. */
  constructor(clock: Clock | undefined, warn: (text: string, feature: string) => void) {
    this.clock = clock;
    this.warn = warn;
  }

  /** Of behaviors with which something is wrong. */
  get troubles(): BehaviorTrouble[] {
    return [...this.entries].map(([name, { threw, isOff, slowCalls, slowestMs }]) => ({
      name,
      threw,
      isOff,
      slowCalls,
      slowestMs: Math.round(slowestMs),
    }));
  }

  /** @returns true when it is to be switched off. */
  threw(name: string, now: number): boolean {
    const entry = this.entry(name);
    entry.threw++;
    entry.throwTimes.push(now);
    if (entry.throwTimes.length > limits.behaviorThrowsMax) entry.throwTimes.shift();
    const [oldest = now] = entry.throwTimes;
    const isTooOften =
      entry.throwTimes.length >= limits.behaviorThrowsMax && now - oldest <= limits.behaviorThrowsMs;
    entry.isOff ||= isTooOften;
    return isTooOften;
  }

  /** About once a second. */
  tick(): void {
    this.heldUpMs = this.clock?.heldUpMs?.();
  }

  /** A call begins. */
  begin(): number {
    return this.clock?.now() ?? 0;
  }

  isSlow(begunAt: number): boolean {
    return this.clock !== undefined && this.clock.now() - begunAt > limits.behaviorSlowMs;
  }

  /** The call that began then is over. @param now Kernel time. */
  end(name: string, begunAt: number, now: number): void {
    if (this.clock === undefined) return;
    const tookMs = this.clock.now() - begunAt;
    if (tookMs <= limits.behaviorSlowMs) return;
    const ownMs = tookMs - this.heldUpSinceTick();
    if (ownMs > limits.behaviorSlowMs) this.slow(name, ownMs, now);
  }

  /** At most so much of it may lie within a call that began after the tick. */
  private heldUpSinceTick(): number {
    const { heldUpMs } = this;
    const nowMs = this.clock?.heldUpMs?.();
    return heldUpMs === undefined || nowMs === undefined ? 0 : nowMs - heldUpMs;
  }

  private slow(name: string, tookMs: number, now: number): void {
    const entry = this.entry(name);
    entry.slowCalls++;
    entry.slowestMs = Math.max(entry.slowestMs, tookMs);
    if (now - entry.saidAt < limits.behaviorSlowSaidMs) return;
    entry.saidAt = now;
    const text = `behavior ${name} blocked the event loop for ${Math.round(tookMs)} ms in one call (limit: ${limits.behaviorSlowMs} ms): move the work out of the behavior`;
    this.warn(text, name);
  }

  private entry(name: string): Entry {
    let entry = this.entries.get(name);
    if (entry === undefined) {
      entry = {
        threw: 0,
        isOff: false,
        slowCalls: 0,
        slowestMs: 0,
        throwTimes: [],
        saidAt: Number.NEGATIVE_INFINITY,
      };
      this.entries.set(name, entry);
    }
    return entry;
  }
}
