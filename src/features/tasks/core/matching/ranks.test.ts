import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Priority } from '../tasks-types.ts';
import { type QueueEntry, Ranks } from './ranks.ts';

const priority = fc.constantFrom<Priority>(1, 2, 3);
const step = fc.oneof(
  fc.record({ type: fc.constant('add' as const), priority, count: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ type: fc.constant('hold' as const), priority }),
  fc.record({ type: fc.constant('store' as const) }),
  fc.record({ type: fc.constant('release' as const) }),
  fc.record({ type: fc.constant('remove' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

/** Puts it where a plain list has it: at the front, in the middle, at the end. */
function insert<T>(list: T[], item: T, priority: Priority): void {
  list.splice(priority === 1 ? 0 : priority === 2 ? Math.ceil(list.length / 2) : list.length, 0, item);
}

test('the order of ranks is that of a plain list, with places that are held, and what was moved is reported', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const ranks = new Ranks(() => undefined);
      const plain: { n: number }[] = [];
      const held: { entry: { n: number }; rank: number }[] = [];
      const stored = new Map<number, number>();
      const entries = new Map<number, QueueEntry>();
      let last = 0;
      const hold = (priority: Priority) => {
        const entry = { n: 0 };
        insert(plain, entry, priority);
        held.push({ entry, rank: ranks.place(priority) });
      };
      const store = (index: number) => {
        const [one] = held.splice(index, 1);
        if (one === undefined) return;
        one.entry.n = ++last;
        entries.set(last, ranks.queued(last, one.rank));
        stored.set(last, one.rank);
      };
      for (const one of steps) {
        if (one.type === 'add') {
          for (let i = 0; i < one.count; i++) {
            hold(one.priority);
            store(held.length - 1);
          }
        } else if (one.type === 'hold') hold(one.priority);
        else if (one.type === 'store') store(0);
        else if (one.type === 'release') {
          const [one] = held.splice(0, 1);
          if (one === undefined) continue;
          ranks.release(one.rank);
          plain.splice(plain.indexOf(one.entry), 1);
        } else {
          const entry = plain[Math.floor(one.share * (plain.length - 1))];
          if (entry === undefined || entry.n === 0) continue;
          ranks.remove(entries.get(entry.n) as QueueEntry);
          stored.delete(entry.n);
          plain.splice(plain.indexOf(entry), 1);
        }
        for (const { n, rank } of ranks.takeMoved()) stored.set(n, rank);
        const all = [...ranks.entries()];
        expect(all.map(({ n }) => n)).toEqual(plain.map(({ n }) => n));
        for (const [index, { n, rank }] of all.entries()) {
          expect(Number.isSafeInteger(rank)).toBe(true);
          if (index > 0) expect(rank).toBeGreaterThan(all[index - 1]?.rank as number);
          if (n !== 0) expect(stored.get(n)).toBe(rank);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('thousands of tasks in the middle of a queue of 100,000 move few others', () => {
  const ranks = new Ranks(() => undefined);
  for (let n = 1; n <= 100_000; n++) ranks.queued(n, n * 2 ** 20);
  let moved = 0;
  for (let n = 100_001; n <= 105_000; n++) {
    ranks.queued(n, ranks.place(2));
    moved += ranks.takeMoved().length;
  }
  expect(moved).toBeLessThan(5000 * 20);
  expect(moved).toBeGreaterThan(0);
});

test('tasks of equal rank, of two stores that were merged, are in the order of the store, and one fits between them', () => {
  const ranks = new Ranks(() => undefined);
  for (const n of [3, 1, 4, 2]) ranks.queued(n, 7);
  expect([...ranks.entries()].map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  ranks.queued(5, ranks.place(2));
  expect([...ranks.entries()].map(({ n }) => n)).toEqual([1, 2, 5, 3, 4]);
});

test('at the ends of what a rank can be there is room still', () => {
  const ranks = new Ranks(() => undefined);
  ranks.queued(1, Number.MIN_SAFE_INTEGER);
  ranks.queued(2, Number.MAX_SAFE_INTEGER);
  for (let n = 3; n <= 200; n++) ranks.queued(n, ranks.place(n % 2 === 0 ? 1 : 3));
  const entries = [...ranks.entries()];
  expect(entries).toHaveLength(200);
  expect(entries[0]?.n).toBe(200);
  expect(entries[199]?.n).toBe(199);
  for (const [index, { rank }] of entries.entries()) {
    expect(Number.isSafeInteger(rank)).toBe(true);
    if (index > 0) expect(rank).toBeGreaterThan(entries[index - 1]?.rank as number);
  }
});
