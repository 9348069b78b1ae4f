import { expect, test } from 'vitest';
import { discoveryLimits } from './limits.ts';
import { type Heard, Reserve } from './reserve.ts';
import type { Solicitation } from './solicitation.ts';

const { reserveWaitMs: waitMs, reserveKeptMs: keptMs } = discoveryLimits;

const heard = (name: string, at = 0, wants = 3): Heard => ({
  solicitation: { name, wants } as Solicitation,
  at,
});

test('what was left to others comes up again once, after a while', () => {
  const reserve = new Reserve();
  reserve.leave(heard('a'), 0);
  reserve.leave(heard('b', 100), 100);
  expect(reserve.nextDeadline()).toBe(waitMs);
  expect(reserve.due(waitMs - 1)).toEqual([]);
  expect(reserve.due(waitMs)).toEqual([heard('a')]);
  expect(reserve.nextDeadline()).toBe(waitMs + 100);
  expect(reserve.due(2 * waitMs)).toEqual([heard('b', 100)]);
  expect(reserve.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('who asks again puts nothing off, and is answered as it asked last', () => {
  const reserve = new Reserve();
  reserve.leave(heard('a'), 0);
  reserve.leave(heard('a', waitMs - 1, 1), waitMs - 1);
  expect(reserve.due(waitMs)).toEqual([heard('a', waitMs - 1, 1)]);
});

test('it comes up until it is too old', () => {
  const reserve = new Reserve();
  let [now, times] = [0, 0];
  reserve.leave(heard('a'), now);
  while (reserve.nextDeadline() < Number.POSITIVE_INFINITY) {
    now = reserve.nextDeadline();
    for (const again of reserve.due(now)) reserve.leave(again, now);
    times++;
  }
  expect([now <= keptMs, times]).toEqual([true, Math.floor(keptMs / waitMs)]);
});

test('what is too old when its time is noticed does not come up', () => {
  const reserve = new Reserve();
  reserve.leave(heard('a'), 0);
  expect(reserve.due(keptMs + 1)).toEqual([]);
  expect(reserve.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a flood of names takes a bounded place', () => {
  const reserve = new Reserve();
  for (let i = 0; i < 2 * discoveryLimits.reserveMax; i++) reserve.leave(heard(`n${i}`), 0);
  expect(reserve.due(waitMs)).toHaveLength(discoveryLimits.reserveMax);
});
