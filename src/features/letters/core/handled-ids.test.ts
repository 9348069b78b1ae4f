import { expect, test } from 'vitest';
import { HandledIds } from './handled-ids.ts';
import { letterLimits } from './limits.ts';

const hex = (n: number): string => n.toString(16).padStart(32, '0');
const now = 1_795_000_000_000;

test('what was added is known to the next incarnation, and a torn line costs only itself', () => {
  const ids = new HandledIds();
  const text = ids.add(hex(1), now) + ids.add(hex(2), now);
  const next = new HandledIds();
  expect(next.load(`${text}${hex(3).slice(0, 20)}`, now)).toBe(1);
  expect([1, 2, 3].map((n) => next.has(hex(n)))).toEqual([true, true, false]);
  expect(next.text()).toBe(text);
});

test('an id that is older than it may be asked for again is forgotten', () => {
  const ids = new HandledIds();
  const old = now - letterLimits.letterHandledKeptMs;
  expect(ids.load(`${hex(1)} ${old}\n${hex(2)} ${old + 1}\n`, now)).toBe(0);
  expect([ids.has(hex(1)), ids.has(hex(2))]).toEqual([false, true]);
});

test('of too many the oldest are forgotten, and the file is written anew when half of it is', () => {
  const ids = new HandledIds();
  const { handledIdsMax } = letterLimits;
  for (let n = 0; n < handledIdsMax + 5; n++) ids.add(hex(n), now);
  expect([4, 5].map((n) => ids.has(hex(n)))).toEqual([false, true]);
  for (let n = 5; n < handledIdsMax - 1; n++) ids.add(hex(n), now);
  expect(ids.isLong).toBe(false);
  ids.add(hex(0), now);
  expect(ids.isLong).toBe(true);
  expect(ids.text().split('\n')).toHaveLength(handledIdsMax + 1);
  expect(ids.isLong).toBe(false);
});
