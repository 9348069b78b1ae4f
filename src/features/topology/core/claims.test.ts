/** Of two claims to a name one is the better, and both ends find the same one. */
import { expect, test } from 'vitest';
import { type Claim, isBetter, Promises, sameIsland } from './claims.ts';
import { topologyLimits } from './limits.ts';

const base: Claim = { instance: '5555555555555555', uptimeMs: 1000, islandNodes: 4 };
const other: Claim = { ...base, instance: '9999999999999999' };

test.each<[string, Partial<Claim>, Partial<Claim>]>([
  ['the larger island, though the other is older', { islandNodes: 5 }, { uptimeMs: 9_000_000 }],
  ['the older one of islands of one size', { uptimeMs: 1001 }, {}],
  [
    'the older one within an island, whatever the sizes',
    { islandNodes: sameIsland, uptimeMs: 1001 },
    { islandNodes: 9 },
  ],
  ['the lesser instance of one age', {}, {}],
])('the better of two claims is %s', (_which, better, worse) => {
  const [one, two] = [
    { ...base, ...better },
    { ...other, ...worse },
  ];
  expect([isBetter(one, two), isBetter(two, one)]).toEqual([true, false]);
});

test('of any two claims exactly one is better than the other', () => {
  for (const uptimeMs of [0, 1000, 1001])
    for (const islandNodes of [sameIsland, 1, 4, 5]) {
      const two = { ...other, uptimeMs, islandNodes };
      expect(isBetter(base, two)).toBe(!isBetter(two, base));
    }
});

test('a promise is kept for its time, and the oldest makes room', () => {
  const promises = new Promises();
  promises.make('b', 0);
  expect([
    promises.isMadeTo('b', topologyLimits.namePromiseKeptMs - 1),
    promises.isMadeTo('b', topologyLimits.namePromiseKeptMs),
  ]).toEqual([true, false]);
  expect([promises.isMadeToGreater('a', 1), promises.isMadeToGreater('c', 1)]).toEqual([true, false]);
  for (let i = 0; i < topologyLimits.namePromisesMax; i++) promises.make(`x${i}`, 1);
  expect([promises.isMadeTo('b', 1), promises.isMadeTo('x0', 1)]).toEqual([false, true]);
});
