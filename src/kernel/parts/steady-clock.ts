/**
 * Unix milliseconds that go on steadily where the clock of the machine is set: what expires does so by them.
 *
 * Made by behaviors that keep something for a time: a clock may be set by a day, by somebody or by the network, and nothing
 * must expire that much earlier, or be kept that much longer. A step of the clock that no other clock of the machine has
 * made is taken off. Where the clock is slowly corrected it is followed. Invariant: between two readings the time passes
 * as the monotonic clock does, but for `clockStepMs`, and for the time in which the machine was suspended.
 */
import type { Uptime } from '../contracts.ts';
import { limits } from '../limits.ts';

/** What is kept of it from one run to the next. */
export interface KeptClock {
  /** What is added to the clock of the machine. */
  readonly correctionMs: number;
  /** Clock of the machine when this was written, in Unix milliseconds. */
  readonly wallNow: number;
  /** Run of the machine, and how long it had lasted; empty and 0: unknown. */
  readonly boot: string;
  readonly elapsedMs: number;
}

/** What the machine's clocks say at one moment. */
interface Reading {
  /** Unix milliseconds. */
  readonly wallNow: number;
  /** Monotonic milliseconds, as far as the program has run. */
  readonly now: number;
}

/** A clock was set. */
export interface ClockStep {
  /** What it would say without. */
  readonly expected: number;
  /** What it says. Both in Unix milliseconds. */
  readonly wallNow: number;
}

export interface SteadyClockPorts {
  reading(): Reading;
  uptime(): Uptime | undefined;
  /** The clock was set. Is called after the time has been made to go on. */
  stepped(step: ClockStep): void;
}

const { abs, floor, round } = Math;

export class SteadyClock {
  private readonly ports: SteadyClockPorts;
  private correctionMs = 0;
  private last: Reading | undefined;
  private uptime: (Uptime & { readonly wallNow: number }) | undefined;

  constructor(ports: SteadyClockPorts) {
    this.ports = ports;
  }

  /** @param kept Null: nothing is. */
  begin(kept: KeptClock | null): void {
    this.correctionMs = kept?.correctionMs ?? 0;
    this.last = this.reading();
    const { wallNow } = this.last;
    this.anchor(wallNow);
    if (kept === null) return;
    const sameBoot = this.uptimeIn(kept.boot);
    // After another start of the machine nobody knows how long it was off: at least, time has not gone back.
    const expected =
      sameBoot === undefined
        ? Math.max(wallNow, kept.wallNow)
        : kept.wallNow + sameBoot.elapsedMs - kept.elapsedMs;
    this.correct(expected, wallNow);
  }

  /** The time. */
  read(): number {
    const next = this.reading();
    const { last } = this;
    this.last = next;
    if (last !== undefined) {
      const expected = last.wallNow + next.now - last.now;
      if (this.isStep(expected, next.wallNow))
        this.correct(this.afterSuspend(next.wallNow) ?? expected, next.wallNow);
    }
    return floor(next.wallNow + this.correctionMs);
  }

  /** To be given to `begin` of the next run. */
  keep(): KeptClock {
    this.read();
    const { wallNow } = this.last as Reading;
    const uptime = this.anchor(wallNow);
    return {
      correctionMs: round(this.correctionMs),
      wallNow: floor(wallNow),
      boot: uptime?.boot ?? '',
      elapsedMs: uptime?.elapsedMs ?? 0,
    };
  }

  private anchor(wallNow: number): Uptime | undefined {
    const uptime = this.ports.uptime();
    this.uptime = uptime === undefined ? undefined : { ...uptime, wallNow };
    return uptime;
  }

  /** What the clock would say where the machine was suspended; undefined: nobody knows. */
  private afterSuspend(wallNow: number): number | undefined {
    const before = this.uptime;
    const uptime = before === undefined ? undefined : this.uptimeIn(before.boot);
    if (before === undefined || uptime === undefined) return undefined;
    const expected = before.wallNow + uptime.elapsedMs - before.elapsedMs;
    this.uptime = { ...uptime, wallNow };
    return expected;
  }

  /** What it is given changes with each turn. */
  private reading(): Reading {
    const { wallNow, now } = this.ports.reading();
    return { wallNow, now };
  }

  private uptimeIn(boot: string): Uptime | undefined {
    const uptime = this.ports.uptime();
    return uptime !== undefined && uptime.boot === boot ? uptime : undefined;
  }

  private isStep(expected: number, wallNow: number): boolean {
    return abs(wallNow - expected) > limits.clockStepMs;
  }

  private correct(expected: number, wallNow: number): void {
    if (!this.isStep(expected, wallNow)) return;
    this.correctionMs += expected - wallNow;
    this.ports.stepped({ expected: floor(expected), wallNow: floor(wallNow) });
  }
}
