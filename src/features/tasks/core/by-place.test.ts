import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByPlace } from './by-place.ts';

const near = fc.integer({ min: 1, max: 100 });
const place = fc.oneof(
  near,
  near,
  near,
  fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 + 40 }),
  fc.maxSafeNat(),
);
const step = fc.record({ n: place, isRemoval: fc.boolean() });

test('values are found by their places, also by very large ones, as in a plain map', () => {
  void fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
      const byPlace = new ByPlace<string>();
      const plain = new Map<number, string>();
      for (const [index, { n, isRemoval }] of steps.entries()) {
        if (isRemoval) {
          byPlace.delete(n);
          plain.delete(n);
        } else {
          byPlace.set(n, `${index}`);
          plain.set(n, `${index}`);
        }
        expect(byPlace.size).toBe(plain.size);
        expect(byPlace.get(n)).toBe(plain.get(n));
      }
      for (const { n } of steps) expect(byPlace.get(n)).toBe(plain.get(n));
      expect([...byPlace.values()].sort()).toEqual([...plain.values()].sort());
      byPlace.clear();
      expect([byPlace.size, [...byPlace.values()]]).toEqual([0, []]);
    }),
  );
});
