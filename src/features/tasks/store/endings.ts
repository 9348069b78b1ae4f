/**
 * The rules by which tasks end, and what that means for those that wait for them or belong to them.
 *
 * Used by `attempts.ts` and `operations.ts`. What follows for others is noted with them (`blockers`, `doom`, `partsLeft`) and
 * answered; that they are queued, expired or cancelled for it is asked for by operations of their own, so that none changes more
 * than what is one step away. Invariant: a final state never changes; a whole has ended before it is forgotten, and all its
 * parts.
 */
import { taskLimits } from '../core/limits.ts';
import { type Change, type Encoded, isFinal, type TaskState } from '../core/tasks-types.ts';
import { type EventTexts, note } from './events.ts';
import { type Doing, headOf, isWhole, owedLetterOf, type TaskRow, type TaskRows } from './rows.ts';

type FinalState = Extract<TaskState, 'done' | 'failed' | 'cancelled' | 'expired' | 'lost'>;

/** How and by whom a task has ended. */
export interface End {
  readonly state: FinalState;
  readonly reason: string;
  /** Of what is noted in the log. */
  readonly texts: Omit<EventTexts, 'note'>;
  /** Of one that is done and has no parts. */
  readonly result?: Encoded;
  /** Of a task of several parts that is done: those of all its results. */
  readonly resultBytes?: number;
}

/** @returns The row as it is now, with those that are affected. */
export function finish(doing: Doing, row: TaskRow, end: End): Change {
  const affected = new Set<number>();
  finishRow(doing, row, end, affected);
  return changeOf(doing, row.n, affected);
}

export function changeOf({ rows }: Doing, n: number, affected: Iterable<number>): Change {
  const row = rows.row(n) as TaskRow;
  const others = [...affected].map((each) => rows.row(each) as TaskRow);
  const owed = [row, ...others].filter(({ letter }) => letter === 'owed').map(owedLetterOf);
  return { head: headOf(row), affected: others.map(headOf), ...(owed.length === 0 ? {} : { owed }) };
}

function finishRow(
  doing: Doing,
  row: TaskRow,
  { state, reason, texts, result, resultBytes = result?.body.length ?? 0 }: End,
  affected: Set<number>,
): void {
  const { rows, now } = doing;
  const isDone = state === 'done';
  const hasStarted = isDone && row.startedAt === 0 && !isWhole(row);
  rows.change(row, {
    state,
    reason,
    since: now,
    endedAt: now,
    keptUntil:
      row.parent > 0 || row.partsLeft > 0 ? 0 : keptUntil(row, state, now, rows.made(row.n).key !== ''),
    // That it had begun was not said: it had when it was claimed, or after.
    startedAt: hasStarted ? row.since : row.startedAt,
    ...(row.letter === 'wanted' ? { letter: 'owed' } : {}),
    ...(resultBytes > 0 ? { resultBytes } : {}),
  });
  if (result !== undefined) rows.keepResult(row.n, result);
  // It is not ordered again; a part may be, with its whole.
  if (isDone && row.parent === 0) dropInputs(rows, row);
  note(doing, state, row.id, { ...texts, note: reason });
  release(doing, row, state, affected);
  if (isWhole(row) && !isDone) doomParts(doing, row, `ended as ${state}`, affected);
  if (row.parent > 0) endPart(doing, row, state, reason, affected);
}

function dropInputs(rows: TaskRows, row: TaskRow): void {
  rows.dropInput(row.n);
  if (isWhole(row)) for (const n of rows.partsOf(row.n)) rows.dropInput(n);
}

/** Those that wait for it can go on, or cannot be done any more. */
function release({ rows }: Doing, { n, id }: TaskRow, state: FinalState, affected: Set<number>): void {
  for (const place of rows.takeWaiters(n)) {
    const waiter = rows.row(place);
    if (waiter === undefined || isFinal(waiter.state)) continue;
    if (state !== 'done') {
      if (waiter.doom === '')
        rows.change(waiter, { doom: `task ${id}, which it waits for, ended as ${state}` });
      affected.add(place);
      continue;
    }
    const { blockers } = rows.change(waiter, { blockers: waiter.blockers - 1 });
    if (blockers === 0 && waiter.state === 'waiting') affected.add(place);
  }
}

/** @param what That has become of the whole. */
export function doomParts({ rows }: Doing, { n, id }: TaskRow, what: string, affected: Set<number>): void {
  for (const place of rows.partsOf(n)) {
    const part = rows.row(place) as TaskRow;
    if (isFinal(part.state)) continue;
    if (part.doom === '') rows.change(part, { doom: `task ${id}, of which it is a part, ${what}` });
    affected.add(place);
  }
}

function endPart(
  doing: Doing,
  part: TaskRow,
  state: FinalState,
  reason: string,
  affected: Set<number>,
): void {
  const { rows, now } = doing;
  const before = rows.row(part.parent) as TaskRow;
  const whole = rows.change(before, { partsLeft: before.partsLeft - 1 });
  affected.add(whole.n);
  if (isFinal(whole.state)) {
    // It had ended before its parts: what is kept for its sake begins to be old now.
    if (whole.partsLeft === 0) {
      const hasKey = rows.made(whole.n).key !== '';
      rows.change(whole, { keptUntil: keptUntil(whole, whole.state as FinalState, now, hasKey) });
    }
    return;
  }
  const end = endOfWhole(doing, whole, part, state, reason);
  if (end === undefined) return;
  finishRow(doing, whole, end, affected);
}

/** Undefined: it has not ended. */
function endOfWhole(
  { rows }: Doing,
  whole: TaskRow,
  part: TaskRow,
  state: FinalState,
  reason: string,
): End | undefined {
  const texts = {};
  if (whole.state === 'cancelling') {
    if (whole.partsLeft > 0) return undefined;
    const isDone = rows.partsOf(whole.n).every((n) => rows.row(n)?.state === 'done');
    return isDone ? allDone(rows, whole) : { state: 'cancelled', reason: whole.reason, texts };
  }
  if (state === 'done') return whole.partsLeft > 0 ? undefined : allDone(rows, whole);
  const why = reason === '' ? '' : `: ${reason}`;
  return { state: 'failed', reason: `part ${part.part}, task ${part.id}, ended as ${state}${why}`, texts };
}

/** Its results are those of its parts, which go to its followers in one message. */
function allDone(rows: TaskRows, whole: TaskRow): End {
  const { taskPartResultsBytes } = taskLimits;
  const bytes = rows.partsOf(whole.n).reduce((sum, n) => sum + (rows.row(n) as TaskRow).resultBytes, 0);
  if (bytes <= taskPartResultsBytes) return { state: 'done', reason: '', texts: {}, resultBytes: bytes };
  const reason = `the results of its parts have ${bytes} bytes together, and ${taskPartResultsBytes} at most go into one: ask each part for its own`;
  return { state: 'failed', reason, texts: {} };
}

function keptUntil({ orderedAt }: TaskRow, state: FinalState, now: number, hasKey: boolean): number {
  const { taskDoneKeptMs, taskFailedKeptMs, taskKeyMs } = taskLimits;
  const until = now + (state === 'done' ? taskDoneKeptMs : taskFailedKeptMs);
  return hasKey ? Math.max(until, orderedAt + taskKeyMs) : until;
}
