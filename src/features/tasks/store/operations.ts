/**
 * What each operation of tasks on a store means.
 *
 * The model and the part on SQLite are these rules on their rows. Invariant: an operation is done entirely or not at all, and
 * what it has changed it has noted in the log.
 */
import type { LogEvent, StoreLog } from '../../../kernel/log-event.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import { type Cancelled, isFinal } from '../core/tasks-types.ts';
import { claimAll, endAll, startedAll } from './attempts.ts';
import { changeOf, doomParts, finish } from './endings.ts';
import { note } from './events.ts';
import { remove, sawWorkers, sweep } from './keeping.ts';
import { give, take } from './moving.ts';
import { order, ready } from './ordering.ts';
import { durations, heads, list, ordered, owedLetters, results, status } from './reading.ts';
import { type Doing, headOf, isWhole, type TaskRow, type TaskRows } from './rows.ts';

type Verbs = TasksShape['store'];
type Input<V extends keyof Verbs> = Parameters<Verbs[V]>[0];

export type TaskOperations = {
  readonly [V in keyof Verbs]: (rows: TaskRows, log: StoreLog, input: Input<V>) => ReturnType<Verbs[V]>;
};

/** Operations that free room on a full disk. */
export const freeing = ['sweep', 'remove', 'give'] as const;

export const taskOperations: TaskOperations = {
  order: (rows, log, input) => noting(rows, log, input, (doing) => order(doing, input)),
  ready: (rows, log, input) => noting(rows, log, input, (doing) => ready(doing, input)),
  claim: (rows, log, input) => noting(rows, log, input, (doing) => claimAll(doing, input.items)),
  started: (rows, log, input) => noting(rows, log, input, (doing) => startedAll(doing, input.items)),
  end: (rows, log, input) => noting(rows, log, input, (doing) => endAll(doing, input)),
  cancel: (rows, log, input) => noting(rows, log, byPerson(input), (doing) => cancel(doing, input)),
  expire: (rows, log, input) => noting(rows, log, input, (doing) => expire(doing, input.items)),
  remove: (rows, log, input) =>
    noting(rows, log, byPerson(input), (doing) => remove(doing, input.id, input.trace)),
  heads: (rows, _log, page) => heads(rows, page),
  status: (rows, _log, id) => status(rows, id),
  ordered: (rows, _log, id) => ordered(rows, id),
  results: (rows, _log, id) => results(rows, id),
  list: (rows, _log, request) => list(rows, request),
  sweep: (rows, _log, input) => sweep(rows, input),
  owedLetters: (rows, _log, page) => owedLetters(rows, page),
  letterSent(rows, _log, id) {
    const row = rows.row(rows.placeOf(id));
    if (row?.letter === 'owed') rows.change(row, { letter: 'sent' });
  },
  sawWorkers: (rows, _log, workers) => sawWorkers(rows, workers),
  workers: (rows, _log, { after, limit }) => rows.workers(after, limit),
  durations: (rows, _log, input) => durations(rows, input),
  take: (rows, _log, { tasks }) => take(rows, tasks),
  give: (rows, log, input) => noting(rows, log, input, (doing) => give(doing, input)),
};

function noting<Answer>(
  rows: TaskRows,
  log: StoreLog,
  { now, via }: { readonly now: number; readonly via: string },
  operate: (doing: Doing) => Answer,
): Answer {
  const events: LogEvent[] = [];
  const answer = operate({ now, via, rows, events });
  if (events.length > 0) log.append(events);
  return answer;
}

function byPerson({ now, trace }: Pick<Input<'cancel'>, 'now' | 'trace'>) {
  return { now, via: trace.at(-1) ?? '' };
}

function cancel(doing: Doing, { id, reason, trace }: Input<'cancel'>): Cancelled {
  const { rows, now } = doing;
  const row = rows.row(rows.placeOf(id));
  if (row === undefined) return { type: 'unknown' };
  if (isFinal(row.state)) return { type: 'too-late', state: row.state };
  const texts = { author: trace[0] ?? '', trace };
  const isAtNobody = row.state === 'waiting' || row.state === 'queued';
  // Of one of several parts none was given to a worker yet.
  if (isAtNobody || (isWhole(row) && row.partsLeft === 0))
    return { type: 'cancelled', change: finish(doing, row, { state: 'cancelled', reason, texts }) };
  const isAsked = row.state === 'cancelling';
  if (!isAsked) note(doing, 'cancelling', id, { ...texts, worker: row.worker, note: reason });
  const next = isAsked ? row : rows.change(row, { state: 'cancelling', since: now, reason });
  if (!isWhole(row)) return { type: 'cancelling', head: headOf(next) };
  const affected = new Set<number>();
  doomParts(doing, next, 'is cancelled', affected);
  return { type: 'cancelled', change: changeOf(doing, row.n, affected) };
}

function expire(doing: Doing, items: Input<'expire'>['items']): ReturnType<Verbs['expire']> {
  return items.flatMap(({ n, state, reason }) => {
    const row = doing.rows.row(n);
    if (row === undefined || !mayExpire(row)) return [];
    return finish(doing, row, { state, reason, texts: {} });
  });
}

/** Nobody runs it. */
function mayExpire(row: TaskRow): boolean {
  const { state } = row;
  return state === 'waiting' || state === 'queued' || (state === 'running' && isWhole(row));
}
