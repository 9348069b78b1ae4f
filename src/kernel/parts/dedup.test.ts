import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { Dedup } from './dedup.ts';

/** Takes a message as messaging does. */
function take(dedup: Dedup, sequence: number, floor: number, { source = 1, life = 1, now = 0 } = {}): string {
  const freshness = dedup.check(source, life, sequence, floor, now);
  if (freshness === 'fresh') dedup.mark(source, life, sequence, now);
  return freshness;
}

test('a message is fresh once and seen ever after', () => {
  const dedup = new Dedup();
  expect([take(dedup, 5, 1), take(dedup, 5, 1), take(dedup, 4, 1), take(dedup, 5, 5)]).toEqual([
    'fresh',
    'seen',
    'fresh',
    'seen',
  ]);
});

test('one that was checked but not taken is fresh again', () => {
  const dedup = new Dedup();
  dedup.check(1, 1, 5, 1, 0);
  expect(take(dedup, 5, 1)).toBe('fresh');
});

test('what lies below the floor is stale, whether it came before or not', () => {
  const dedup = new Dedup();
  take(dedup, 3, 1);
  expect([take(dedup, 9, 8), take(dedup, 3, 1), take(dedup, 4, 1), take(dedup, 8, 1)]).toEqual([
    'fresh',
    'stale',
    'stale',
    'fresh',
  ]);
});

test('sources and lives do not share anything', () => {
  const dedup = new Dedup();
  take(dedup, 1, 1);
  expect(take(dedup, 1, 1, { source: 2 })).toBe('fresh');
  expect(take(dedup, 1, 1, { life: 2 })).toBe('fresh');
  expect(take(dedup, 1, 1)).toBe('seen');
});

test('no message that its source still waits for is taken twice, whatever is repeated and overtaken', () => {
  const copies = fc.array(
    fc.record({ sequence: fc.integer({ min: 1, max: 60 }), lag: fc.nat({ max: 10 }) }),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(copies, (list) => {
      const dedup = new Dedup();
      const taken = new Set<number>();
      let floor = 1;
      for (const { sequence, lag } of list) {
        const sent = floor;
        const freshness = take(dedup, sequence, Math.max(1, sent - lag));
        if (freshness === 'fresh') {
          expect(taken.has(sequence)).toBe(false);
          taken.add(sequence);
        } else if (sequence >= floor) {
          expect([freshness, taken.has(sequence)]).toEqual(['seen', true]);
        }
        while (taken.has(floor)) floor++;
      }
    }),
    { numRuns: 300 },
  );
});

describe('memory', () => {
  const remembered = (dedup: Dedup): number => {
    const sources = (dedup as unknown as { sources: Map<number, { seen: Set<number> }[]> }).sources;
    return [...sources.values()].flat().reduce((sum, { seen }) => sum + seen.size, 0);
  };

  test('is given back as the floor rises', () => {
    const dedup = new Dedup();
    for (let i = 1; i <= 100_000; i++) take(dedup, i, Math.max(1, i - 100));
    expect(remembered(dedup)).toBeLessThanOrEqual(101);
    take(dedup, 10 ** 12, 10 ** 12);
    expect(remembered(dedup)).toBe(1);
  });

  test('for one source is bounded though it never raises its floor', () => {
    const dedup = new Dedup();
    for (let i = 1; i <= 5 * limits.unresolvedMax; i++) take(dedup, i, 1);
    expect(remembered(dedup)).toBeLessThanOrEqual(3 * limits.unresolvedMax);
  });

  test('for all sources is bounded; the longest idle is forgotten first', () => {
    const dedup = new Dedup();
    for (let source = 1; source <= limits.dedupSourcesMax; source++)
      take(dedup, 1, 1, { source, now: source });
    take(dedup, 2, 1, { source: 1, now: 100_000 });
    take(dedup, 1, 1, { source: 999_999, now: 100_001 });
    expect(dedup.size).toBe(limits.dedupSourcesMax);
    expect(take(dedup, 1, 1, { source: 1, now: 100_002 })).toBe('seen');
    expect(take(dedup, 1, 1, { source: 2, now: 100_003 })).toBe('fresh');
  });

  test('of an idle source lasts for the stated window', () => {
    const dedup = new Dedup();
    take(dedup, 1, 1);
    dedup.forgetIdle(limits.dedupIdleMs - 1);
    expect(take(dedup, 1, 1, { now: limits.dedupIdleMs - 1 })).toBe('seen');
    dedup.forgetIdle(3 * limits.dedupIdleMs);
    expect(dedup.size).toBe(0);
  });
});
