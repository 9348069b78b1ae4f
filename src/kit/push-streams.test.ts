import { expect, test } from 'vitest';
import { PushStreams } from './push-streams.ts';
import type { MessageStream } from './streams.ts';

async function all<Item>(stream: MessageStream<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

test('each reader gets what is pushed while its stream is open, and no more once the source has ended', async () => {
  const streams = new PushStreams<number>();
  const first = streams.stream();
  streams.push(1);
  const second = streams.stream();
  streams.push(2);
  streams.end();
  streams.push(3);
  expect(await all(first)).toEqual([1, 2]);
  expect(await all(second)).toEqual([2]);
});

test('a reader that falls behind gets what was kept and then an error, and the others go on', async () => {
  const streams = new PushStreams<number>(2);
  const idle = streams.stream();
  const reader = streams.stream()[Symbol.asyncIterator]();
  for (const item of [1, 2, 3]) {
    streams.push(item);
    expect(await reader.next()).toEqual({ value: item, done: false });
  }
  const late = idle[Symbol.asyncIterator]();
  expect([(await late.next()).value, (await late.next()).value]).toEqual([1, 2]);
  await expect(late.next()).rejects.toMatchObject({ code: 'SKEIN_BUSY' });
});

test('a signal ends a stream, also one that has fired before the stream is asked for', async () => {
  const streams = new PushStreams<number>();
  const controller = new AbortController();
  const stream = streams.stream({ signal: controller.signal });
  streams.push(1);
  controller.abort();
  streams.push(2);
  expect(await all(stream)).toEqual([1]);
  expect(await all(streams.stream({ signal: controller.signal }))).toEqual([]);
});

test('the error of a source that fails reaches its readers, also those that come later', async () => {
  const streams = new PushStreams<number>();
  const stream = streams.stream();
  streams.end(new Error('gone'));
  await expect(all(stream)).rejects.toThrow('gone');
  await expect(all(streams.stream())).rejects.toThrow('gone');
});
