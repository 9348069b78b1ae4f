/**
 * The round trip of a link, measured by heartbeats that echo each other.
 *
 * Who calls it: the pulse of a link. Each heartbeat carries its own time, the time of the last one received and how
 * long that was held, so one-way heartbeats at any pace measure without a reply of their own (as NTP,
 * RFC 5905). Times travel in units of 10 us, modulo 2^32 (12 hours). Smoothed as in RFC 6298 (1/8).
 * Invariant: what lay in the socket while this program stood still measures nothing, here or at the other end.
 */
const unitsPerMs = 100;
const wrap = 2 ** 32;

export class RoundTrip {
  smoothedMs: number | undefined;
  private lastSent = 0;
  private lastReceivedAt = 0;
  private stoodStillUntil = Number.NEGATIVE_INFINITY;

  /** Our own loop was late until now. */
  forgive(now: number): void {
    this.stoodStillUntil = now;
  }

  /** What the next heartbeat carries. */
  nextHeartbeat(now: number): { sent: number; echo: number; held: number } {
    const held = this.lastReceivedAt === 0 ? 0 : toUnits(now - this.lastReceivedAt);
    return { sent: toUnits(now), echo: this.lastSent, held };
  }

  /** True when the heartbeat gave a new measurement. */
  heartbeat(sent: number, echo: number, held: number, now: number): boolean {
    const mayHaveWaited = echo !== 0 && this.isFromBeforeStandstill(echo, now);
    // Not knowing how long it was held, the next heartbeat echoes nothing.
    this.lastSent = mayHaveWaited ? 0 : sent;
    this.lastReceivedAt = now;
    if (echo === 0 || mayHaveWaited) return false;
    const elapsed = (toUnits(now) - echo - held + 2 * wrap) % wrap;
    // A negative result (clock drift within one heartbeat) shows up as a huge one: not a measurement.
    if (elapsed > wrap / 2) return false;
    const sampleMs = elapsed / unitsPerMs;
    this.smoothedMs =
      this.smoothedMs === undefined ? sampleMs : this.smoothedMs + (sampleMs - this.smoothedMs) / 8;
    return true;
  }

  /** Only the echo of what was sent since has certainly not come in meanwhile. */
  private isFromBeforeStandstill(echo: number, now: number): boolean {
    const age = (toUnits(now) - echo + wrap) % wrap;
    // Both were rounded.
    return age > (now - this.stoodStillUntil) * unitsPerMs + 1;
  }
}

function toUnits(milliseconds: number): number {
  return Math.round(milliseconds * unitsPerMs) % wrap;
}
