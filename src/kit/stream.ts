/**
 * A push-fed async iterable with an explicit end: what `messages()`, `snoop()` and the like return.
 *
 * Who calls it: the facades. Items wait in order until they are pulled; `consumed` tells which were,
 * so that whoever feeds it can give more. Invariant: after the end no item is handed out that came later,
 * and every pending pull is answered.
 */
import { isError, textOfThrown } from '../kernel/thrown.ts';
import type { MessageStream } from './streams.ts';
import { whenAborted } from './when-aborted.ts';

export interface PushStreamPorts<Item> {
  /** This item was handed to the program. */
  readonly consumed?: (item: Item) => void;
  /** The stream ended, by whichever side. Called once. */
  readonly closed: () => void;
}

/** A stream that its owner feeds: what `messages()` and the like return. */
export class PushStream<Item> implements MessageStream<Item> {
  readonly opened: Promise<void>;
  private readonly ports: PushStreamPorts<Item>;
  private items: (Item | undefined)[] = [];
  private head = 0;
  private pulls: { resolve: (result: IteratorResult<Item>) => void; reject: (error: Error) => void }[] = [];
  private isClosed = false;
  private error: Error | undefined;
  /** The signal that would end it need not know of it any more. */
  private forget: () => void = () => undefined;

  /** @param opened Resolves once the source feeds this stream. */
  constructor(ports: PushStreamPorts<Item>, opened: Promise<unknown>, signal?: AbortSignal) {
    this.ports = ports;
    this.opened = opened.then(() => undefined);
    // Whoever only iterates learns of a failure from the iteration.
    this.opened.catch((error: unknown) => this.end(isError(error) ? error : new Error(textOfThrown(error))));
    this.endWith(signal);
  }

  /** Ends with this signal, at once where it has fired. */
  endWith(signal: AbortSignal | undefined): void {
    if (!this.isClosed) this.forget = whenAborted(signal, () => this.end());
  }

  /** Adds an item; after the end nothing happens. */
  push(item: Item): void {
    if (this.isClosed) return;
    const pull = this.pulls.shift();
    if (pull === undefined) {
      this.items.push(item);
      return;
    }
    pull.resolve({ value: item, done: false });
    this.ports.consumed?.(item);
  }

  /** Items that were not read yet. */
  get waiting(): number {
    return this.items.length - this.head;
  }

  /** Ends the stream; with an error the next pull rejects. What waits can still be pulled. */
  end(error?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.error = error;
    this.forget();
    this.ports.closed();
    for (const { resolve, reject } of this.pulls.splice(0)) {
      if (error === undefined) resolve({ value: undefined, done: true });
      else reject(error);
    }
  }

  async close(): Promise<void> {
    this.items = [];
    this.head = 0;
    this.end();
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The items, in order. Leaving the loop closes the stream. */
  [Symbol.asyncIterator](): AsyncIterator<Item> {
    return {
      next: () => this.pull(),
      return: async () => {
        await this.close();
        return { value: undefined, done: true };
      },
    };
  }

  /** What waits already, without a promise for it; undefined where nothing does. */
  takeNow(): Item | undefined {
    if (this.head === this.items.length) return undefined;
    const value = this.items[this.head] as Item;
    // Let go of it: a body may be large, and the array goes on for a while.
    this.items[this.head++] = undefined;
    if (this.head === this.items.length || (this.head > 1024 && this.head * 2 > this.items.length)) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    this.ports.consumed?.(value);
    return value;
  }

  private pull(): Promise<IteratorResult<Item>> {
    const value = this.takeNow();
    if (value !== undefined) return Promise.resolve({ value, done: false });
    if (this.error !== undefined) return Promise.reject(this.error);
    if (this.isClosed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => this.pulls.push({ resolve, reject }));
  }
}
