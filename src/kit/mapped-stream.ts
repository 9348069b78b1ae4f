/** A stream made from another one: what attached nodes turn items into. Who calls it: features' attached parts. */
import type { MessageStream, Taking } from './streams.ts';

type Convert<Given, Item> = (given: Given) => Item | undefined | Promise<Item | undefined>;

/** A stream whose items are made from another stream's; an item that becomes undefined is left out. */
export class MappedStream<Given, Item> implements MessageStream<Item>, Taking<Item> {
  readonly opened: Promise<void>;
  private readonly source: MessageStream<Given> & Taking<Given>;
  private readonly convert: Convert<Given, Item>;
  /** Taken without a promise, and found to need one. */
  private late: Promise<Item | undefined> | undefined;

  constructor(source: MessageStream<Given> & Taking<Given>, convert: Convert<Given, Item>) {
    this.opened = source.opened;
    this.source = source;
    this.convert = convert;
  }

  takeNow(): Item | undefined {
    while (this.late === undefined) {
      const given = this.source.takeNow?.();
      if (given === undefined) return undefined;
      const item = this.convert(given);
      if (item instanceof Promise) this.late = item;
      else if (item !== undefined) return item;
    }
    return undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    const given = this.source[Symbol.asyncIterator]();
    try {
      for (;;) {
        const waiting = this.takeNow();
        const { late } = this;
        this.late = undefined;
        if (waiting !== undefined) {
          yield waiting;
          continue;
        }
        if (late === undefined) {
          const next = await given.next();
          if (next.done === true) return;
          const item = await this.convert(next.value);
          if (item !== undefined) yield item;
          continue;
        }
        const item = await late;
        if (item !== undefined) yield item;
      }
    } finally {
      await given.return?.();
    }
  }

  close(): Promise<void> {
    return this.source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
