/** Orders on their way to the broker: how they are gathered, kept, and sent again. */
import { beforeEach, describe, expect, test } from 'vitest';
import { failure } from '../../../kernel/errors.ts';
import { Author } from './author.ts';
import { taskLimits } from './limits.ts';
import type { Order, Ordered } from './tasks-types.ts';
import { decodeTaskMessage } from './wire.ts';

interface Sent {
  readonly number: number;
  readonly isTogether: boolean;
  readonly ids: readonly string[];
}

let sent: Sent[];
let answered: [unknown, readonly Ordered[]][];
let hasBroker: boolean;
let author: Author;

beforeEach(() => {
  sent = [];
  answered = [];
  hasBroker = true;
  author = new Author({
    send: (bytes) => {
      if (!hasBroker) return false;
      const message = decodeTaskMessage(bytes);
      if (message?.type !== 'order') throw new Error('the broker cannot read this');
      const { number, isTogether, orders } = message;
      sent.push({ number, isTogether, ids: orders.map(({ id }) => Number(`0x${id}`).toString()) });
      return true;
    },
    deliver: ({ handle, outcomes }) => answered.push([handle, outcomes]),
    flushLater: () => undefined,
  });
});

function idOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}

function order(number: number, bytes = 1): Order {
  return {
    ...{ id: idOf(number), service: 'render', input: { encoding: 0, body: new Uint8Array(bytes) } },
    ...{ needs: { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] }, priority: 3 },
    ...{ delayMs: 0, deadlineMs: 0, timeoutMs: 0, attempts: 0, isIdempotent: false, key: '', digest: '' },
    ...{ after: [], isLetter: false, mayWaitForWorkers: false, parent: '', part: 0, retryOf: '' },
  };
}

/** Each by itself, in one turn; their handles are their numbers. */
function orderEach(...numbers: readonly number[]): void {
  for (const number of numbers) expect(author.order([order(number)], number)).toBeUndefined();
  author.flush();
}

function stored(number: number, isRepeat = false): Ordered {
  return { ok: true, id: idOf(number), isRepeat };
}

const idsSent = (): (readonly string[])[] => sent.map(({ ids }) => ids);

test('orders of one turn travel in one message, each by itself, and are answered one by one', () => {
  orderEach(1, 2, 3);
  expect(sent).toEqual([{ number: 1, isTogether: false, ids: ['1', '2', '3'] }]);
  const refused: Ordered = { ok: false, failure: failure('SKEIN_INVALID', 'no') };
  author.ordered(1, [stored(1), refused, stored(3)]);
  expect(answered).toEqual([
    [1, [stored(1)]],
    [2, [refused]],
    [3, [stored(3)]],
  ]);
  expect(author.unstoredCount).toBe(0);
});

test('what one call has ordered is a message by itself, in its place among the others', () => {
  for (const number of [1, 2]) author.order([order(number)], number);
  author.order([order(3), order(4)], 'both');
  author.order([order(5)], 5);
  author.flush();
  expect(sent).toEqual([
    { number: 1, isTogether: false, ids: ['1', '2'] },
    { number: 2, isTogether: true, ids: ['3', '4'] },
    { number: 3, isTogether: false, ids: ['5'] },
  ]);
  author.ordered(2, [stored(3), stored(4)]);
  expect(answered).toEqual([['both', [stored(3), stored(4)]]]);
});

test('no message has more orders, or more bytes, than it may, unless one order alone has', () => {
  const count = taskLimits.tasksPerMessageMax + 1;
  orderEach(...Array.from({ length: count }, (_, i) => i + 1));
  expect(idsSent().map(({ length }) => length)).toEqual([count - 1, 1]);
  author.ordered(1, idsSent()[0]?.map((_, i) => stored(i + 1)) ?? []);
  author.ordered(2, [stored(count)]);
  const large = taskLimits.taskMessageBytesMax;
  for (const number of [1, 2]) author.order([order(number, large)], number);
  author.order([order(3)], 3);
  author.flush();
  expect(idsSent().slice(2)).toEqual([['1'], ['2'], ['3']]);
});

test('while four messages are under way what comes is gathered for the next', () => {
  for (const number of [1, 2, 3, 4, 5, 6]) orderEach(number);
  expect(idsSent()).toEqual([['1'], ['2'], ['3'], ['4']]);
  author.ordered(1, [stored(1)]);
  author.flush();
  expect(idsSent().slice(4)).toEqual([['5', '6']]);
});

test('without a broker orders wait, and go to the first one that is there', () => {
  hasBroker = false;
  orderEach(1);
  orderEach(2);
  hasBroker = true;
  author.brokerChanged();
  author.flush();
  expect(sent).toEqual([{ number: 1, isTogether: false, ids: ['1', '2'] }]);
});

describe('with another broker', () => {
  test('what that one refuses is unknown where the one before was asked too, and a fact where it was not', () => {
    const full: Ordered = { ok: false, failure: failure('SKEIN_STORE_FULL', 'no room') };
    orderEach(1);
    author.brokerChanged();
    author.flush();
    orderEach(2);
    author.ordered(2, [full]);
    author.ordered(3, [full]);
    expect(answered).toMatchObject([
      [
        1,
        [
          {
            ok: false,
            failure: {
              code: 'SKEIN_LOST',
              message: expect.stringContaining('no room'),
              details: { ids: ['1'.padStart(32, '0')] },
            },
          },
        ],
      ],
      [2, [full]],
    ]);
  });

  test('all that was not answered is sent again in order, before what comes later', () => {
    for (const number of [1, 2, 3]) orderEach(number);
    author.ordered(2, [stored(2)]);
    author.brokerChanged();
    author.order([order(4)], 4);
    author.flush();
    expect(idsSent().slice(3)).toEqual([['1', '3', '4']]);
  });

  test('an answer to what was sent to the one before does not count', () => {
    orderEach(1);
    author.brokerChanged();
    author.flush();
    author.ordered(1, [{ ok: false, failure: failure('SKEIN_STORE_CLAIMED', 'another broker has it') }]);
    expect(answered).toEqual([]);
    author.ordered(2, [stored(1, true)]);
    // The one before had stored it: for the program it is the first time.
    expect(answered).toEqual([[1, [stored(1)]]]);
  });

  test('what was ordered together is sent again together', () => {
    author.order([order(1), order(2)], 'both');
    orderEach(3);
    author.brokerChanged();
    author.flush();
    expect(sent.slice(2)).toMatchObject([
      { isTogether: true, ids: ['1', '2'] },
      { isTogether: false, ids: ['3'] },
    ]);
  });
});

test('a repeat of another order, under its key, is reported as one', () => {
  orderEach(1);
  author.ordered(1, [stored(7, true)]);
  expect(answered).toEqual([[1, [stored(7, true)]]]);
});

test('an answer that does not fit its message is ignored', () => {
  orderEach(1, 2);
  author.ordered(1, [stored(1)]);
  author.ordered(9, [stored(1), stored(2)]);
  expect([answered, author.unstoredCount]).toEqual([[], 2]);
});

describe('an order that the program waits for no longer', () => {
  test('was never ordered where it was not sent', () => {
    hasBroker = false;
    orderEach(1, 2);
    expect(author.forget(1)).toBe(false);
    expect([...author.handles()]).toEqual([2]);
    hasBroker = true;
    author.flush();
    expect(idsSent()).toEqual([['2']]);
    expect(author.unstoredCount).toBe(1);
  });

  test('may be stored where it was sent: it is not answered, and counts until the broker has answered', () => {
    orderEach(1, 2);
    expect(author.forget(1)).toBe(true);
    expect(author.forget(1)).toBeUndefined();
    expect(author.unstoredCount).toBe(2);
    author.ordered(1, [stored(1), stored(2)]);
    expect(answered).toEqual([[2, [stored(2)]]]);
    expect(author.unstoredCount).toBe(0);
  });

  test('is not sent again to another broker', () => {
    orderEach(1, 2);
    author.forget(1);
    author.brokerChanged();
    author.flush();
    expect(idsSent().slice(1)).toEqual([['2']]);
    expect(author.unstoredCount).toBe(1);
  });

  test('does not block others, though its broker never answers', () => {
    for (const number of [1, 2, 3, 4, 5]) orderEach(number);
    author.forget(3);
    author.flush();
    expect(idsSent().slice(4)).toEqual([['5']]);
  });

  test('is unknown where it was answered', () => {
    orderEach(1);
    author.ordered(1, [stored(1)]);
    expect(author.forget(1)).toBeUndefined();
  });
});

describe('an order is refused at once', () => {
  test('where as many wait as may, until some are answered', () => {
    hasBroker = false;
    for (let i = 1; i <= taskLimits.tasksUnstoredMax; i++) author.order([order(i)], i);
    expect(author.order([order(0)], 0)?.code).toBe('SKEIN_BUSY');
    author.forget(1);
    expect(author.order([order(0)], 0)).toBeUndefined();
  });

  test('where as many bytes wait as may', () => {
    const bytes = taskLimits.tasksUnstoredBytesMax / 2 - 256;
    expect(author.order([order(1, bytes)], 1)).toBeUndefined();
    expect(author.order([order(2, bytes)], 2)).toBeUndefined();
    expect(author.order([order(3)], 3)).toMatchObject({ code: 'SKEIN_BUSY' });
  });

  test('and never accepted where its call alone has more bytes than may wait', () => {
    const half = new Array(2).fill(0).map((_, i) => order(i, taskLimits.tasksUnstoredBytesMax / 2));
    expect(author.order(half, 'all')).toMatchObject({ code: 'SKEIN_TOO_LARGE' });
    expect(author.unstoredCount).toBe(0);
  });
});
