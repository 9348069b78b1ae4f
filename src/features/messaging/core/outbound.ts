/**
 * Messages that wait for their receipts: who still has to answer, when to ask again, when to give up.
 *
 * Who calls it: the messaging behavior. Invariant: every tracked message is resolved exactly once, at its
 * deadline at the latest. The floor is kept per recipient, which forgets what lies below it, and so is how much
 * may be under way: one that does not answer holds up nobody else.
 */

import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Awaited, type Awaiting } from '../../../kernel/parts/awaited.ts';
import { messagingLimits } from './limits.ts';
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
  /** What it holds in memory; said once, since a program may take its body's memory away meanwhile. A part holds none: it is a view of the whole. */
  readonly heldBytes: number;
  /** How often a hop sent it back. */
  returnedCount: number;
  deadline: number;
  repeatAt: number;
  repeatAfterMs: number;
}

/** What most messages are born with: arrays of their own come with their first entry. */
export const none: readonly never[] = [];

/** What is under way to one node. */
interface RecipientQueue {
  /** Oldest first; those before `head` are resolved. */
  readonly sequences: number[];
  head: number;
  count: number;
  bytes: number;
}

export class Outbound {
  private readonly pending = new Awaited<Pending>();
  private readonly queues = new Map<NodeId, RecipientQueue>();
  private lastSequence = 0;
  /** Of all bodies that wait. */
  private bytes = 0;
  /** The queue that was asked for last: mostly it is asked for again. */
  private lastQueue: RecipientQueue | undefined;
  private lastNode: NodeId | undefined;

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

  /** There is no room for such a body, whomever it is for. */
  isFull(byteLength: number): boolean {
    const { size } = this.pending;
    return (
      size >= limits.unresolvedMax ||
      (size > 0 && this.bytes + byteLength > messagingLimits.unresolvedBytesMax)
    );
  }

  /** Too much is under way to this node already. */
  isFullFor(node: NodeId, byteLength: number): boolean {
    const queue = this.queueOf(node);
    if (queue === undefined) return false;
    return (
      queue.count >= messagingLimits.unresolvedPerNodeMax ||
      queue.bytes + byteLength > messagingLimits.unresolvedBytesPerNodeMax
    );
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
    const { heldBytes, waiting } = message;
    this.bytes += heldBytes;
    if (waiting.only !== undefined) this.enqueue(waiting.only, message.sequence, heldBytes);
    else for (const node of waiting.nodes()) this.enqueue(node, message.sequence, heldBytes);
  }

  /** Its repeat or its deadline has moved. */
  schedule(message: Pending): void {
    if (this.pending.get(message.sequence) !== undefined)
      this.pending.move(message.sequence, message, nextLook(message));
  }

  delivered(message: Pending, node: NodeId): void {
    if (!message.waiting.delete(node)) return;
    message.delivered = withOne(message.delivered, node);
    this.settle(message, node);
  }

  missing(message: Pending, node: NodeId, reason: MissingReason): void {
    if (!message.waiting.delete(node)) return;
    message.missing = withOne(message.missing, { node, reason });
    this.settle(message, node);
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
    const queue = this.queueOf(node);
    if (queue === undefined) return this.lastSequence + 1;
    const { sequences } = queue;
    while (queue.head < sequences.length && !this.waitsFor(sequences[queue.head] as number, node))
      queue.head++;
    return sequences[queue.head] ?? this.lastSequence + 1;
  }

  private queueOf(node: NodeId): RecipientQueue | undefined {
    if (node !== this.lastNode) {
      this.lastNode = node;
      this.lastQueue = this.queues.get(node);
    }
    return this.lastQueue;
  }

  private enqueue(node: NodeId, sequence: number, byteLength: number): void {
    let queue = this.queueOf(node);
    if (queue === undefined) {
      queue = { sequences: [], head: 0, count: 0, bytes: 0 };
      this.queues.set(node, queue);
      this.lastQueue = queue;
    } else if (queue.head > 1024 && queue.head * 2 > queue.sequences.length) {
      queue.sequences.splice(0, queue.head);
      queue.head = 0;
    }
    queue.sequences.push(sequence);
    queue.count++;
    queue.bytes += byteLength;
  }

  private dequeue(node: NodeId, byteLength: number): void {
    const queue = this.queueOf(node);
    if (queue === undefined) return;
    queue.count--;
    queue.bytes -= byteLength;
    if (queue.count > 0) return;
    this.queues.delete(node);
    this.lastQueue = undefined;
  }

  private waitsFor(sequence: number, node: NodeId): boolean {
    return this.pending.get(sequence)?.waiting.has(node) === true;
  }

  /** One recipient of it is done with. */
  private settle(message: Pending, node: NodeId): void {
    this.dequeue(node, message.heldBytes);
    if (message.waiting.size > 0 || !this.pending.delete(message.sequence)) return;
    this.bytes -= message.heldBytes;
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
