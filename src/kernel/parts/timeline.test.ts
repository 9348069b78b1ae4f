import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

test('every entry comes due once, not before its time and at most one bucket after', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 5000 }), { maxLength: 100 }),
      fc.integer({ min: 1, max: 300 }),
      (times, step) => {
        const timeline = new Timeline(20);
        for (const [entry, at] of times.entries()) timeline.add(at, entry);
        const dueAt = new Map<number, number>();
        for (let now = 0; now <= 5400; now += step) {
          for (const entry of timeline.due(now)) {
            expect(dueAt.has(entry)).toBe(false);
            dueAt.set(entry, now);
          }
        }
        times.forEach((at, entry) => {
          expect(dueAt.get(entry)).toBeGreaterThanOrEqual(at);
          expect(dueAt.get(entry)).toBeLessThan(at + 20 + step);
        });
        expect(timeline.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
      },
    ),
  );
});

test('asked when it wants to be, it has something to give, and nothing a moment before', () => {
  const timeline = new Timeline(20);
  for (const at of [95, 333, 12, 340]) timeline.add(at, at);
  const seen: number[][] = [];
  for (let next = timeline.nextDeadline(); Number.isFinite(next); next = timeline.nextDeadline()) {
    expect(timeline.due(next - 1)).toEqual([]);
    seen.push(timeline.due(next));
  }
  expect(seen).toEqual([[12], [95], [333, 340]]);
});

test('what is added for a time gone by is due at once', () => {
  const timeline = new Timeline(20);
  timeline.due(10_000);
  timeline.add(500, 1);
  expect(timeline.due(10_000)).toEqual([1]);
});
