/**
 * The rules of attempts: a task is claimed by a worker, begun, and ended.
 *
 * Used by `operations.ts`. Invariant: of one task only the last claim counts, and its fence is higher than that of any earlier
 * claim in this store.
 */
import {
  type Claim,
  type Claimed,
  type Ended,
  type Ending,
  isFinal,
  type TaskHead,
  type TaskState,
} from '../core/tasks-types.ts';
import { finish } from './endings.ts';
import { note } from './events.ts';
import { type Doing, headOf, isWhole, type TaskRow } from './rows.ts';

const atWorker: ReadonlySet<TaskState> = new Set(['assigned', 'running', 'cancelling']);

export function claimAll(doing: Doing, claims: readonly Claim[]): Claimed[] {
  const before = doing.rows.counters();
  let { fence } = before;
  const claimed = claims.map((claim) => {
    const row = doing.rows.row(claim.n);
    const isFree = row?.state === 'queued' && row.id === claim.id && !isWhole(row) && row.doom === '';
    return isFree ? claimOne(doing, row, claim, ++fence) : null;
  });
  if (fence > before.fence) doing.rows.setCounters({ ...before, fence });
  return claimed;
}

function claimOne(doing: Doing, row: TaskRow, claim: Claim, fence: number): Claimed {
  const { rows, now } = doing;
  const { worker, life: workerLife, attempts, isIdempotent, offers } = claim;
  const next = rows.change(row, {
    ...{ state: 'assigned', fence, worker, workerLife, attempt: row.attempt + 1 },
    ...{ since: now, startedAt: 0, reason: '' },
    ...(row.attempts > 0 ? {} : { attempts: Math.max(1, attempts), isIdempotent }),
  });
  for (const offer of offers) {
    note(doing, 'offered', row.id, { worker: offer.worker });
    if (offer.declined !== '')
      note(doing, 'declined', row.id, { author: offer.worker, note: offer.declined });
  }
  note(doing, 'assigned', row.id, { worker });
  const whole = beginWhole(doing, row.parent);
  return { head: headOf(next), input: rows.input(row.n) ?? nothing, whole };
}

/** It runs from the first claim of a part on. @returns It, where this is the first. */
function beginWhole(doing: Doing, n: number): TaskHead | null {
  const whole = n === 0 ? undefined : doing.rows.row(n);
  if (whole === undefined || (whole.state !== 'queued' && whole.state !== 'waiting')) return null;
  note(doing, 'started', whole.id, {});
  return headOf(doing.rows.change(whole, { state: 'running', startedAt: doing.now, since: doing.now }));
}

export function startedAll(
  doing: Doing,
  items: readonly { readonly n: number; readonly fence: number }[],
): (TaskHead | null)[] {
  return items.map(({ n, fence }) => {
    const row = current(doing, n, fence);
    if (row === undefined) return null;
    if (row.startedAt > 0) return headOf(row);
    const { now, rows } = doing;
    note(doing, 'started', row.id, { author: row.worker });
    const isAssigned = row.state === 'assigned';
    return headOf(
      rows.change(row, { startedAt: now, ...(isAssigned ? { state: 'running', since: now } : {}) }),
    );
  });
}

/** Its last claim is this one, and has not ended. Undefined: it is not so. */
function current({ rows }: Doing, n: number, fence: number): TaskRow | undefined {
  const row = rows.row(n);
  return row !== undefined && row.fence === fence && isAtWorker(row) ? row : undefined;
}

function isAtWorker(row: TaskRow): boolean {
  return atWorker.has(row.state) && !isWhole(row);
}

interface Ends {
  /** Who says so; empty: the broker. */
  readonly worker: string;
  readonly items: readonly Ending[];
  readonly staleNotes?: number;
}

export function endAll(doing: Doing, { worker, items, staleNotes = items.length }: Ends): Ended[] {
  let notesLeft = staleNotes;
  return items.map((ending) => {
    const row = current(doing, ending.n, ending.fence);
    if (row !== undefined && (worker === '' || worker === row.worker))
      return endOne(doing, row, worker, ending);
    if (isSaidAgain(doing, worker, ending)) return { type: 'known', n: ending.n };
    if (notesLeft-- > 0) noteStale(doing, worker, ending);
    return { type: 'stale', n: ending.n };
  });
}

function endOne(doing: Doing, claimed: TaskRow, author: string, ending: Ending): Ended {
  const { outcome, result, reason, isFinal: isLast } = ending;
  const row = begun(doing, claimed, ending);
  const texts = { author, worker: row.worker };
  const ended = (change: ReturnType<typeof finish>): Ended => ({ type: 'ended', change });
  if (outcome === 'done') return ended(finish(doing, row, { state: 'done', reason: '', texts, result }));
  if (row.state === 'cancelling')
    return ended(finish(doing, row, { state: 'cancelled', reason: row.reason || reason, texts }));
  if (outcome === 'stopped') return ended(finish(doing, row, { state: 'cancelled', reason, texts }));
  if (outcome === 'given-back') return ended({ head: giveBack(doing, row, author, ending), affected: [] });
  if (row.attempt < row.attempts && !isLast)
    return ended({ head: waitAgain(doing, row, author, ending), affected: [] });
  return ended(finish(doing, row, { state: outcome === 'died' ? 'lost' : 'failed', reason, texts }));
}

/** That it had begun is said with its end: the log has both. */
function begun(doing: Doing, row: TaskRow, { ranMs }: Ending): TaskRow {
  if (ranMs === undefined || row.startedAt > 0) return row;
  note(doing, 'started', row.id, { author: row.worker });
  return { ...row, startedAt: Math.max(row.since, doing.now - ranMs) };
}

const atNobody = { worker: '', workerLife: 0 } as const;

function giveBack(doing: Doing, row: TaskRow, author: string, { rank, reason }: Ending): TaskHead {
  const { rows, now } = doing;
  note(doing, 'returned', row.id, { author, worker: row.worker, note: reason });
  const attempt = row.attempt - 1;
  return headOf(rows.change(row, { state: 'queued', rank, attempt, since: now, reason, ...atNobody }));
}

function waitAgain(doing: Doing, row: TaskRow, author: string, { rank, reason, retryAt }: Ending): TaskHead {
  const { rows, now } = doing;
  note(doing, 'retried', row.id, { author, worker: row.worker, note: reason });
  const how =
    retryAt > 0 ? ({ state: 'waiting', notBefore: retryAt } as const) : ({ state: 'queued', rank } as const);
  return headOf(rows.change(row, { ...how, since: now, reason, ...atNobody }));
}

/** It is in the store, and its worker has not heard so: no news. */
function isSaidAgain(doing: Doing, worker: string, { n, fence, outcome }: Ending): boolean {
  const row = doing.rows.row(n);
  return row?.fence === fence && row.worker === worker && row.state === endsAs[outcome];
}

function noteStale(doing: Doing, worker: string, { n, fence, outcome }: Ending): void {
  const row = doing.rows.row(n);
  if (row === undefined) return;
  const why = whyStale(row, fence);
  note(doing, 'stale', row.id, { author: worker, note: `${outcome} with fence ${fence}: ${why}` });
}

function whyStale(row: TaskRow, fence: number): string {
  if (isFinal(row.state)) return `the task is ${row.state}`;
  if (row.fence !== fence) return `the last fence is ${row.fence}`;
  return row.worker === '' ? `the task is ${row.state} again` : `${row.worker} has it`;
}

const endsAs: Readonly<Record<Ending['outcome'], TaskState | ''>> = {
  done: 'done',
  failed: 'failed',
  stopped: 'cancelled',
  'given-back': '',
  died: '',
};

const nothing = { encoding: 0, body: new Uint8Array(0) };
