/**
 * The application's queues, counted: who wants which kind, and how much each may still be given.
 *
 * Who calls it: the messaging behavior. Each consumer (a `messages()` loop of the program) has a limit of
 * messages that it has been given and not yet consumed. Invariant: a message is accepted only if at least
 * one matching consumer has room for it; while no consumer matches, it waits in the unclaimed queue, with
 * a limit of its own, until one does.
 */

import type { Arrival } from './arrival.ts';
import { messagingLimits } from './limits.ts';

interface Consumer {
  /** Undefined: every kind. */
  readonly kind: string | undefined;
  readonly limit: number;
  /** Given and not yet consumed, and their bodies. */
  waiting: number;
  bytes: number;
  /** Its own number, alone: most messages have one consumer, and need no list of their own. */
  readonly alone: readonly number[];
}

export class Inbox {
  private readonly handOver: (arrival: Arrival) => void;
  private readonly consumers = new Map<number, Consumer>();
  /** The same as a list: it is walked for every message, and a map's iterator costs more than the walk. */
  private list: readonly Consumer[] = [];
  private unclaimed: Arrival[] = [];
  private unclaimedBytes = 0;

  /** @param handOver Gives one message to the program. */
  constructor(handOver: (arrival: Arrival) => void) {
    this.handOver = handOver;
  }

  /** False: full. */
  offer(arrival: Arrival): boolean {
    let matching = false;
    let takers: readonly number[] | undefined;
    for (const consumer of this.list) {
      if (consumer.kind !== undefined && consumer.kind !== arrival.kind) continue;
      matching = true;
      if (!take(consumer, arrival)) continue;
      takers = takers === undefined ? consumer.alone : [...takers, ...consumer.alone];
    }
    if (takers !== undefined) this.give(takers, arrival);
    return takers !== undefined || (!matching && this.keep(arrival));
  }

  listen(id: number, kind: string | undefined, limit: number): void {
    this.consumers.set(id, { kind, limit, waiting: 0, bytes: 0, alone: [id] });
    this.list = [...this.consumers.values()];
    const kept = this.unclaimed;
    this.unclaimed = [];
    this.unclaimedBytes = 0;
    for (const arrival of kept) if (!this.offer(arrival)) this.keep(arrival);
  }

  unlisten(id: number): void {
    this.consumers.delete(id);
    this.list = [...this.consumers.values()];
  }

  /** @param byteLength Of their bodies, together. */
  consumed(id: number, count: number, byteLength: number): void {
    const consumer = this.consumers.get(id);
    if (consumer === undefined) return;
    consumer.waiting = Math.max(0, consumer.waiting - count);
    consumer.bytes = Math.max(0, consumer.bytes - byteLength);
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
    arrival.consumers = takers;
    this.handOver(arrival);
  }

  /** A consumer with a small limit takes what was waiting for it bit by bit. */
  private claim(id: number, consumer: Consumer): void {
    const kept: Arrival[] = [];
    for (const arrival of this.unclaimed) {
      const matches = consumer.kind === undefined || consumer.kind === arrival.kind;
      if (!matches || !take(consumer, arrival)) kept.push(arrival);
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
      this.unclaimed.length >= messagingLimits.receiveBufferMessages ||
      (bytes > messagingLimits.bodyBytesMax && this.unclaimed.length > 0);
    if (full) return false;
    // It may wait for long: not with the whole chunk that it came in.
    const { body, recipients } = arrival;
    this.unclaimed.push({ ...arrival, body: body.slice(), recipients: recipients?.slice() });
    this.unclaimedBytes = bytes;
    return true;
  }
}

/** False when it has as much as it may. */
function take(consumer: Consumer, { body }: Arrival): boolean {
  const { waiting, limit } = consumer;
  const bytes = consumer.bytes + body.length;
  if (waiting >= limit || (bytes > messagingLimits.receiveBufferBytes && waiting > 0)) return false;
  consumer.waiting++;
  consumer.bytes = bytes;
  return true;
}
