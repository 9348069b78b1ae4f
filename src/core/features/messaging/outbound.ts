/**
 * Messages that wait for their receipts: who still has to answer, when to ask again, when to give up.
 *
 * Who calls it: the messaging behavior. Invariant: every tracked message is resolved exactly once, at its
 * deadline at the latest; `floor` is the oldest sequence that is not, and receivers forget below it.
 */

import type { NodeId } from '../../identity.ts';
import { limits } from '../../limits.ts';
import { Timeline } from '../../parts/timeline.ts';
import type { MissingReason } from './messaging-types.ts';
import type { Data } from './wire.ts';

export interface Missing {
  readonly node: NodeId;
  readonly reason: MissingReason;
}

export interface Outcome {
  readonly sequence: number;
  readonly delivered: readonly NodeId[];
  readonly missing: readonly Missing[];
}

/** One message (or part of one) that is on its way. */
export interface Pending {
  readonly sequence: number;
  readonly type: number;
  readonly data: Omit<Data, 'life' | 'floor'>;
  readonly traced: boolean;
  /** Who has not answered yet, and the neighbor it was last sent by (undefined: it was not sent). */
  readonly waiting: Map<NodeId, NodeId | undefined>;
  readonly delivered: NodeId[];
  readonly missing: Missing[];
  /** The last bad news of a hop, told at the deadline if nothing better comes. */
  readonly lastReason: Map<NodeId, MissingReason>;
  readonly done: (outcome: Outcome) => void;
  deadline: number;
  repeatAt: number;
  repeatAfterMs: number;
}

/** A timeline bucket: repeats and timeouts are told this much late at most. */
const bucketMs = 20;

export class Outbound {
  private readonly pending = new Map<number, Pending>();
  private readonly timeline = new Timeline(bucketMs);
  private lastSequence = 0;
  private oldest = 1;

  nextSequence(): number {
    return ++this.lastSequence;
  }

  /** The oldest unresolved sequence, or the next one. */
  get floor(): number {
    while (this.oldest <= this.lastSequence && !this.pending.has(this.oldest)) this.oldest++;
    return this.oldest;
  }

  get size(): number {
    return this.pending.size;
  }

  /** Receivers remember what lies above the floor: it must not run further ahead than they do. */
  get isFull(): boolean {
    return this.lastSequence - this.floor >= limits.unresolvedMax;
  }

  get(sequence: number): Pending | undefined {
    return this.pending.get(sequence);
  }

  all(): Iterable<Pending> {
    return this.pending.values();
  }

  track(message: Pending): void {
    this.pending.set(message.sequence, message);
    this.schedule(message);
  }

  schedule(message: Pending): void {
    this.timeline.add(Math.min(message.repeatAt, message.deadline), message.sequence);
  }

  delivered(message: Pending, node: NodeId): void {
    if (!message.waiting.delete(node)) return;
    message.delivered.push(node);
    this.settle(message);
  }

  missing(message: Pending, node: NodeId, reason: MissingReason): void {
    if (!message.waiting.delete(node)) return;
    message.missing.push({ node, reason });
    this.settle(message);
  }

  /** Gives up on everybody who has not answered. */
  giveUp(message: Pending, reasonOf: (node: NodeId) => MissingReason): void {
    for (const node of [...message.waiting.keys()]) this.missing(message, node, reasonOf(node));
  }

  nextDeadline(): number {
    return this.timeline.nextDeadline();
  }

  /** Messages whose repeat or deadline has come. */
  due(now: number): Pending[] {
    const due: Pending[] = [];
    for (const sequence of this.timeline.due(now)) {
      const message = this.pending.get(sequence);
      if (message !== undefined && Math.min(message.repeatAt, message.deadline) <= now) due.push(message);
    }
    return due;
  }

  private settle(message: Pending): void {
    if (message.waiting.size > 0 || !this.pending.delete(message.sequence)) return;
    message.done({ sequence: message.sequence, delivered: message.delivered, missing: message.missing });
  }
}
