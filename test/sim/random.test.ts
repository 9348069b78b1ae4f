/** The seeded generator: repeatable, independent by label, evenly spread. */
import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/sim/world/random.ts';

function draws(random: SeededRandom, count = 20): number[] {
  return Array.from({ length: count }, () => random.next());
}

test('equal seeds give equal draws, other seeds others', () => {
  expect(draws(SeededRandom.fromSeed(7))).toEqual(draws(SeededRandom.fromSeed(7)));
  expect(draws(SeededRandom.fromSeed(7))).not.toEqual(draws(SeededRandom.fromSeed(8)));
});

test('a fork does not depend on what its parent has drawn', () => {
  const fresh = SeededRandom.fromSeed(7);
  const used = SeededRandom.fromSeed(7);
  draws(used);
  expect(draws(used.fork('a'))).toEqual(draws(fresh.fork('a')));
  expect(draws(fresh.fork('a'))).not.toEqual(draws(fresh.fork('b')));
});

test('draws are spread evenly over [0, 1)', () => {
  const buckets = new Array<number>(10).fill(0);
  for (const draw of draws(SeededRandom.fromSeed(3), 20_000)) {
    expect(draw).toBeGreaterThanOrEqual(0);
    expect(draw).toBeLessThan(1);
    const at = Math.floor(draw * 10);
    buckets[at] = (buckets[at] as number) + 1;
  }
  for (const bucket of buckets) expect(Math.abs(bucket - 2000)).toBeLessThan(200);
});

test('a sample has no item twice and never more than there are', () => {
  const random = SeededRandom.fromSeed(5);
  const sample = random.sample([1, 2, 3, 4, 5], 3);
  expect(new Set(sample).size).toBe(3);
  expect(random.sample([1, 2], 5).sort()).toEqual([1, 2]);
  expect(() => random.pick([])).toThrow(RangeError);
});

test('bytes fill every value', () => {
  expect(new Set(SeededRandom.fromSeed(1).bytes(10_000)).size).toBe(256);
});
