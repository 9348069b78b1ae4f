/**
 * What stream operations share: a node's stream as an iterable of what goes to another process.
 *
 * Invariant: when the promise resolves the node is collecting, so that whoever was told "open" misses nothing that is
 * sent from then on; leaving the loop closes the node's stream.
 */
import type { MessageStream, Taking } from './streams.ts';

export async function openStream<Item, Fields>(
  stream: MessageStream<Item> & Taking<Item>,
  fieldsOf: (item: Item) => Fields,
): Promise<AsyncIterable<Fields> & Taking<Fields>> {
  await stream.opened;
  return {
    takeNow() {
      const item = stream.takeNow?.();
      return item === undefined ? undefined : fieldsOf(item);
    },
    [Symbol.asyncIterator]() {
      const items = stream[Symbol.asyncIterator]();
      return {
        async next() {
          const { value, done } = await items.next();
          return done === true ? { value: undefined, done } : { value: fieldsOf(value), done: false };
        },
        async return() {
          await stream.close();
          return { value: undefined, done: true };
        },
      };
    },
  };
}
