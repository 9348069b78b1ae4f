/**
 * Whether a fleet whose members were killed, stopped and cut off has kept what tasks promise, by what its members have
 * written down and by its store.
 *
 * Called by the run. Invariant: no counter of the product is asked.
 */
import type { Diaries } from '../diary.ts';
import type { Blow } from '../fleet.ts';
import { planOf } from './settings.ts';
import type { StoreContent, StoredTask } from './store.ts';
import { type Execution, read, type Written } from './written.ts';

export interface Findings {
  readonly stored: number;
  readonly begun: number;
  /** How many have ended in each state. */
  readonly states: ReadonlyMap<string, number>;
  /** A second attempt began while the first was at work: where to run it twice does no harm, and after its lease. */
  readonly overlaps: { readonly idempotent: number; readonly afterLease: number };
  readonly neverStarted: number;
  readonly stale: number;
  /** Orders that have failed, by code. */
  readonly failed: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

const never = Number.POSITIVE_INFINITY;
/** What may be reported to an author whose broker or node dies: that it is unknown, or that nothing was stored. */
const expected = new Set([
  ...['SKEIN_TIMEOUT', 'SKEIN_LOST', 'SKEIN_BUSY', 'SKEIN_STORE_CLAIMED', 'SKEIN_STORE', 'SKEIN_ABORTED'],
  // Of one that is attached to a node that ends.
  ...['SKEIN_NOT_RUNNING', 'SKEIN_CLOSED', 'TimeoutError'],
]);
const leaseMs = 10_000;
/** An end that is not in the store by then is on the disk of its worker, whose next incarnation hands it in. */
const keptAfterMs = 1000;
/** A lease of 10 s counts from the last word of its worker, which is up to 3 s before it stopped. */
const leaseOverMs = 6000;
/** A loaded machine runs a timer late. */
const latenessMs = 1500;
/** What was called as its process was stopped goes on as soon as that does. */
const resumedMs = 300;
/** A worker that is there again by then hands in what is on its disk before its lease is over. */
const backMs = 3000;

export function judge(diaries: Diaries, store: StoreContent, blows: readonly Blow[]): Findings {
  const written = read(diaries);
  const { stored, executions, problems } = written;
  const tasks = new Map(store.tasks.map((task) => [task.id, task]));
  const overlaps = { idempotent: 0, afterLease: 0 };
  for (const text of store.integrity) if (text !== 'ok') problems.push(`integrity_check: ${text}`);
  for (const code of written.failed.keys())
    if (!expected.has(code)) problems.push(`an order has failed with ${code}`);
  if (!written.isListed) problems.push('the tasks could not be listed at the end');
  for (const [key, id] of stored) {
    const task = tasks.get(id);
    if (task === undefined) problems.push(`task ${key} was stored, and is not there`);
    else problems.push(...ofTask(key, task, written, store, blows));
  }
  for (const task of store.tasks)
    if (!isFinal(task.state)) problems.push(`task ${task.id} is ${task.state} at the end`);
  for (const [key, own] of executions) problems.push(...ofExecutions(key, own, blows, overlaps));
  for (const [key, outcome] of written.cancelled)
    if (outcome === 'never-started' && executions.has(key))
      problems.push(`task ${key} was begun, and its cancel was answered with never-started`);
  const states = new Map<string, number>();
  for (const { state } of store.tasks) states.set(state, (states.get(state) ?? 0) + 1);
  return {
    stored: stored.size,
    begun: [...executions.values()].reduce((sum, { length }) => sum + length, 0),
    ...{ states, overlaps, stale: store.stale, failed: written.failed, problems },
    neverStarted: [...written.cancelled.values()].filter((outcome) => outcome === 'never-started').length,
  };
}

function ofTask(
  key: string,
  task: StoredTask,
  { started, executions, results, listed, isListed }: Written,
  { ends }: StoreContent,
  blows: readonly Blow[],
): string[] {
  const { id, state, attempt, attempts, fence, resultFence, reason } = task;
  const problems: string[] = [];
  const own = executions.get(key) ?? [];
  const ended = ends.get(id);
  if (ended !== undefined && isFinal(state) && (ended.length !== 1 || ended[0] !== state))
    problems.push(
      `task ${key} is ${state}, and the log has it end ${ended.length} times: ${ended.join(', ')}`,
    );
  if (isListed && listed.get(id) !== state)
    problems.push(`task ${key} is ${state}, and was listed as ${listed.get(id) ?? 'nothing'}`);
  if (state === 'done') {
    if (resultFence !== fence)
      problems.push(`task ${key} has the result of claim ${resultFence}, and its last claim is ${fence}`);
    if (!own.some((each) => each.fence === resultFence && each.isDone))
      problems.push(`task ${key} is done, and no handler of claim ${resultFence} has resolved`);
  }
  const heard = results.get(key);
  if (heard !== undefined && (state !== 'done' || heard !== resultFence))
    problems.push(`task ${key} is ${state}, and its author has heard the result of claim ${heard}`);
  if (state !== 'lost') return problems;
  const last = own.find((each) => each.fence === fence);
  if (attempt < attempts)
    problems.push(
      `task ${key} is lost after attempt ${attempt} of ${attempts}, and was not begun again: ${reason}`,
    );
  if (last === undefined && isOfNoEndedRun(reason, blows))
    problems.push(`task ${key} is lost, was not begun, and that run has not ended: ${reason}`);
  if (last !== undefined && !isExcused(last, reason, blows, started.get(last.worker) ?? []))
    problems.push(
      `task ${key} is lost, and its worker ${last.worker} has lived and held its lease: ${reason}`,
    );
  return problems;
}

/**
 * Of a task that was not begun under its last claim: nothing says when it was claimed, and what was done to its worker at
 * other times proves nothing. But a run that was never killed has not ended. Where it is the lease, nobody may know: a worker
 * without work writes nothing down as its lease ends.
 */
function isOfNoEndedRun(reason: string, blows: readonly Blow[]): boolean {
  const [, worker] = /^this run of (\S+) has ended/.exec(reason) ?? [];
  return worker !== undefined && !blows.some(({ name, how }) => name === worker && how === 'killed');
}

/**
 * By what is said of the lost in GUARANTEES.md. A worker has died where its run has ended, and where its lease is over: it
 * was stopped for longer, or could not reach a broker. The result of a run that has ended may not be on the disk of its
 * worker yet, or that is not back in time. Nothing else excuses: neither a cut, nor that the handler was asked to stop.
 */
function isExcused(
  execution: Execution,
  reason: string,
  blows: readonly Blow[],
  started: readonly number[],
): boolean {
  const own = blows.filter(({ name }) => name === execution.worker);
  const isOfLease = reason.includes('its lease for') || reason.includes('was not heard of');
  if (!isOfLease && !reason.startsWith('this run of')) return false;
  if (own.some((blow) => blow.how === 'killed' && hasLost(blow, execution, isOfLease, started))) return true;
  return isOfLease && (execution.leaseOverAt < never || own.some((blow) => hasOutlasted(blow, execution)));
}

/** It ended the run in which that was at work, or whose end was not stored yet. */
function hasLost(
  { from, until }: Blow,
  { at, endedAt }: Execution,
  isOfLease: boolean,
  started: readonly number[],
): boolean {
  // A run that has begun nothing yet has lost nothing.
  if (until < at) return false;
  if (from <= endedAt + keptAfterMs + latenessMs) return true;
  const isBack = started.some((startedAt) => startedAt >= from && startedAt <= from + backMs);
  return isOfLease && !isBack && from <= endedAt + leaseMs + latenessMs;
}

/** It took longer than the lease, and the end was not stored before. */
function hasOutlasted({ how, from, until }: Blow, { at, endedAt }: Execution): boolean {
  const isLong = how === 'stopped' && until - from >= leaseOverMs;
  return isLong && until + resumedMs >= at && from <= endedAt + leaseMs + latenessMs;
}

function ofExecutions(
  key: string,
  unsorted: readonly Execution[],
  blows: readonly Blow[],
  overlaps: { idempotent: number; afterLease: number },
): string[] {
  const { kind, attempts } = planOf(key);
  const own = [...unsorted].sort((a, b) => a.at - b.at);
  const problems: string[] = [];
  if (own.length > attempts)
    problems.push(`task ${key} was begun ${own.length} times, and may be ${attempts} times`);
  if (new Set(own.map(({ id }) => id)).size > 1) problems.push(`task ${key} was stored twice`);
  for (const [i, later] of own.entries()) {
    const earlier = own[i - 1];
    if (earlier === undefined || later.at >= overAt(earlier, blows)) continue;
    if (kind === 'often') overlaps.idempotent++;
    else if (isLeaseOver(earlier, later.at, blows)) overlaps.afterLease++;
    else
      problems.push(
        `task ${key} was begun by ${later.worker} while ${earlier.worker} had it and held its lease`,
      );
  }
  return problems;
}

function overAt({ worker, at, endedAt }: Execution, blows: readonly Blow[]): number {
  const killed = blows.find(({ name, how, until }) => name === worker && how === 'killed' && until >= at);
  return Math.min(endedAt, killed?.until ?? never);
}

/** Its worker was stopped for longer than its lease, or knew that it was over. */
function isLeaseOver({ worker, leaseOverAt }: Execution, at: number, blows: readonly Blow[]): boolean {
  const isStopped = blows.some(
    ({ name, how, from, until }) =>
      name === worker && how === 'stopped' && from + leaseOverMs <= at && at <= until + resumedMs,
  );
  return isStopped || leaseOverAt <= at + latenessMs;
}

function isFinal(state: string): boolean {
  return ['done', 'failed', 'cancelled', 'expired', 'lost'].includes(state);
}
