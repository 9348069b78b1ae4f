/** A stream of a session as its reader has it: what waits there is bounded by number and by marks. */
import { expect, test } from 'vitest';
import { ClientStream } from './client-stream.ts';

function streamOf(room: number) {
  const said: [count: number, isPassed: boolean][] = [];
  const stream = new ClientStream<number>({ credit: () => undefined, cancel: () => undefined }, room);
  stream.goOn({ credit: (count, isPassed) => said.push([count, isPassed]), cancel: () => undefined });
  return { stream, said };
}

test('a mark is passed once all that came before it is read, and not before', () => {
  const { stream, said } = streamOf(1000);
  for (const item of [1, 2]) stream.push(item);
  stream.mark();
  stream.push(3);
  stream.mark();
  expect(stream.takeNow()).toBe(1);
  expect(said).toEqual([]);
  expect(stream.takeNow()).toBe(2);
  expect(said).toEqual([[2, true]]);
  expect(stream.takeNow()).toBe(3);
  expect(said).toEqual([
    [2, true],
    [1, true],
  ]);
});

test('a mark of a session that was lost counts no more in the next', () => {
  const { stream, said } = streamOf(1000);
  stream.push(1);
  stream.mark();
  stream.goOn({ credit: (count, isPassed) => said.push([count, isPassed]), cancel: () => undefined });
  expect(stream.takeNow()).toBe(1);
  expect(said).toEqual([]);
});
