/**
 * A stream operation at the client's end of a session, as an async iterable with an explicit end.
 *
 * Made by the session. Invariant: no more items wait here than this side has said there is room for, and no more bytes
 * than lie between two marks of the node, so that a reader that stops reading stops the node's own stream; leaving the loop, the signal and `close` end it at the node too.
 */

import type { MessageStream } from '../../kit/streams.ts';
import { whenAborted } from '../../kit/when-aborted.ts';
import { controlLimits } from '../limits.ts';

export interface ClientStreamPorts {
  /** There is room for this number of items more. @param isPassed The oldest mark is behind the reader. */
  readonly credit: (count: number, isPassed: boolean) => void;
  /** This side wants no more. */
  readonly cancel: () => void;
}

/** How a stream is asked for. */
export interface StreamManner {
  readonly signal?: AbortSignal | undefined;
  /** Items that may wait on this side. */
  readonly room?: number | undefined;
  /** Its session was lost, and it goes on in the next. */
  readonly lost?: (() => void) | undefined;
}

/** Of a stream that is in no session. */
export const detached: ClientStreamPorts = { credit: () => undefined, cancel: () => undefined };

export class ClientStream<Item> implements MessageStream<Item> {
  /** Resolves once the node itself is collecting. */
  readonly opened: Promise<void>;
  /** Items that it has room for. */
  readonly room: number;
  /** Items that came in the session of the moment. */
  receivedCount = 0;
  private ports: ClientStreamPorts;
  private readonly lost: (() => void) | undefined;
  private items: Item[] = [];
  private at = 0;
  private readCount = 0;
  /** All that were ever read, and at which numbers of them the node's marks stand. */
  private takenCount = 0;
  private marks: number[] = [];
  private ended: { readonly error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;
  /** The signal that would close it need not know of it any more. */
  private forget: () => void = () => undefined;
  private open!: () => void;
  private refuse!: (error: Error) => void;

  constructor(ports: ClientStreamPorts, room: number = controlLimits.streamCredit, lost?: () => void) {
    this.ports = ports;
    this.lost = lost;
    this.room = room;
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.refuse = reject;
    });
    // Whoever awaits it or iterates is told; nobody else needs to be.
    this.opened.catch(() => {});
  }

  get isOver(): boolean {
    return this.ended !== undefined;
  }

  // ── from the session ──────────────────────────────────────────────────────────────────────────────

  hasOpened(): void {
    this.open();
  }

  push(item: Item): void {
    this.receivedCount++;
    if (this.ended !== undefined) return;
    this.items.push(item);
    this.wake?.();
  }

  /** The node goes on once what has come before is read. */
  mark(): void {
    if (this.ended !== undefined) return;
    this.marks.push(this.takenCount + this.items.length - this.at);
    this.pass();
  }

  /** It is in no session until it goes on in another. */
  isLost(): void {
    this.goOn(detached);
    this.lost?.();
  }

  /** It goes on in another session. @returns what there is room for. */
  goOn(ports: ClientStreamPorts): number {
    this.ports = ports;
    this.receivedCount = 0;
    this.readCount = 0;
    this.marks = [];
    return Math.max(1, this.room - (this.items.length - this.at));
  }

  /** It is closed with this signal. */
  closeWith(signal: AbortSignal | undefined): void {
    if (this.ended === undefined) this.forget = whenAborted(signal, () => void this.close());
  }

  /** The node's stream is over, or there is none; what has come can still be read. */
  end(error?: Error): void {
    if (this.ended !== undefined) return;
    this.ended = { error };
    this.forget();
    if (error === undefined) this.open();
    else this.refuse(error);
    this.wake?.();
  }

  // ── for the program ───────────────────────────────────────────────────────────────────────────────

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    try {
      for (;;) {
        if (this.at < this.items.length) {
          yield this.take();
          continue;
        }
        if (this.ended !== undefined) break;
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = undefined;
      }
    } finally {
      this.stop();
    }
    if (this.ended?.error !== undefined) throw this.ended.error;
  }

  /** What waits already, without a promise for it; undefined where nothing does. */
  takeNow(): Item | undefined {
    return this.at < this.items.length ? this.take() : undefined;
  }

  close(): Promise<void> {
    this.stop();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private take(): Item {
    const item = this.items[this.at++] as Item;
    // What was read is let go also where the queue is never empty.
    if (this.at * 2 >= this.items.length) [this.items, this.at] = [this.items.slice(this.at), 0];
    this.takenCount++;
    if (++this.readCount * 2 >= this.room) this.credit(false);
    this.pass();
    return item;
  }

  private pass(): void {
    while ((this.marks[0] ?? Number.POSITIVE_INFINITY) <= this.takenCount) {
      this.marks.shift();
      this.credit(true);
    }
  }

  private credit(isPassed: boolean): void {
    if (this.ended === undefined) this.ports.credit(this.readCount, isPassed);
    this.readCount = 0;
  }

  private stop(): void {
    if (this.ended !== undefined) return;
    this.ports.cancel();
    this.items = [];
    this.at = 0;
    this.end();
  }
}
