/**
 * Messages that wait for their receipts: who still has to answer, when to ask again, when to give up.
 *
 * Who calls it: the messaging behavior. Invariant: every tracked message is resolved exactly once, at its
 * deadline at the latest. The floor is kept per recipient, which forgets what lies below it: so one that
 * does not answer holds up nobody else.
 */

import type { NodeId } from '../../identity.ts';
import { limits } from '../../limits.ts';
import { Awaited, type Awaiting } from '../../parts/awaited.ts';
import type { MissingReason } from './messaging-types.ts';
import type { Waiting } from './waiting.ts';
import type { Content } from './wire.ts';

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
export interface Pending extends Content, Awaiting {
  readonly sequence: number;
  readonly type: number;
  readonly traced: boolean;
  /** Who has not answered yet. */
  readonly waiting: Waiting;
  delivered: readonly NodeId[];
  missing: readonly Missing[];
  /** Called once, with the message itself. */
  readonly done: (message: Pending) => void;
  /** The program's, where it gave one. */
  readonly handle: unknown;
  /** How often a hop sent it back. */
  returnedCount: number;
  deadline: number;
  repeatAt: number;
  repeatAfterMs: number;
}

/** What most messages are born with: arrays of their own come with their first entry. */
export const none: readonly never[] = [];

/** The sequences sent to one node, oldest first; those before `head` are resolved. */
interface RecipientQueue {
  readonly sequences: number[];
  head: number;
}

export class Outbound {
  private readonly pending = new Awaited<Pending>();
  private readonly queues = new Map<NodeId, RecipientQueue>();
  private lastSequence = 0;

  nextSequence(): number {
    return ++this.lastSequence;
  }

  /** The oldest sequence that any of these nodes still has to answer, or the next one. */
  floorFor(nodes: readonly NodeId[]): number {
    let floor = this.lastSequence + 1;
    for (const node of nodes) floor = Math.min(floor, this.floorOf(node));
    return floor;
  }

  get size(): number {
    return this.pending.size;
  }

  get isFull(): boolean {
    return this.pending.size >= limits.unresolvedMax;
  }

  get(sequence: number): Pending | undefined {
    return this.pending.get(sequence);
  }

  all(): Iterable<Pending> {
    return this.pending.all();
  }

  track(message: Pending): void {
    const isUsual = message.repeatAfterMs === limits.repeatAfterMs;
    this.pending.add(message.sequence, message, nextLook(message), isUsual);
    for (const node of message.waiting.nodes()) this.enqueue(node, message.sequence);
  }

  /** Its repeat or its deadline has moved. */
  schedule(message: Pending): void {
    if (this.pending.get(message.sequence) !== undefined)
      this.pending.move(message.sequence, message, nextLook(message));
  }

  delivered(message: Pending, node: NodeId): void {
    if (!message.waiting.delete(node)) return;
    message.delivered = withOne(message.delivered, node);
    this.settle(message);
  }

  missing(message: Pending, node: NodeId, reason: MissingReason): void {
    if (!message.waiting.delete(node)) return;
    message.missing = withOne(message.missing, { node, reason });
    this.settle(message);
  }

  /** Gives up on everybody who has not answered. */
  giveUp(message: Pending, reasonOf: (node: NodeId) => MissingReason): void {
    for (const node of message.waiting.nodes()) this.missing(message, node, reasonOf(node));
  }

  nextDeadline(): number {
    return this.pending.nextDeadline();
  }

  /** Messages whose repeat or deadline has come. */
  due(now: number): Pending[] {
    return this.pending.due(now);
  }

  /** The oldest sequence that this node still has to answer, or the next one. */
  floorOf(node: NodeId): number {
    const queue = this.queues.get(node);
    if (queue === undefined) return this.lastSequence + 1;
    const { sequences } = queue;
    while (queue.head < sequences.length && !this.waitsFor(sequences[queue.head] as number, node))
      queue.head++;
    if (queue.head === sequences.length) {
      this.queues.delete(node);
      return this.lastSequence + 1;
    }
    return sequences[queue.head] as number;
  }

  private enqueue(node: NodeId, sequence: number): void {
    this.floorOf(node);
    let queue = this.queues.get(node);
    if (queue === undefined) {
      queue = { sequences: [], head: 0 };
      this.queues.set(node, queue);
    } else if (queue.head > 1024 && queue.head * 2 > queue.sequences.length) {
      queue.sequences.splice(0, queue.head);
      queue.head = 0;
    }
    queue.sequences.push(sequence);
  }

  private waitsFor(sequence: number, node: NodeId): boolean {
    return this.pending.get(sequence)?.waiting.has(node) === true;
  }

  private settle(message: Pending): void {
    if (message.waiting.size > 0 || !this.pending.delete(message.sequence)) return;
    message.done(message);
  }
}

function nextLook({ repeatAt, deadline }: Pending): number {
  return Math.min(repeatAt, deadline);
}

function withOne<Item>(list: readonly Item[], item: Item): readonly Item[] {
  if (list === none) return [item];
  (list as Item[]).push(item);
  return list;
}
