import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ListedTask, ShapeTasks } from './shape-tasks.ts';

interface Task extends ListedTask {
  readonly place: { readonly n: number; rank: number };
}

const step = fc.record({
  do: fc.constantFrom('add', 'add', 'add', 'delete', 'first', 'back'),
  which: fc.nat(1000),
  rank: fc.constantFrom('first', 'last', 'last', 'equal', 'middle'),
  orderedAt: fc.nat(20),
});

function inOrder(a: Task, b: Task): number {
  return a.place.rank - b.place.rank || a.n - b.n;
}

test('the first task, the oldest one and the number of them are those of a plain list, through thousands of changes', () => {
  void fc.assert(
    fc.property(fc.array(step, { minLength: 300, maxLength: 900 }), (steps) => {
      const list = new ShapeTasks();
      const within: Task[] = [];
      const without: Task[] = [];
      const put = (task: Task | undefined): void => {
        if (task === undefined) return;
        within.push(task);
        within.sort(inOrder);
        list.add(task);
      };
      const take = (index: number): void => {
        const [task] = within.splice(index, 1);
        if (task === undefined) {
          expect(list.first).toBeUndefined();
          return;
        }
        expect(list.delete(task)).toBe(true);
        expect(list.delete(task)).toBe(false);
        without.push(task);
      };
      for (const [n, { do: what, which, rank: where, orderedAt }] of steps.entries()) {
        const ranks = within.map(({ place }) => place.rank);
        const middle = ranks[which % (ranks.length || 1)] ?? 0;
        const rank = {
          first: (ranks[0] ?? 0) - 1,
          last: (ranks.at(-1) ?? 0) + 1,
          equal: middle,
          middle: middle + 0.5,
        };
        if (what === 'add')
          put({
            n,
            id: `${n}`,
            orderedAt,
            place: { n, rank: rank[where as keyof typeof rank] },
            chunk: undefined,
          });
        else if (what === 'back') put(without.splice(which % (without.length || 1), 1)[0]);
        else take(what === 'first' ? 0 : which % (within.length || 1));
        expect(list.first).toBe(within[0]);
        expect(list.size).toBe(within.length);
        if (which % 5 === 0) expect(list.oldest).toBe(Math.min(...within.map((task) => task.orderedAt)));
      }
    }),
    { numRuns: 20 },
  );
});

test('tasks stay in order as all their ranks are changed', () => {
  const list = new ShapeTasks();
  const tasks = Array.from({ length: 300 }, (_, n): Task => {
    return { n, id: `${n}`, orderedAt: n, place: { n, rank: n }, chunk: undefined };
  });
  for (const task of tasks) list.add(task);
  for (const { place } of tasks) place.rank = 10 * place.rank - 5000;
  const between: Task = { n: 300, id: '', orderedAt: 0, place: { n: 300, rank: -3995 }, chunk: undefined };
  list.add(between);
  const order: number[] = [];
  for (let task = list.first; task !== undefined; task = list.first) {
    order.push(task.n);
    list.delete(task);
  }
  expect(order.slice(0, 103)).toEqual([...Array(101).keys(), 300, 101]);
  expect(order).toHaveLength(301);
});
