import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Numbered } from './numbered.ts';

test('answers as a map does, whatever comes and goes', () => {
  const step = fc.record({
    do: fc.constantFrom('next', 'next', 'next', 'far', 'again', 'delete', 'delete'),
    which: fc.nat(400),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 1500 }),
      fc.constantFrom(0, 2 ** 31 - 300, 2 ** 45),
      (steps, from) => {
        const numbered = new Numbered<string>();
        const map = new Map<number, string>();
        let last = from;
        for (const { do: what, which } of steps) {
          if (what === 'next') last++;
          if (what === 'far') last += which;
          const known = [...map.keys()][which % Math.max(1, map.size)];
          const number = what === 'next' || what === 'far' ? last : (known ?? last);
          if (what === 'delete') expect(numbered.delete(number)).toBe(map.delete(number));
          else {
            const item = `${number} ${which}`;
            numbered.set(number, item);
            map.set(number, item);
          }
          expect([numbered.size, numbered.get(number), numbered.has(last)]).toEqual([
            map.size,
            map.get(number),
            map.has(last),
          ]);
        }
        expect([...numbered.values()].sort()).toEqual([...map.values()].sort());
        for (const [number, item] of map) expect(numbered.get(number)).toBe(item);
      },
    ),
  );
});

test('one that stays is found while a hundred thousand others come and go, and many at once are kept', () => {
  const numbered = new Numbered<number>();
  numbered.set(0, -1);
  for (let number = 1; number <= 100_000; number++) {
    numbered.set(number, number);
    if (number > 100) numbered.delete(number - 100);
  }
  expect([numbered.get(0), numbered.size]).toEqual([-1, 101]);
  for (let number = 100_001; number <= 300_000; number++) numbered.set(number, number);
  expect(numbered.size).toBe(200_101);
  for (let number = 100_001; number <= 300_000; number++) expect(numbered.get(number)).toBe(number);
});
