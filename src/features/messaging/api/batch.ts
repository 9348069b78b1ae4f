/**
 * Messages to one node whose receipts are counted: what a program uses that sends millions and must know.
 *
 * Made by the messaging facade, and over the control socket by an attached node. Invariant: what was added is
 * delivered or missing in the end, and counted once; no more than `inFlight` wait for their receipts.
 */
import type { Batch, BatchCounts, MissingReason } from '../api.ts';

/** Sends one; what became of it is told by `ended`, perhaps before this returns. False: it could not leave now. */
export type BatchSend<Body> = (body: Body) => boolean;

export class CountedBatch<Body> implements Batch<Body> {
  private readonly inFlight: number;
  /**
   * An eighth is free: whoever waits for each single place is woken for each single message, and whoever waits for
   * half sends while the recipient has nothing to do.
   */
  private readonly roomAt: number;
  private readonly send: BatchSend<Body>;
  private underWay = 0;
  private deliveredCount = 0;
  private missingCount = 0;
  private readonly reasons = new Map<MissingReason, number>();
  private waiters: (() => void)[] = [];
  private failure: Error | undefined;

  constructor(inFlight: number, send: (batch: CountedBatch<Body>) => BatchSend<Body>) {
    this.inFlight = inFlight;
    this.roomAt = Math.floor((inFlight * 7) / 8);
    this.send = send(this);
  }

  get counts(): BatchCounts {
    return {
      delivered: this.deliveredCount,
      missing: this.missingCount,
      underWay: this.underWay,
      reasons: Object.fromEntries(this.reasons),
    };
  }

  add(body: Body): boolean {
    if (this.failure !== undefined) throw this.failure;
    if (this.underWay >= this.inFlight) return false;
    this.underWay++;
    let isSent = false;
    try {
      isSent = this.send(body);
    } finally {
      // What it throws, it has not sent.
      if (!isSent) this.underWay--;
    }
    return isSent;
  }

  async room(): Promise<void> {
    while (this.underWay > this.roomAt) await this.change();
  }

  async done(): Promise<BatchCounts> {
    while (this.underWay > 0) await this.change();
    if (this.failure !== undefined) throw this.failure;
    return this.counts;
  }

  /** @param reason Undefined: it was delivered. */
  ended(reason: MissingReason | undefined): void {
    this.underWay--;
    if (reason === undefined) this.deliveredCount++;
    else {
      this.missingCount++;
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    }
    if (this.waiters.length > 0 && this.underWay <= this.roomAt) this.changed();
  }

  /** The node has ended: what is under way will not be told. */
  failed(error: Error): void {
    this.failure = error;
    this.underWay = 0;
    this.changed();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private changed(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}
