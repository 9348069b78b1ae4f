/**
 * What a store answers about its tasks.
 *
 * Used by `operations.ts`. Invariant: nothing here changes anything, and no answer looks at more rows than its limit allows.
 */
import { taskLimits } from '../core/limits.ts';
import type {
  Duration,
  Encoded,
  ListedStatus,
  NewTask,
  OwedLetter,
  OwedPlace,
  PartStatus,
  TaskFilter,
  TaskHead,
  TaskId,
  TaskPage,
  TaskPageRequest,
  TaskStatus,
} from '../core/tasks-types.ts';
import { headOf, isWhole, owedLetterOf, type TaskRow, type TaskRows } from './rows.ts';

export function heads(
  rows: TaskRows,
  { after, limit }: { readonly after: number; readonly limit: number },
): TaskHead[] {
  return rows.open(after, limit).map((n) => headOf(rows.row(n) as TaskRow));
}

export function status(rows: TaskRows, id: TaskId): TaskStatus | null {
  const row = rows.row(rows.placeOf(id));
  return row === undefined ? null : statusOf(rows, row);
}

function statusOf(rows: TaskRows, row: TaskRow): TaskStatus {
  return {
    ...listedOf(rows, row),
    needs: row.needs,
    after: rows.made(row.n).after,
    parts: isWhole(row) ? rows.partsOf(row.n).map((n) => partOf(rows.row(n) as TaskRow)) : [],
  };
}

function partOf({ id, service, state }: TaskRow): PartStatus {
  return { id, service, state };
}

function listedOf(rows: TaskRows, row: TaskRow): ListedStatus {
  return {
    id: row.id,
    n: row.n,
    from: row.author,
    service: row.service,
    state: row.state,
    priority: row.priority,
    orderedAt: row.orderedAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    notBefore: row.notBefore,
    deadline: row.deadline,
    attempt: row.attempt,
    attempts: row.attempts,
    fence: row.fence,
    worker: row.worker,
    reason: row.reason,
    parent: row.parent === 0 ? '' : (rows.row(row.parent) as TaskRow).id,
    retryOf: rows.made(row.n).retryOf,
    inputBytes: row.inputBytes,
    resultBytes: row.resultBytes,
  };
}

/** Empty: it is not known, or is done: then it is not ordered again, and its input is dropped. */
export function ordered(rows: TaskRows, id: TaskId): NewTask[] {
  const row = rows.row(rows.placeOf(id));
  if (row === undefined || row.state === 'done') return [];
  const places = [row.n, ...(isWhole(row) ? rows.partsOf(row.n) : [])];
  const all = places.map((n) => orderedOf(rows, rows.row(n) as TaskRow));
  // One whose input is gone was done in the store that it has come from.
  return all.every((task) => task !== undefined) ? all : [];
}

function orderedOf(rows: TaskRows, row: TaskRow): NewTask | undefined {
  const input = rows.input(row.n);
  if (input === null) return undefined;
  const { id } = row;
  const { service, needs, priority, timeoutMs, isIdempotent, rank, notBefore, deadline, part, letter } = row;
  const { attemptsOrdered: attempts, key, digest, after, retryOf } = rows.made(row.n);
  const parent = row.parent === 0 ? '' : (rows.row(row.parent) as TaskRow).id;
  return {
    ...{ id, service, input, needs, priority, timeoutMs, attempts, isIdempotent, key, digest, after },
    ...{ isLetter: letter !== 'none', parent, part, retryOf, rank, notBefore, deadline },
  };
}

export function results(rows: TaskRows, id: TaskId): Encoded[] | null {
  const row = rows.row(rows.placeOf(id));
  if (row?.state !== 'done') return null;
  const places = isWhole(row) ? rows.partsOf(row.n) : [row.n];
  return places.map((n) => rows.result(n) as Encoded);
}

export function list(rows: TaskRows, { filter, after, limit }: TaskPageRequest): TaskPage {
  const { tasksLookedAtMax } = taskLimits;
  const tasks: ListedStatus[] = [];
  let place = after;
  for (const [i, n] of rows.candidates(filter, after, tasksLookedAtMax + 1).entries()) {
    if (tasks.length === limit || i === tasksLookedAtMax) return { tasks, place, isMore: true };
    const row = rows.row(n) as TaskRow;
    if (isWanted(row, filter)) tasks.push(listedOf(rows, row));
    place = n;
  }
  return { tasks, place, isMore: false };
}

function isWanted(row: TaskRow, { states, service, author, worker, since, until }: TaskFilter): boolean {
  if (states !== undefined && !states.includes(row.state)) return false;
  if (service !== undefined && row.service !== service) return false;
  if (author !== undefined && row.author !== author) return false;
  if (worker !== undefined && row.worker !== worker) return false;
  return (since === undefined || row.orderedAt >= since) && (until === undefined || row.orderedAt < until);
}

export function owedLetters(
  rows: TaskRows,
  { after, limit }: { readonly after: OwedPlace; readonly limit: number },
): OwedLetter[] {
  return rows.owed(after, limit).map(owedLetterOf);
}

export function durations(
  rows: TaskRows,
  { service, limit }: { readonly service: string; readonly limit: number },
): Duration[] {
  return rows.done(service, limit).map(({ orderedAt, notBefore, startedAt, endedAt }) => ({
    // Of a clock that was set nothing is learned.
    waitedMs: Math.max(0, startedAt - Math.max(orderedAt, notBefore)),
    ranMs: Math.max(0, endedAt - startedAt),
  }));
}
