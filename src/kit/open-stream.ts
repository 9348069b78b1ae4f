/**
 * What stream operations share: a node's stream as an iterable of JSON.
 *
 * Invariant: when the promise resolves the node is collecting, so that whoever was told "open" misses
 * nothing that is sent from then on; leaving the loop closes the node's stream.
 */
import type { MessageStream } from './streams.ts';

export async function openStream<Item, Json>(
  stream: MessageStream<Item>,
  toJson: (item: Item) => Json,
): Promise<AsyncIterable<Json>> {
  await stream.opened;
  return jsonOf(stream, toJson);
}

async function* jsonOf<Item, Json>(
  stream: MessageStream<Item>,
  toJson: (item: Item) => Json,
): AsyncGenerator<Json> {
  for await (const item of stream) yield toJson(item);
}
