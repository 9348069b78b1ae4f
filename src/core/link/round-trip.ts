/**
 * The round trip of a link, measured by heartbeats that echo each other.
 *
 * Who calls it: the link. Each heartbeat carries its own time, the time of the last one received and how
 * long that was held, so one-way heartbeats at any pace measure without a reply of their own (as NTP,
 * RFC 5905). Times travel in units of 10 us, modulo 2^32 (12 hours). Smoothed as in RFC 6298 (1/8).
 */
const unitsPerMs = 100;
const wrap = 2 ** 32;

export class RoundTrip {
  smoothedMs: number | undefined;
  private lastSent = 0;
  private lastReceivedAt = 0;

  /** What the next heartbeat carries. */
  nextHeartbeat(now: number): { sent: number; echo: number; held: number } {
    const held = this.lastReceivedAt === 0 ? 0 : toUnits(now - this.lastReceivedAt);
    return { sent: toUnits(now), echo: this.lastSent, held };
  }

  /** True when the heartbeat gave a new measurement. */
  heartbeat(sent: number, echo: number, held: number, now: number): boolean {
    this.lastSent = sent;
    this.lastReceivedAt = now;
    if (echo === 0) return false;
    const elapsed = (toUnits(now) - echo - held + 2 * wrap) % wrap;
    // A negative result (clock drift within one heartbeat) shows up as a huge one: not a measurement.
    if (elapsed > wrap / 2) return false;
    const sampleMs = elapsed / unitsPerMs;
    this.smoothedMs =
      this.smoothedMs === undefined ? sampleMs : this.smoothedMs + (sampleMs - this.smoothedMs) / 8;
    return true;
  }
}

function toUnits(milliseconds: number): number {
  return Math.round(milliseconds * unitsPerMs) % wrap;
}
