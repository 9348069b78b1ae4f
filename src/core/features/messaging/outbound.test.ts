import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../limits.ts';
import { none, Outbound, type Outcome, type Pending } from './outbound.ts';
import { Waiting } from './waiting.ts';

let outbound: Outbound;
let outcomes: Outcome[];

beforeEach(() => {
  outbound = new Outbound();
  outcomes = [];
});

function track(nodes: readonly number[], times: { deadline?: number; repeatAt?: number } = {}): Pending {
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
    wakeAt: 0,
    returnedCount: 0,
    deadline: 10_000,
    repeatAt: 1000,
    repeatAfterMs: 1000,
    ...times,
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

test('it is full with as many unresolved messages as receivers remember', () => {
  const first = track([1]);
  for (let i = 1; i < limits.unresolvedMax; i++) track([2]);
  expect(outbound.isFull).toBe(true);
  outbound.delivered(first, 1);
  expect(outbound.isFull).toBe(false);
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
