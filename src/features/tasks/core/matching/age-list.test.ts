import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AgeEntry, AgeList } from './age-list.ts';

interface Task {
  readonly n: number;
  readonly orderedAt: number;
  ageEntry: AgeEntry | undefined;
}

const step = fc.record({
  do: fc.constantFrom('add', 'add', 'delete', 'back', 'look'),
  which: fc.nat(200),
  orderedAt: fc.nat(20),
});

test('the oldest of those that are in is found, whatever came, went and came back', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const list = new AgeList();
      const within: Task[] = [];
      const without: Task[] = [];
      let last = 0;
      const put = (task: Task | undefined): void => {
        if (task === undefined) return;
        within.push(task);
        list.add(task);
      };
      for (const { do: what, which, orderedAt } of steps) {
        if (what === 'add') put({ n: ++last, orderedAt, ageEntry: undefined });
        else if (what === 'back') put(without.splice(which % (without.length || 1), 1)[0]);
        else if (what === 'delete') {
          const [task] = within.splice(which % (within.length || 1), 1);
          if (task === undefined) continue;
          list.delete(task);
          list.delete(task);
          without.push(task);
        } else {
          const oldest = [...within].sort((a, b) => a.orderedAt - b.orderedAt || a.n - b.n)[0];
          expect(list.oldest).toBe(oldest);
        }
        expect(list.size).toBe(within.length);
      }
    }),
  );
});

test('what was taken out takes no place for long', () => {
  const list = new AgeList();
  const tasks = Array.from({ length: 1000 }, (_, n): Task => ({ n, orderedAt: n, ageEntry: undefined }));
  for (const task of tasks) list.add(task);
  for (const task of tasks.slice(0, 999)) list.delete(task);
  expect(list.places).toBeLessThan(100);
  expect(list.oldest).toBe(tasks[999]);
});
