import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Awaited, type Awaiting } from './awaited.ts';

interface Item extends Awaiting {
  readonly number: number;
}

function filled(...wakes: readonly number[]) {
  const awaited = new Awaited<Item>();
  const items = wakes.map((wakeAt, number) => {
    const item = { number, wakeAt: 0 };
    awaited.add(number, item, wakeAt);
    return item;
  });
  return { awaited, items };
}

const numbers = (items: readonly Item[]): number[] => items.map(({ number }) => number);

describe('what waits', () => {
  test('comes due once its time has come, and only once', () => {
    const { awaited } = filled(100, 200, 300);
    expect(awaited.nextDeadline()).toBe(100);
    expect(numbers(awaited.due(99))).toEqual([]);
    expect(numbers(awaited.due(200))).toEqual([0, 1]);
    expect(numbers(awaited.due(200))).toEqual([]);
    expect(awaited.nextDeadline()).toBe(300);
    expect(awaited.size).toBe(3);
  });

  test('and is answered before never comes due', () => {
    const { awaited } = filled(100, 200, 300);
    for (const number of [0, 1]) expect(awaited.delete(number)).toBe(true);
    expect(awaited.delete(0)).toBe(false);
    expect(numbers(awaited.due(250))).toEqual([]);
    expect([awaited.size, awaited.get(1), awaited.get(2)?.number]).toEqual([1, undefined, 2]);
    expect(numbers(awaited.due(300))).toEqual([2]);
  });

  test('may be moved, sooner or later, before its first look and after', () => {
    const { awaited, items } = filled(100, 200, 300);
    const [a, b, c] = items as [Item, Item, Item];
    awaited.move(2, c, 40);
    awaited.move(0, a, 500);
    expect(numbers(awaited.due(40))).toEqual([2]);
    awaited.move(2, c, 60);
    awaited.move(2, c, 90);
    expect(numbers(awaited.due(60))).toEqual([]);
    expect(numbers(awaited.due(100))).toEqual([2]);
    expect(numbers(awaited.due(200))).toEqual([1]);
    awaited.move(1, b, 220);
    expect(numbers(awaited.due(1000)).sort()).toEqual([0, 1]);
  });

  test('that comes when all others are answered is looked at in its own time, however late theirs was', () => {
    const { awaited } = filled(10_000);
    awaited.delete(0);
    awaited.add(1, { number: 1, wakeAt: 0 }, 400);
    expect(awaited.nextDeadline()).toBe(400);
    expect(numbers(awaited.due(400))).toEqual([1]);
  });

  test('is never looked at before its time nor more than a bucket after it, whatever happens meanwhile', () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'add', 'unusual', 'move', 'answer', 'wait'),
      which: fc.nat(20),
      inMs: fc.nat(500),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const awaited = new Awaited<Item>();
        const expected = new Map<number, number>();
        const items = new Map<number, Item>();
        let now = 0;
        const wait = (until: number): void => {
          for (let at = awaited.nextDeadline(); at <= until; at = awaited.nextDeadline()) {
            now = Math.max(now, at);
            for (const { number } of awaited.due(now)) {
              const wanted = expected.get(number) as number;
              expect([number, now >= wanted, now <= wanted + 20]).toEqual([number, true, true]);
              awaited.delete(number);
              expected.delete(number);
            }
          }
          now = Math.max(now, until);
          for (const wanted of expected.values()) expect(wanted + 20).toBeGreaterThan(now);
        };
        for (const [number, { do: what, which, inMs }] of steps.entries()) {
          const wakeAt = now + inMs;
          if (what === 'add' || what === 'unusual') {
            const item = { number, wakeAt: 0 };
            items.set(number, item);
            expected.set(number, wakeAt);
            awaited.add(number, item, wakeAt, what === 'add');
          } else if (what === 'wait') wait(wakeAt);
          else {
            const chosen = [...expected.keys()][which];
            if (chosen === undefined) continue;
            if (what === 'answer') {
              expect(awaited.delete(chosen)).toBe(true);
              expected.delete(chosen);
            } else {
              expected.set(chosen, wakeAt);
              awaited.move(chosen, items.get(chosen) as Item, wakeAt);
            }
          }
        }
        wait(now + 1000);
        expect([expected.size, awaited.size]).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});
