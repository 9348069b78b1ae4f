/**
 * How many bytes of a channel may be under way at once: what keeps a slow link's queue short.
 *
 * Who calls it: the sending half. It grows while what is sent comes through about as fast as it ever did, and is
 * halved when it takes much longer: then bytes wait in a queue, and so do everybody else's behind them. That is
 * the idea of LEDBAT (RFC 6817), with a doubling for its growth. Invariant: between `flightBytesMin` and what it
 * was made with.
 */
import { channelLimits } from './limits.ts';

/** It begins here: four frames. */
const bytesAtFirst = 256 * 1024;
/** The least delay is that of the way itself; ways change, so it is forgotten after so long. */
const baseKeptMs = 30_000;

export class Flight {
  bytes: number;
  private readonly bytesMax: number;
  private baseMs = Number.POSITIVE_INFINITY;
  private nextBaseMs = Number.POSITIVE_INFINITY;
  private baseUntil = Number.NEGATIVE_INFINITY;
  private shrinkAt = Number.NEGATIVE_INFINITY;
  /** Smoothed, from sending to the acknowledgement. */
  delayMs = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.bytes = Math.min(bytesMax, bytesAtFirst);
  }

  /** So many bytes were acknowledged, the last of them so long after they were sent. */
  acknowledged(byteLength: number, delayMs: number, now: number): void {
    this.delayMs = this.delayMs === 0 ? delayMs : this.delayMs + (delayMs - this.delayMs) / 8;
    this.learn(delayMs, now);
    const queuedMs = delayMs - this.baseMs;
    if (queuedMs <= channelLimits.channelDelayMs)
      this.bytes = Math.min(this.bytesMax, this.bytes + byteLength);
    else if (queuedMs > 2 * channelLimits.channelDelayMs && now >= this.shrinkAt) {
      this.bytes = Math.max(Math.min(this.bytesMax, channelLimits.channelFlightBytesMin), this.bytes / 2);
      // What is under way now was sent before it shrank.
      this.shrinkAt = now + delayMs;
    }
  }

  /** Nothing was acknowledged for long. */
  lost(): void {
    this.bytes = Math.min(this.bytesMax, channelLimits.channelFlightBytesMin);
  }

  private learn(delayMs: number, now: number): void {
    if (now >= this.baseUntil) {
      this.baseMs = this.nextBaseMs;
      this.nextBaseMs = Number.POSITIVE_INFINITY;
      this.baseUntil = now + baseKeptMs;
    }
    this.baseMs = Math.min(this.baseMs, delayMs);
    this.nextBaseMs = Math.min(this.nextBaseMs, delayMs);
  }
}
