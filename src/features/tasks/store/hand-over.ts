/**
 * Tasks of another store, for the one that takes them: those that have ended, and those that wait or are queued.
 *
 * Called for `skein store merge`. What a worker has in hand stays where it is, since that worker may still hand in a result
 * under its place there; and so does all that is tied to it, by `after` or as parts of one task. Invariant: all that moves is in
 * the store that takes it before the other one forgets any of it, so that a merge which was interrupted is done again.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { HandedOver, Handover, MergeTerms } from '../../../stores/sqlite/part.ts';
import { taskLimits } from '../core/limits.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import { isFinal, type MovedTask, type TakeOutcome, type TaskId } from '../core/tasks-types.ts';
import { headOf, isWhole, type TaskRow, type TaskRows } from './rows.ts';
import { SqliteRows } from './sqlite-rows.ts';

type TakeInput = Parameters<TasksShape['store']['take']>[0];
type GiveInput = Parameters<TasksShape['store']['give']>[0];

/** Of inputs and results in one step. */
const stepBytesMax = 4 * taskLimits.taskInputBytes;

export function* tasksHandedOver(from: SqliteDatabase, terms: MergeTerms): Iterable<Handover> {
  const rows = new SqliteRows(from);
  const held = heldBack(rows);
  const moved: TaskId[] = [];
  for (const step of steps(rows, held, terms)) yield taking(step, moved);
  yield { put: { verb: 'take', input: { tasks: [] } as never }, taken: () => staying(rows, held) };
  // The last first: what waits for others, or is a part, is never left without them.
  moved.reverse();
  const { tasksPerReadMax: count } = taskLimits;
  for (let i = 0; i < moved.length; i += count) yield giving(moved.slice(i, i + count), terms);
}

// ── what stays ──────────────────────────────────────────────────────────────────────────────────────────

/** Places of tasks that workers have in hand, and of all that is tied to them, each with the one that it is for. */
function heldBack(rows: SqliteRows): ReadonlyMap<number, number> {
  const states = ['assigned', 'running', 'cancelling'] as const;
  const inHand = rows
    .candidates({ states }, 0, Number.MAX_SAFE_INTEGER)
    .filter((n) => !isWhole(rowAt(rows, n)));
  const held = new Map<number, number>(inHand.map((n) => [n, n]));
  // What is added meanwhile is come to as well.
  for (const [n, cause] of held)
    for (const each of tiedTo(rows, n)) if (!held.has(each)) held.set(each, cause);
  return held;
}

function tiedTo(rows: SqliteRows, n: number): number[] {
  const row = rowAt(rows, n);
  const whole = isWhole(row) ? n : row.parent;
  const group = whole === 0 ? [] : [whole, ...rows.partsOf(whole)];
  if (isFinal(row.state)) return group;
  const before = rows.made(n).after.map((id) => rows.placeOf(id));
  const waiting = [...before, ...rows.waiters(n)].filter((each) => {
    const state = rows.row(each)?.state;
    return state !== undefined && !isFinal(state);
  });
  return [...group, ...waiting];
}

function staying(rows: TaskRows, held: ReadonlyMap<number, number>): HandedOver {
  const left = [...held].map(([n, cause]) => {
    const { id, author, state, worker } = rowAt(rows, n);
    const why =
      n === cause
        ? `it is ${state}, and worker ${worker} may still hand in its result there`
        : `it is tied to task ${rowAt(rows, cause).id}, which a worker has in hand`;
    return `task ${id} of ${author}: ${why}`;
  });
  return { operations: [], moved: 0, left };
}

// ── what moves ──────────────────────────────────────────────────────────────────────────────────────────

function* steps(
  rows: TaskRows,
  held: ReadonlyMap<number, number>,
  terms: MergeTerms,
): Iterable<readonly MovedTask[]> {
  let step: MovedTask[] = [];
  let bytes = 0;
  for (const row of allRows(rows)) {
    if (held.has(row.n)) continue;
    const size = row.inputBytes + row.resultBytes;
    if (step.length === taskLimits.tasksPerReadMax || (step.length > 0 && bytes + size > stepBytesMax)) {
      yield step;
      step = [];
      bytes = 0;
    }
    step.push(movedTask(rows, row, terms));
    bytes += size;
  }
  if (step.length > 0) yield step;
}

function* allRows(rows: TaskRows): Iterable<TaskRow> {
  for (let after = 0; ; ) {
    const page = rows.candidates({}, after, taskLimits.tasksPerReadMax);
    for (const n of page) yield rowAt(rows, n);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

function movedTask(rows: TaskRows, row: TaskRow, { aheadMs, fromAheadMs }: MergeTerms): MovedTask {
  const { key, digest, after, retryOf, attemptsOrdered } = rows.made(row.n);
  const { startedAt, endedAt, letter, resultBytes, keptUntil } = row;
  // As long to wait as there, by the time of the store that takes it.
  const shifted = (time: number): number => (time === 0 ? 0 : time - fromAheadMs + aheadMs);
  const head = { ...headOf(row), notBefore: shifted(row.notBefore), deadline: shifted(row.deadline) };
  const isOpen = !isFinal(row.state);
  const blockedBy = after.filter((id) => {
    const state = rows.row(rows.placeOf(id))?.state;
    return isOpen && state !== undefined && !isFinal(state);
  });
  return {
    ...{ head, startedAt, endedAt, letter, resultBytes, keptUntil },
    ...{ key, digest, after, retryOf, attemptsOrdered, blockedBy },
    parent: row.parent === 0 ? '' : rowAt(rows, row.parent).id,
    input: rows.input(row.n),
    result: rows.result(row.n),
  };
}

/** @param moved Ids of those that the other store has, in order. */
function taking(step: readonly MovedTask[], moved: TaskId[]): Handover {
  const input: TakeInput = { tasks: step };
  return {
    put: { verb: 'take', input: input as never },
    taken(answer): HandedOver {
      const outcomes = answer as readonly TakeOutcome[];
      const left: string[] = [];
      let count = 0;
      for (const [i, { head }] of step.entries()) {
        const outcome = outcomes[i] as TakeOutcome;
        if (outcome.type === 'taken') count += 1;
        if ('id' in outcome) left.push(whyLeft(head, outcome));
        else moved.push(head.id);
      }
      return { operations: [], moved: count, left };
    },
  };
}

function giving(ids: readonly TaskId[], { into, now }: MergeTerms): Handover {
  const input: GiveInput = { now, via: '', ids, into };
  return {
    put: { verb: 'take', input: { tasks: [] } as never },
    taken: () => ({ operations: [{ verb: 'give', input: input as never }], moved: 0, left: [] }),
  };
}

function whyLeft(
  { id, author }: MovedTask['head'],
  outcome: Extract<TakeOutcome, { readonly type: 'other' | 'missing' }>,
): string {
  const why =
    outcome.type === 'other'
      ? `its id or idempotency key was used for another one there, ${outcome.id}`
      : `task ${outcome.id}, which it waits for or is a part of, is not there`;
  return `task ${id} of ${author}: ${why}`;
}

function rowAt(rows: TaskRows, n: number): TaskRow {
  return rows.row(n) as TaskRow;
}
