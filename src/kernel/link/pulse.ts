/**
 * The pulse of a link: heartbeats out and in, and what they and the silence between them say of the other end.
 *
 * Who calls it: the link, which sends what `beat` returns and reports what has changed. Invariant: a stall begins
 * and ends in turn, each reported once; any byte of the other end ends it.
 */
import { limits } from '../limits.ts';
import { decodeHeartbeat, encodeHeartbeat } from './control.ts';
import { Liveness } from './liveness.ts';
import { RoundTrip } from './round-trip.ts';

export class Pulse {
  /** The other end has been silent for a moment. */
  isStalled = false;
  private readonly roundTrip = new RoundTrip();
  private liveness: Liveness;

  constructor(now: number) {
    this.liveness = new Liveness(now, limits.stallToleranceMs);
  }

  get roundTripMs(): number | undefined {
    return this.roundTrip.smoothedMs;
  }

  /** The link opens. @param stallToleranceMs What the other end has asked for. */
  opened(now: number, stallToleranceMs: number): void {
    this.liveness = new Liveness(now, stallToleranceMs);
  }

  /** What the next heartbeat carries. */
  beat(now: number): Uint8Array {
    return encodeHeartbeat(this.roundTrip.nextHeartbeat(now));
  }

  /** A heartbeat has come. `measured`: the round trip is known anew. */
  beatReceived(payload: Uint8Array, now: number): 'measured' | 'not-measured' | 'cut-short' {
    const beat = decodeHeartbeat(payload);
    if (beat === undefined) return 'cut-short';
    return this.roundTrip.heartbeat(beat.sent, beat.echo, beat.held, now) ? 'measured' : 'not-measured';
  }

  /** Bytes have come. True when that ends a stall. */
  heard(now: number): boolean {
    this.liveness.heard(now);
    const wasStalled = this.isStalled;
    this.isStalled = false;
    return wasStalled;
  }

  nextDeadline(now: number): number {
    return this.liveness.nextDeadline(now);
  }

  /** At or after the deadline: true when a stall begins. */
  stalls(now: number): boolean {
    if (this.isStalled || !this.liveness.isStalled(now)) return false;
    this.isStalled = true;
    return true;
  }

  /** At or after the deadline: true when the silence has lasted too long. Ask `isDead` once poll phases have passed. */
  needsPoll(now: number): boolean {
    return this.liveness.check(now) === 'needs-poll';
  }

  /** Our own loop was late by this much. */
  forgive(lagMs: number, now: number): void {
    this.roundTrip.forgive(now);
    this.liveness.forgive(lagMs, now);
  }

  /** The poll phases have passed. */
  isDead(now: number): boolean {
    return this.liveness.polled(now) === 'dead';
  }
}
