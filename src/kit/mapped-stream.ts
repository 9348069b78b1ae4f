/** A stream made from another one: what attached nodes turn JSON into. Who calls it: features' attached parts. */
import type { MessageStream } from './streams.ts';

/** A stream whose items are made from another stream's; an item that becomes undefined is left out. */
export class MappedStream<Json, Item> implements MessageStream<Item> {
  readonly opened: Promise<void>;
  private readonly source: MessageStream<Json>;
  private readonly convert: (json: Json) => Item | undefined | Promise<Item | undefined>;

  constructor(
    source: MessageStream<Json>,
    convert: (json: Json) => Item | undefined | Promise<Item | undefined>,
  ) {
    this.opened = source.opened;
    this.source = source;
    this.convert = convert;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for await (const json of this.source) {
      const item = await this.convert(json);
      if (item !== undefined) yield item;
    }
  }

  close(): Promise<void> {
    return this.source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
