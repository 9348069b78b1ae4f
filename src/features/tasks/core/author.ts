/**
 * Orders of this node's program on their way to the broker: gathered into messages, and kept until they are answered.
 *
 * Made by the tasks behavior. What was ordered by one call is stored together or not at all; single orders of one turn
 * travel in one message, each by itself. While messages are under way what comes is gathered for the next. Invariant: each
 * call is answered once unless it was forgotten before, and what may be stored already is sent again only under its own id,
 * after all that this author has sent before it.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { mebibytes } from '../../../kernel/limits.ts';
import { taskLimits } from './limits.ts';
import type { OrderedEvent } from './member-events.ts';
import type { Order, Ordered } from './tasks-types.ts';
import { encodeFromMember } from './wire.ts';

export interface AuthorPorts {
  /** False: there is no broker to send it to. */
  send(message: Uint8Array): boolean;
  deliver(event: OrderedEvent): void;
  flushLater(): void;
}

/** What one call has ordered. */
interface Call {
  readonly orders: readonly Order[];
  readonly handle: unknown;
  readonly bytes: number;
  wasSent: boolean;
  /** Also before its last message, to a broker that did not answer. */
  wasSentBefore: boolean;
  isUnderWay: boolean;
  /** The program does not wait for it any more. */
  isForgotten: boolean;
}

interface Message {
  /** Under which it was sent: an answer to an earlier time does not count. */
  readonly number: number;
  readonly calls: readonly Call[];
}

/** With fewer under way, what a program orders one by one would not be gathered. */
const messagesUnderWayMax = 4;
/** Of everything but the input, about. */
const orderCostBytes = 256;

const unsent = { wasSent: false, wasSentBefore: false, isUnderWay: false, isForgotten: false } as const;

export class Author {
  private readonly ports: AuthorPorts;
  /** What the program waits for, by its handles. */
  private readonly waiting = new Map<unknown, Call>();
  /** Not sent yet, or to be sent again; in order. What is forgotten in it is left out as it is sent. */
  private queue: Call[] = [];
  /** Under way, in order. */
  private messages: Message[] = [];
  private lastNumber = 0;
  private unstored = 0;
  private unstoredBytes = 0;

  constructor(ports: AuthorPorts) {
    this.ports = ports;
  }

  /** Orders that are not answered. */
  get unstoredCount(): number {
    return this.unstored;
  }

  /**
   * @param orders All are stored, or none.
   * @param handle Comes back with what became of them. Each call has its own.
   * @returns why there is no room for them.
   */
  order(orders: readonly Order[], handle: unknown): Failure | undefined {
    const bytes = orders.reduce((sum, { input }) => sum + input.body.length + orderCostBytes, 0);
    const problem = this.problem(orders.length, bytes);
    if (problem !== undefined) return problem;
    const call = { orders, handle, bytes, ...unsent };
    this.queue.push(call);
    this.waiting.set(handle, call);
    this.unstored += orders.length;
    this.unstoredBytes += bytes;
    this.ports.flushLater();
    return undefined;
  }

  /**
   * The program waits for it no longer. Nothing is undone.
   * @returns whether it may be stored: it was sent to a broker. Undefined: it is answered, or was never ordered.
   */
  forget(handle: unknown): boolean | undefined {
    const call = this.waiting.get(handle);
    if (call === undefined) return undefined;
    call.isForgotten = true;
    this.waiting.delete(handle);
    if (!call.isUnderWay) this.left(call);
    // What blocks others does so no longer.
    this.ports.flushLater();
    return call.wasSent;
  }

  flush(): void {
    this.queue = this.queue.filter(({ isForgotten }) => !isForgotten);
    while (this.queue.length > 0 && this.underWay < messagesUnderWayMax) {
      const calls = this.queue.slice(0, nextLength(this.queue));
      const number = this.lastNumber + 1;
      const orders = calls.flatMap((call) => call.orders);
      const isTogether = orders.length > calls.length;
      if (!this.ports.send(encodeFromMember({ type: 'order', number, isTogether, orders }))) return;
      this.lastNumber = number;
      this.queue = this.queue.slice(calls.length);
      for (const call of calls) {
        call.wasSentBefore = call.wasSent;
        call.wasSent = true;
        call.isUnderWay = true;
      }
      this.messages.push({ number, calls });
    }
  }

  /** There is another broker: all that was not answered is sent to it, in order. */
  brokerChanged(): void {
    const sent = this.messages.splice(0).flatMap(({ calls }) => calls);
    for (const call of sent) {
      call.isUnderWay = false;
      if (call.isForgotten) this.left(call);
    }
    this.queue = [...sent, ...this.queue];
    this.ports.flushLater();
  }

  /** @param outcomes One for each order of that message. */
  ordered(number: number, outcomes: readonly Ordered[]): void {
    const message = this.messages.find((each) => each.number === number);
    if (message === undefined) return;
    const count = message.calls.reduce((sum, { orders }) => sum + orders.length, 0);
    if (outcomes.length !== count) return;
    this.messages.splice(this.messages.indexOf(message), 1);
    let at = 0;
    for (const call of message.calls) {
      const { orders, handle } = call;
      const own = outcomes.slice(at, at + orders.length);
      at += orders.length;
      this.left(call);
      if (call.isForgotten) continue;
      this.waiting.delete(handle);
      const said = own.map((outcome, i) =>
        call.wasSentBefore && !outcome.ok
          ? perhapsStored(outcome.failure, orders)
          : firstTime(outcome, orders[i] as Order),
      );
      this.ports.deliver({ type: 'ordered', handle, outcomes: said });
    }
    this.ports.flushLater();
  }

  /** Of all that waits, for an end of the node. */
  handles(): Iterable<unknown> {
    return this.waiting.keys();
  }

  private problem(count: number, bytes: number): Failure | undefined {
    const { tasksUnstoredMax, tasksUnstoredBytesMax } = taskLimits;
    if (bytes > tasksUnstoredBytesMax) {
      const text = `${count} orders have ${bytes} bytes together, and at most ${mebibytes(tasksUnstoredBytesMax)} may: order them in several calls`;
      return failure('SKEIN_TOO_LARGE', text);
    }
    const isFull =
      this.unstored + count > tasksUnstoredMax || this.unstoredBytes + bytes > tasksUnstoredBytesMax;
    if (!isFull) return undefined;
    const text = `${this.unstored} orders (${this.unstoredBytes} bytes) of this node wait for the swarm's store already: order more once those are stored`;
    return failure('SKEIN_BUSY', text);
  }

  /** Messages for which nobody waits do not block others. */
  private get underWay(): number {
    return this.messages.filter(({ calls }) => calls.some(({ isForgotten }) => !isForgotten)).length;
  }

  private left({ orders, bytes }: Call): void {
    this.unstored -= orders.length;
    this.unstoredBytes -= bytes;
  }
}

/** How many of these calls the next message has. One of several orders is a message by itself. */
function nextLength(queue: readonly Call[]): number {
  let bytes = 0;
  for (const [length, call] of queue.entries()) {
    bytes += call.bytes;
    if (length === 0) continue;
    const isOver = bytes > taskLimits.taskMessageBytesMax || length >= taskLimits.tasksPerMessageMax;
    if (isOver || call.orders.length > 1 || (queue[0] as Call).orders.length > 1) return length;
  }
  return queue.length;
}

/** The broker before may have stored it, and this one may have refused it without a look. */
function perhapsStored({ message }: Failure, orders: readonly Order[]): Ordered {
  const text = `whether it is stored is unknown: an earlier broker was asked, and this one says: ${message}. Look for details.ids, or order again with the same idempotencyKey`;
  const ids = orders.filter(({ parent }) => parent === '').map(({ id }) => id);
  return { ok: false, failure: failure('SKEIN_LOST', text, { ids }) };
}

/** What is there under the order's own id was stored by an earlier time that it was sent. */
function firstTime(outcome: Ordered, { id }: Order): Ordered {
  return outcome.ok && outcome.isRepeat && outcome.id === id ? { ...outcome, isRepeat: false } : outcome;
}
