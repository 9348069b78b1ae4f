import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Requirements } from '../requirements.ts';
import { Shape, ShapeTable, shapeKey } from './shapes.ts';

const nothing: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const size = fc.record({ cores: fc.nat({ max: 9 }), memory: fc.nat({ max: 15 }) });
const step = fc.record({ needs: size, rank: fc.nat({ max: 10_000 }), isRemoval: fc.boolean(), room: size });

/** Each task has a rank of its own: of equal ones either is the lowest. */
test('the lowest shape that has room is that of a plain search, through thousands of changes', () => {
  void fc.assert(
    fc.property(fc.array(step, { minLength: 400, maxLength: 600 }), (steps) => {
      const table = new ShapeTable(nothing);
      const shapes = new Map<string, Shape>();
      const looks = { left: 0 };
      for (const [index, { needs, rank, isRemoval, room }] of steps.entries()) {
        const all = { ...nothing, ...needs };
        const key = shapeKey('render', all);
        const shape = shapes.get(key) ?? new Shape(key, 'render', all);
        if (isRemoval) {
          const first = shape.tasks.first;
          if (first !== undefined) shape.tasks.delete(first);
        } else
          shape.tasks.add({
            ...{ n: index, id: `${index}`, orderedAt: index, chunk: undefined },
            place: { n: index, rank: 1000 * (rank - 20 * index) + index },
          });
        if (shape.tasks.size > 0) {
          table.put(shape);
          shapes.set(key, shape);
        } else {
          table.delete(shape);
          shapes.delete(key);
        }
        const fitting = [...shapes.values()].filter(
          (one) => one.needs.cores <= room.cores && one.needs.memory <= room.memory,
        );
        const first = (one: Shape) => one.tasks.first?.place.rank as number;
        const expected = fitting.sort((a, b) => first(a) - first(b));
        const lowest = (suits: (one: Shape) => boolean, below: number) =>
          table.lowest({ suits }, 'at-once', room, below, looks)?.key;
        expect(lowest(() => true, Number.POSITIVE_INFINITY)).toBe(expected[0]?.key);
        const odd = (one: Shape) => (one.needs.cores + one.needs.memory) % 2 === 1;
        expect(lowest(odd, 0)).toBe(expected.find((one) => odd(one) && first(one) < 0)?.key);
        expect(table.isEmpty).toBe(shapes.size === 0);
      }
    }),
    { numRuns: 30 },
  );
});
