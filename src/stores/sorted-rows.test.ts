import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SortedRows } from './sorted-rows.ts';

/** Thousands of rows, so that chunks are split, emptied and gone through. */
const step = fc.record({
  from: fc.integer({ min: 0, max: 3000 }),
  count: fc.integer({ min: 1, max: 900 }),
  stride: fc.constantFrom(-1, 1, 7),
  isDeletion: fc.boolean(),
});

test('rows are those of a map, in the order of their keys, through thousands of changes', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 0, max: 4000 }), (steps, start) => {
      const [rows, expected] = [new SortedRows<number, string>(), new Map<number, string>()];
      for (const [round, { from, count, stride, isDeletion }] of steps.entries()) {
        for (let i = 0; i < count; i++) {
          const key = from + i * stride;
          if (isDeletion) rows.delete(key);
          else rows.set(key, `${round}`);
          if (isDeletion) expected.delete(key);
          else expected.set(key, `${round}`);
        }
      }
      const sorted = [...expected].sort(([a], [b]) => a - b);
      expect(rows.size).toBe(sorted.length);
      expect([...rows.from(undefined)]).toEqual(sorted);
      expect([...rows.from(start)]).toEqual(sorted.filter(([key]) => key >= start));
      for (const key of [0, start, 3000]) expect(rows.find(key)?.[1]).toBe(expected.get(key));
    }),
  );
});

test('going through thousands of rows that are taken out meanwhile passes by none', () => {
  const rows = new SortedRows<number, number>();
  for (let key = 0; key < 5000; key++) rows.set(key, key);
  const seen: number[] = [];
  for (const [key] of rows.from(undefined)) {
    seen.push(key);
    rows.delete(key);
  }
  expect(seen).toEqual(Array.from({ length: 5000 }, (_, key) => key));
  expect(rows.size).toBe(0);
});

test('going through rows while others come and go on both sides sees each one ahead once', () => {
  const rows = new SortedRows<number, number>();
  for (let key = 0; key < 2000; key += 2) rows.set(key, key);
  const seen: number[] = [];
  for (const [key] of rows.from(undefined)) {
    seen.push(key);
    if (key % 2 === 0) rows.set(key + 1, key);
    rows.delete(key - 3);
  }
  expect(seen).toEqual(Array.from({ length: 2000 }, (_, key) => key));
});

test('going through rows while others are put in behind sees none twice', () => {
  const rows = new SortedRows<number, number>();
  for (let key = 0; key < 2000; key += 4) rows.set(key, key);
  const seen: number[] = [];
  for (const [key] of rows.from(undefined)) {
    seen.push(key);
    rows.set(key - 1, key);
  }
  expect(seen).toEqual(Array.from({ length: 500 }, (_, i) => i * 4));
});
