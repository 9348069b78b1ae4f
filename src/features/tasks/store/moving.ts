/**
 * The rules by which a task goes from one store to another, where two stores are merged.
 *
 * Used by `operations.ts`; `hand-over.ts` says which tasks move. Invariant: a task is in the store that takes it before the other
 * one forgets it, and one that is there already is not touched.
 */
import { isFinal, type MovedTask, type TakeOutcome, type TaskId } from '../core/tasks-types.ts';
import { note } from './events.ts';
import type { Doing, Made, TaskRow, TaskRows } from './rows.ts';

/** Those that a task waits for, and the whole that it is a part of, come before it. */
export function take(rows: TaskRows, tasks: readonly MovedTask[]): TakeOutcome[] {
  return tasks.map((task) => takeOne(rows, task));
}

function takeOne(rows: TaskRows, task: MovedTask): TakeOutcome {
  const { head, key, parent } = task;
  const known = rows.row(rows.placeOf(head.id));
  if (known !== undefined)
    return known.author === head.author ? { type: 'known' } : { type: 'other', id: head.id };
  // A part goes with its whole, whose key is that of both.
  const keyed = key === '' || parent !== '' ? undefined : rows.row(rows.placeOfKey(head.author, key));
  if (keyed !== undefined) return { type: 'other', id: keyed.id };
  const missing = [...(parent === '' ? [] : [parent]), ...task.blockedBy].find(
    (id) => rows.placeOf(id) === 0,
  );
  if (missing !== undefined) return { type: 'missing', id: missing };
  add(rows, task);
  return { type: 'taken' };
}

function add(rows: TaskRows, task: MovedTask): void {
  const { head, input, result, startedAt, endedAt, letter, resultBytes, keptUntil } = task;
  const { n: last, fence } = rows.counters();
  const n = last + 1;
  rows.setCounters({ n, fence: Math.max(fence, head.fence) });
  const before = task.blockedBy.map((id) => rows.row(rows.placeOf(id)) as TaskRow);
  const blocking = before.filter(({ state }) => !isFinal(state));
  const failed = before.find(({ state }) => isFinal(state) && state !== 'done');
  const doom = failed === undefined ? '' : `task ${failed.id}, which it waits for, ended as ${failed.state}`;
  const row: TaskRow = {
    ...head,
    ...{ n, parent: task.parent === '' ? 0 : rows.placeOf(task.parent), blockers: blocking.length },
    doom: head.doom || doom,
    ...{ startedAt, endedAt, letter, resultBytes, keptUntil },
  };
  const { digest, after, retryOf, attemptsOrdered } = task;
  const key = task.key !== '' && rows.placeOfKey(head.author, task.key) === 0 ? task.key : '';
  const made: Made = { key, digest, after, retryOf, attemptsOrdered };
  rows.add(row, made, input);
  if (result !== null) rows.keepResult(n, result);
  for (const each of blocking) rows.addWait(each.n, n);
}

/** They are in the other store. */
export function give(
  doing: Doing,
  { ids, into }: { readonly ids: readonly TaskId[]; readonly into: string },
): void {
  for (const id of ids) {
    const row = doing.rows.row(doing.rows.placeOf(id));
    if (row === undefined) continue;
    // One that stays behind would wait for ever.
    for (const n of doing.rows.takeWaiters(row.n)) {
      const waiter = doing.rows.row(n);
      if (waiter === undefined || isFinal(waiter.state) || waiter.doom !== '') continue;
      doing.rows.change(waiter, { doom: `task ${id}, which it waits for, has moved to store ${into}` });
    }
    doing.rows.forget(row);
    note(doing, 'removed', id, { note: `moved to store ${into}` });
  }
}
