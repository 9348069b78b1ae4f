import { beforeEach, describe, expect, test } from 'vitest';
import type { Arrival } from './arrival.ts';
import { Inbox } from './inbox.ts';
import { messagingLimits } from './limits.ts';

let given: [sequence: number, consumers: readonly number[]][] = [];
let inbox: Inbox;
let sequence = 0;

beforeEach(() => {
  given = [];
  sequence = 0;
  inbox = new Inbox(({ sequence: number, consumers }) => given.push([number, consumers]));
});

function offer(kind = 'k', bytes = 1): boolean {
  const body = new Uint8Array(bytes);
  const rest = { recipients: undefined, route: undefined, consumers: [] };
  const arrival: Arrival = {
    origin: { source: 1, life: 1, lifeTail: 1 },
    sequence: ++sequence,
    kind,
    encoding: 0,
    body,
    ...rest,
  };
  return inbox.offer(arrival);
}

describe('a message goes', () => {
  test('to every consumer of its kind and to those of all kinds, to no other', () => {
    inbox.listen(1, 'k', 10);
    inbox.listen(2, undefined, 10);
    inbox.listen(3, 'other', 10);
    expect(offer('k')).toBe(true);
    expect(given).toEqual([[1, [1, 2]]]);
  });

  test('to those that have room; it is refused when none has', () => {
    inbox.listen(1, undefined, 1);
    inbox.listen(2, undefined, 2);
    expect([offer(), offer(), offer()]).toEqual([true, true, false]);
    expect(given).toEqual([
      [1, [1, 2]],
      [2, [2]],
    ]);
  });

  test('again to a consumer that has consumed', () => {
    inbox.listen(1, undefined, 1);
    offer();
    inbox.consumed(1, 1, 1);
    expect(offer()).toBe(true);
    expect(given.map(([number]) => number)).toEqual([1, 2]);
  });

  test('nowhere any more once its consumer has ended: it waits for the next', () => {
    inbox.listen(1, undefined, 10);
    inbox.unlisten(1);
    expect(offer()).toBe(true);
    expect([given, inbox.unclaimedCount]).toEqual([[], 1]);
  });
});

describe('a consumer', () => {
  const half = messagingLimits.receiveBufferBytes / 2;

  test('is given no more bytes than it may have unread; one message always fits', () => {
    inbox.listen(1, undefined, 10);
    expect([offer('k', half), offer('k', half), offer('k', 1)]).toEqual([true, true, false]);
    inbox.consumed(1, 1, half);
    expect([offer('k', half + 1), offer('k', half)]).toEqual([false, true]);
    inbox.consumed(1, 2, 2 * half);
    expect([offer('k', 3 * half), offer('k', 1)]).toEqual([true, false]);
  });

  test('takes what waited for it by bytes as well', () => {
    for (let i = 0; i < 2; i++) expect(offer('k', half)).toBe(true);
    inbox.listen(1, 'k', 10);
    inbox.unlisten(1);
    inbox.listen(2, 'other', 10);
    expect([offer('other', 2 * half), offer('other', 1)]).toEqual([true, false]);
    expect(given.map(([number]) => number)).toEqual([1, 2, 3]);
  });
});

describe('a message that nobody wants yet', () => {
  test('waits, and goes in order to the consumer that comes', () => {
    offer('k');
    offer('other');
    offer('k');
    inbox.listen(1, 'k', 10);
    expect(given.map(([number]) => number)).toEqual([1, 3]);
    expect(inbox.unclaimedCount).toBe(1);
  });

  test('goes bit by bit to a consumer with a small limit, before what comes later', () => {
    for (let i = 0; i < 5; i++) offer();
    inbox.listen(1, undefined, 2);
    expect(given.map(([number]) => number)).toEqual([1, 2]);
    expect(offer()).toBe(false);
    inbox.consumed(1, 2, 2);
    inbox.consumed(1, 2, 2);
    expect(given.map(([number]) => number)).toEqual([1, 2, 3, 4, 5]);
  });

  test('is refused as the 1,025th, and accepted again when there is room', () => {
    for (let i = 0; i < messagingLimits.receiveBufferMessages; i++) expect(offer()).toBe(true);
    expect(offer()).toBe(false);
    inbox.listen(1, undefined, 5);
    inbox.unlisten(1);
    expect(offer()).toBe(true);
  });

  test('is refused beyond the bytes that may wait; a single large one is not', () => {
    expect(offer('k', messagingLimits.bodyBytesMax)).toBe(true);
    expect(offer('k', 1)).toBe(false);
    inbox.listen(1, undefined, 5);
    inbox.unlisten(1);
    expect(offer('k', 1)).toBe(true);
  });
});

test('what waits is counted', () => {
  offer();
  inbox.listen(1, 'other', 10);
  offer('other');
  expect([inbox.unclaimedCount, inbox.waitingCount]).toEqual([1, 2]);
  inbox.consumed(1, 5, 5);
  expect(inbox.waitingCount).toBe(1);
});
