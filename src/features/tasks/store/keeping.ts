/**
 * The rules by which a store forgets: tasks that ended long ago, and workers that nobody has seen for long.
 *
 * Used by `operations.ts`. Invariant: a part is forgotten with its whole and never before, and nothing that has not ended is.
 */
import { taskLimits } from '../core/limits.ts';
import { isFinal, type SeenWorker, type TaskId } from '../core/tasks-types.ts';
import { note } from './events.ts';
import type { Doing, TaskRow, TaskRows } from './rows.ts';

/** @param limit Tasks, parts included; the last one may go beyond it with its parts. @returns True: there are more. */
export function sweep(
  rows: TaskRows,
  { now, limit }: { readonly now: number; readonly limit: number },
): boolean {
  let left = limit;
  for (const n of rows.old(now, limit + 1)) {
    if (left <= 0) return true;
    left -= forget(rows, rows.row(n) as TaskRow);
  }
  return false;
}

/** @returns How many tasks that were. */
function forget(rows: TaskRows, row: TaskRow): number {
  const parts = rows.partsOf(row.n);
  for (const n of parts) rows.forget(rows.row(n) as TaskRow);
  rows.forget(row);
  return 1 + parts.length;
}

/** @param trace Who has asked for it, and the broker. @returns False: it has not ended, is a part, or is not known. */
export function remove(doing: Doing, id: TaskId, trace: readonly string[]): boolean {
  const row = doing.rows.row(doing.rows.placeOf(id));
  if (row === undefined || !isFinal(row.state) || row.parent > 0 || row.partsLeft > 0) return false;
  forget(doing.rows, row);
  note(doing, 'removed', id, { author: trace[0] ?? '', trace });
  return true;
}

export function sawWorkers(rows: TaskRows, workers: readonly SeenWorker[]): void {
  for (const worker of workers) rows.putWorker(worker);
  rows.dropWorkers(taskLimits.taskWorkersMax);
}
