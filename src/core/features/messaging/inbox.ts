/**
 * The application's queues, counted: who wants which kind, and how much each may still be given.
 *
 * Who calls it: the messaging behavior. Each consumer (a `messages()` loop of the program) has a limit of
 * messages that it has been given and not yet consumed. Invariant: a message is accepted only if at least
 * one matching consumer has room for it; while no consumer matches, it waits in the unclaimed queue, with
 * a limit of its own, until one does.
 */
import { limits } from '../../limits.ts';
import type { Arrival, Handover } from './arrival.ts';

interface Consumer {
  /** Undefined: every kind. */
  readonly kind: string | undefined;
  readonly limit: number;
  /** Given and not yet consumed. */
  waiting: number;
}

export class Inbox {
  private readonly handOver: (handover: Handover) => void;
  private readonly consumers = new Map<number, Consumer>();
  private unclaimed: Arrival[] = [];
  private unclaimedBytes = 0;

  /** @param handOver Gives one message to the program. */
  constructor(handOver: (handover: Handover) => void) {
    this.handOver = handOver;
  }

  /** False: full. */
  offer(arrival: Arrival): boolean {
    let matching = false;
    const takers: number[] = [];
    for (const [id, consumer] of this.consumers) {
      if (consumer.kind !== undefined && consumer.kind !== arrival.kind) continue;
      matching = true;
      if (consumer.waiting < consumer.limit) takers.push(id);
    }
    if (!matching) return this.keep(arrival);
    if (takers.length === 0) return false;
    this.give(takers, arrival);
    return true;
  }

  listen(id: number, kind: string | undefined, limit: number): void {
    this.consumers.set(id, { kind, limit, waiting: 0 });
    const kept = this.unclaimed;
    this.unclaimed = [];
    this.unclaimedBytes = 0;
    for (const arrival of kept) if (!this.offer(arrival)) this.keep(arrival);
  }

  unlisten(id: number): void {
    this.consumers.delete(id);
  }

  consumed(id: number, count: number): void {
    const consumer = this.consumers.get(id);
    if (consumer === undefined) return;
    consumer.waiting = Math.max(0, consumer.waiting - count);
    if (this.unclaimed.length > 0) this.claim(id, consumer);
  }

  get unclaimedCount(): number {
    return this.unclaimed.length;
  }

  get waitingCount(): number {
    let count = this.unclaimed.length;
    for (const consumer of this.consumers.values()) count += consumer.waiting;
    return count;
  }

  private give(takers: readonly number[], arrival: Arrival): void {
    for (const id of takers) (this.consumers.get(id) as Consumer).waiting++;
    this.handOver({ consumers: takers, arrival });
  }

  /** A consumer with a small limit takes what was waiting for it bit by bit. */
  private claim(id: number, consumer: Consumer): void {
    const kept: Arrival[] = [];
    for (const arrival of this.unclaimed) {
      const matches = consumer.kind === undefined || consumer.kind === arrival.kind;
      if (!matches || consumer.waiting >= consumer.limit) kept.push(arrival);
      else {
        this.unclaimedBytes -= arrival.body.length;
        this.give([id], arrival);
      }
    }
    this.unclaimed = kept;
  }

  private keep(arrival: Arrival): boolean {
    const bytes = this.unclaimedBytes + arrival.body.length;
    const full =
      this.unclaimed.length >= limits.receiveBufferMessages ||
      (bytes > limits.bodyBytesMax && this.unclaimed.length > 0);
    if (full) return false;
    this.unclaimed.push(arrival);
    this.unclaimedBytes = bytes;
    return true;
  }
}
