import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../../kernel/limits.ts';
import { messagingLimits } from './limits.ts';
import { none, Outbound, type Outcome, type Pending } from './outbound.ts';
import { Waiting } from './waiting.ts';

let outbound: Outbound;
let outcomes: Outcome[];

beforeEach(() => {
  outbound = new Outbound();
  outcomes = [];
});

function track(
  nodes: readonly number[],
  more: Partial<Pick<Pending, 'deadline' | 'repeatAt' | 'body'>> = {},
): Pending {
  const message: Pending = {
    sequence: outbound.nextSequence(),
    type: 1,
    kind: 'k',
    encoding: 0,
    part: undefined,
    body: new Uint8Array(0),
    traced: false,
    waiting: Waiting.of(nodes),
    delivered: none,
    missing: none,
    done: ({ sequence, delivered, missing }) => outcomes.push({ sequence, delivered, missing }),
    handle: undefined,
    heldBytes: more.body?.length ?? 0,
    wakeAt: 0,
    returnedCount: 0,
    deadline: 10_000,
    repeatAt: 1000,
    repeatAfterMs: 1000,
    ...more,
  };
  outbound.track(message);
  return message;
}

describe('a message', () => {
  test('is done once all have answered, each as it did', () => {
    const message = track([1, 2, 3]);
    outbound.delivered(message, 2);
    outbound.missing(message, 1, 'busy');
    expect(outcomes).toEqual([]);
    outbound.delivered(message, 3);
    expect(outcomes).toEqual([
      { sequence: message.sequence, delivered: [2, 3], missing: [{ node: 1, reason: 'busy' }] },
    ]);
    expect(outbound.size).toBe(0);
  });

  test('is done exactly once, whoever answers twice, late, or without having been asked', () => {
    const message = track([1, 2]);
    outbound.delivered(message, 1);
    outbound.delivered(message, 1);
    outbound.missing(message, 1, 'refused');
    outbound.delivered(message, 99);
    outbound.giveUp(message, () => 'timeout');
    outbound.delivered(message, 2);
    outbound.giveUp(message, () => 'timeout');
    expect(outcomes).toEqual([
      { sequence: message.sequence, delivered: [1], missing: [{ node: 2, reason: 'timeout' }] },
    ]);
  });
});

describe('the floor of a recipient', () => {
  test('is its oldest unanswered message, or the next one', () => {
    const [first, second] = [track([1]), track([1, 2])];
    expect([outbound.floorFor([1]), outbound.floorFor([2]), outbound.floorFor([1, 2])]).toEqual([1, 2, 1]);
    outbound.delivered(second, 1);
    expect(outbound.floorFor([1])).toBe(1);
    outbound.delivered(first, 1);
    expect([outbound.floorFor([1]), outbound.floorFor([2]), outbound.floorFor([3])]).toEqual([3, 2, 3]);
  });

  test('rises for those that answer while another stays silent', () => {
    track([7]);
    for (let i = 0; i < 1000; i++) outbound.delivered(track([1]), 1);
    expect([outbound.floorFor([1]), outbound.floorFor([7])]).toEqual([1002, 1]);
  });

  test('never passes a message that is unanswered, in any order of answers', () => {
    const messages = Array.from({ length: 5000 }, () => track([1]));
    const open = new Set(messages);
    for (let i = 0; open.size > 0; i = (i + 1777) % messages.length) {
      const message = messages[i] as Pending;
      if (!open.delete(message)) continue;
      outbound.delivered(message, 1);
      const oldest = open.values().next().value;
      expect(outbound.floorFor([1])).toBe(oldest?.sequence ?? messages.length + 1);
    }
  });
});

describe('it is full', () => {
  test('with as many unresolved messages as receivers remember', () => {
    const first = track([1]);
    for (let i = 1; i < limits.unresolvedMax; i++) track([2]);
    expect(outbound.isFull(0)).toBe(true);
    outbound.delivered(first, 1);
    expect(outbound.isFull(0)).toBe(false);
  });

  test('for one node with as many as one that does not answer may hold up, and for no other', () => {
    const both = track([1, 2]);
    for (let i = 1; i < messagingLimits.unresolvedPerNodeMax; i++) track([1]);
    expect([outbound.isFullFor(1, 0), outbound.isFullFor(2, 0), outbound.isFull(0)]).toEqual([
      true,
      false,
      false,
    ]);
    outbound.delivered(both, 2);
    expect(outbound.isFullFor(1, 0)).toBe(true);
    outbound.missing(both, 1, 'lost');
    expect(outbound.isFullFor(1, 0)).toBe(false);
  });

  test('with bodies that take as much memory as they may; one alone always fits', () => {
    const body = new Uint8Array(messagingLimits.bodyBytesMax);
    const larger = messagingLimits.unresolvedBytesMax + 1;
    expect([outbound.isFull(larger), outbound.isFullFor(1, larger)]).toEqual([false, false]);
    const count = messagingLimits.unresolvedBytesPerNodeMax / body.length;
    const messages = Array.from({ length: count }, () => track([1, 2], { body }));
    expect([outbound.isFullFor(1, 0), outbound.isFullFor(1, 1), outbound.isFullFor(3, body.length)]).toEqual([
      false,
      true,
      false,
    ]);
    // A body to several is held once.
    for (let i = count; i < messagingLimits.unresolvedBytesMax / body.length; i++)
      track([i, i + 1], { body });
    expect([outbound.isFull(0), outbound.isFull(1)]).toEqual([false, true]);
    // The program has given the memory to a worker meanwhile.
    structuredClone(body, { transfer: [body.buffer] });
    for (const message of messages) for (const node of [1, 2]) outbound.delivered(message, node);
    const { bodyBytesMax } = messagingLimits;
    expect([outbound.isFullFor(1, bodyBytesMax), outbound.isFull(bodyBytesMax)]).toEqual([false, false]);
  });
});

describe('time', () => {
  test('brings up a message at its repeat and at its deadline, at most 20 ms late', () => {
    const message = track([1], { repeatAt: 995, deadline: 3001 });
    expect(outbound.due(994)).toEqual([]);
    expect(outbound.due(1015)).toEqual([message]);
    message.repeatAt = 9000;
    outbound.schedule(message);
    expect(outbound.due(3000)).toEqual([]);
    expect(outbound.due(3021)).toEqual([message]);
  });

  test('brings it up once though it was scheduled several times', () => {
    const message = track([1], { repeatAt: 1000 });
    for (let i = 0; i < 5; i++) outbound.schedule(message);
    expect(outbound.due(2000)).toEqual([message]);
  });

  test('does not bring up what is done', () => {
    outbound.delivered(track([1]), 1);
    expect(outbound.due(100_000)).toEqual([]);
  });
});
