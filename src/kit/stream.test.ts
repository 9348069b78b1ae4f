import { describe, expect, test } from 'vitest';
import { PushStream } from './stream.ts';

function stream(options: { opened?: Promise<unknown>; signal?: AbortSignal } = {}) {
  const seen = { consumed: 0, closed: 0 };
  const { opened = Promise.resolve(), signal } = options;
  const made = new PushStream<number>(
    { consumed: () => void seen.consumed++, closed: () => void seen.closed++ },
    opened,
    signal,
  );
  const iterator = made[Symbol.asyncIterator]();
  return { made, seen, iterator, next: () => iterator.next() };
}

const done = { value: undefined, done: true };
const item = (value: number) => ({ value, done: false });

describe('items', () => {
  test('are pulled in the order in which they came, before or after the pull', async () => {
    const { made, next } = stream();
    made.push(1);
    made.push(2);
    expect([await next(), await next()]).toEqual([item(1), item(2)]);
    const pulls = [next(), next()];
    made.push(3);
    made.push(4);
    expect(await Promise.all(pulls)).toEqual([item(3), item(4)]);
  });

  test('count as consumed once each is handed to the program, not before', async () => {
    const { made, seen, next } = stream();
    made.push(1);
    made.push(2);
    expect([seen.consumed, made.waiting]).toEqual([0, 2]);
    await next();
    expect([seen.consumed, made.waiting]).toEqual([1, 1]);
    await next();
    const pull = next();
    made.push(3);
    expect([seen.consumed, made.waiting, await pull]).toEqual([3, 0, item(3)]);
  });

  test('by the thousand come whole and in order', async () => {
    const { made, next } = stream();
    let pulled = 0;
    for (let i = 0; i < 5000; i++) {
      made.push(i);
      if (i % 3 !== 0) expect((await next()).value).toBe(pulled++);
    }
    while (pulled < 5000) expect((await next()).value).toBe(pulled++);
    expect(made.waiting).toBe(0);
  });
});

describe('the end', () => {
  test('is told to every pull that waits, once to the source, and again to whoever asks later', async () => {
    const { made, seen, next } = stream();
    const pulls = [next(), next()];
    made.end();
    made.end();
    expect(await Promise.all([...pulls, next()])).toEqual([done, done, done]);
    expect(seen.closed).toBe(1);
  });

  test('by the source leaves what waits, and nothing that comes after it', async () => {
    const { made, next } = stream();
    made.push(1);
    made.end();
    made.push(2);
    expect([await next(), await next()]).toEqual([item(1), done]);
  });

  test('by `close` leaves nothing', async () => {
    const { made, next } = stream();
    made.push(1);
    await made.close();
    expect(await next()).toEqual(done);
  });

  test('with an error rejects the next pull, after what waits', async () => {
    const { made, next } = stream();
    made.push(1);
    made.end(new Error('the node is closed'));
    expect(await next()).toEqual(item(1));
    await expect(next()).rejects.toThrow('the node is closed');
  });

  test('comes when the program leaves its loop', async () => {
    const { made, seen } = stream();
    made.push(1);
    for await (const value of made) {
      expect(value).toBe(1);
      break;
    }
    expect(seen.closed).toBe(1);
  });

  test('comes with `await using`', async () => {
    const { made, seen } = stream();
    await made[Symbol.asyncDispose]();
    expect(seen.closed).toBe(1);
  });
});

describe('a signal', () => {
  test('ends the stream, also one that was aborted before', async () => {
    const controller = new AbortController();
    const { made, seen, next } = stream({ signal: controller.signal });
    const pull = next();
    controller.abort();
    expect([await pull, seen.closed]).toEqual([done, 1]);
    made.push(1);
    expect(await stream({ signal: controller.signal }).next()).toEqual(done);
  });
});

test('a source that never opened is told by `opened` and by the iteration, and by no unhandled rejection', async () => {
  const { made, seen, next } = stream({ opened: Promise.reject(new Error('no such feature')) });
  const pull = next();
  await expect(pull).rejects.toThrow('no such feature');
  await expect(made.opened).rejects.toThrow('no such feature');
  expect(seen.closed).toBe(1);
});
