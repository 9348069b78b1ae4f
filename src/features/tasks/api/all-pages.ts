/** Lists that the broker answers in pages, by name, and the rank of workers. Used by the facade. */
import type { WorkerView } from '../api.ts';

interface Page<Item> {
  readonly items: readonly Item[];
  readonly isMore: boolean;
}

/** All items, in the order of names. @param ask For the page behind this name. */
export async function allPages<Item>(
  nameOf: (item: Item) => string,
  ask: (after: string) => Promise<Page<Item>>,
): Promise<Item[]> {
  const found: Item[] = [];
  for (let after = ''; ; ) {
    const { items, isMore } = await ask(after);
    found.push(...items);
    const last = items.at(-1);
    // A page that does not get on would be asked for without end.
    if (!isMore || last === undefined || nameOf(last) <= after) return found;
    after = nameOf(last);
  }
}

/** As tasks are matched: those that would take such a task, then by free cores, free memory, fewest tasks, name. */
export function ranked(workers: readonly WorkerView[]): WorkerView[] {
  return workers.toSorted(
    (a, b) =>
      Number(a.whyNot !== '') - Number(b.whyNot !== '') ||
      b.freeCores - a.freeCores ||
      b.freeMemory - a.freeMemory ||
      a.tasks - b.tasks ||
      (a.name < b.name ? -1 : 1),
  );
}
