/**
 * Is the other end alive? Decided from its silence, one's own lag, and poll phases.
 *
 * Who calls it: the pulse of a link. Invariant: silence alone never kills. When the time is over the host is asked
 * for poll phases first, since the other end's bytes may be waiting in the kernel behind our own stall
 * (Lifeguard, Dadgar et al. 2017: suspect yourself first); and every lag of ours is forgiven in full.
 */
import { limits } from '../limits.ts';

export type Verdict = 'alive' | 'needs-poll' | 'dead';

type Suspicion = { readonly state: 'none' } | { readonly state: 'polling'; readonly heardAt: number };

const noSuspicion: Suspicion = { state: 'none' };

export class Liveness {
  private heardAt: number;
  private suspicion = noSuspicion;
  private readonly silenceMaxMs: number;

  constructor(now: number, stallToleranceMs: number) {
    this.heardAt = now;
    // An honest neighbor sends each heartbeat interval and may stall for its tolerance in between.
    this.silenceMaxMs = stallToleranceMs + limits.heartbeatIntervalMs;
  }

  heard(now: number): void {
    this.heardAt = now;
    this.suspicion = noSuspicion;
  }

  /** Our own loop was late by this much: nobody else is to blame for it. */
  forgive(lagMs: number, now: number): void {
    this.heardAt = Math.min(now, this.heardAt + lagMs);
  }

  isStalled(now: number): boolean {
    return now - this.heardAt >= limits.stalledAfterMs;
  }

  /** At or after the deadline: what to do. */
  check(now: number): Verdict {
    if (now - this.heardAt < this.silenceMaxMs) return 'alive';
    if (this.suspicion.state === 'polling') return 'alive';
    this.suspicion = { state: 'polling', heardAt: this.heardAt };
    return 'needs-poll';
  }

  /** The asked-for poll phases have passed: still nothing means dead. */
  polled(now: number): Verdict {
    if (this.suspicion.state !== 'polling') return 'alive';
    const silent = this.heardAt <= this.suspicion.heardAt && now - this.heardAt >= this.silenceMaxMs;
    this.suspicion = noSuspicion;
    return silent ? 'dead' : 'alive';
  }

  /** When `check` next has something to say: first for stalled, then for dead. */
  nextDeadline(now: number): number {
    if (this.suspicion.state === 'polling') return Number.POSITIVE_INFINITY;
    const stalledAt = this.heardAt + limits.stalledAfterMs;
    return now < stalledAt ? stalledAt : this.heardAt + this.silenceMaxMs;
  }
}
