/**
 * A stream operation at the client's end of a session, as an async iterable with an explicit end.
 *
 * Made by the session. Invariant: no more items wait here than this side has said there is room for, so that a reader
 * that stops reading stops the node's own stream; leaving the loop, the signal and `close` end it at the node too.
 */
import type { MessageStream } from '../../kit/streams.ts';
import { controlLimits } from '../limits.ts';

export interface ClientStreamPorts {
  /** There is room for so many more. */
  readonly credit: (count: number) => void;
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
  private ended: { readonly error: Error | undefined } | undefined;
  private wake: (() => void) | undefined;
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
    return Math.max(1, this.room - (this.items.length - this.at));
  }

  /** The node's stream is over, or there is none; what has come can still be read. */
  end(error?: Error): void {
    if (this.ended !== undefined) return;
    this.ended = { error };
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
    if (this.at === this.items.length) [this.items, this.at] = [[], 0];
    if (++this.readCount * 2 >= this.room) {
      if (this.ended === undefined) this.ports.credit(this.readCount);
      this.readCount = 0;
    }
    return item;
  }

  private stop(): void {
    if (this.ended !== undefined) return;
    this.ports.cancel();
    this.items = [];
    this.at = 0;
    this.end();
  }
}
