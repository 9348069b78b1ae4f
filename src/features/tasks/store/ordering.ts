/**
 * The rules by which tasks are put into a store, and queued.
 *
 * Used by `operations.ts`. Invariant: of one order all tasks are stored that are not there yet, or none; what a task waits
 * for, or is a part of, was stored before it, so there are no cycles.
 */

import type { TasksShape } from '../core/tasks-shape.ts';
import {
  isFinal,
  type NewTask,
  type OrderOutcome,
  type Ranked,
  type TaskHead,
  type TaskId,
  type TaskState,
} from '../core/tasks-types.ts';
import { note } from './events.ts';
import { type Doing, headOf, isWhole, type Made, type TaskRow, type TaskRows } from './rows.ts';

type OrderInput = Parameters<TasksShape['store']['order']>[0];
type Refused = Extract<OrderOutcome, { readonly type: 'other' | 'unfit' }>;

interface Planned {
  readonly task: NewTask;
  readonly n: number;
  /** Places of those that it waits for. */
  readonly before: readonly number[];
  /** Place of the task that it is a part of; 0: of none. */
  readonly parent: number;
}

type Verdict = Planned | Extract<OrderOutcome, { readonly type: 'repeat' }> | Refused;

export function order(doing: Doing, { time, author, isTogether, tasks, ranked }: OrderInput): OrderOutcome[] {
  // In any case: they keep the order of what is queued, and the broker has them in memory.
  for (const each of ranked) place(doing.rows, each);
  if (isTogether) return orderTogether(doing, time, author, tasks);
  return tasks.flatMap((task) => orderTogether(doing, time, author, [task]));
}

function orderTogether(
  doing: Doing,
  time: number,
  author: string,
  tasks: readonly NewTask[],
): OrderOutcome[] {
  const { rows } = doing;
  const counters = rows.counters();
  const plan = new Plan(rows, author, counters.n);
  const verdicts = tasks.map((task) => plan.judge(task));
  const isRefused = verdicts.some((verdict) => 'type' in verdict && verdict.type !== 'repeat');
  if (isRefused) return verdicts.map((verdict) => refusedWith(verdict, counters.n));
  const outcomes = verdicts.map((verdict): OrderOutcome => {
    if ('type' in verdict) return verdict;
    const head = store(doing, author, time, verdict, plan.partsOf(verdict.n));
    return { type: 'stored', head };
  });
  if (plan.last > counters.n) rows.setCounters({ ...counters, n: plan.last });
  return outcomes;
}

/** Those whose time has come are queued; those that are queued move. */
export function ready(
  doing: Doing,
  { time, ranked }: { readonly time: number; readonly ranked: readonly Ranked[] },
): TaskHead[] {
  return ranked.flatMap(({ n, rank }) => {
    const row = doing.rows.row(n);
    if (row?.state === 'queued') return headOf(doing.rows.change(row, { rank }));
    const isReady =
      row?.state === 'waiting' && row.blockers === 0 && row.doom === '' && row.notBefore <= time;
    if (!isReady) return [];
    note(doing, 'queued', row.id, { author: row.author });
    return headOf(doing.rows.change(row, { state: 'queued', rank, since: doing.now, reason: '' }));
  });
}

function place(rows: TaskRows, { n, rank }: Ranked): void {
  const row = rows.row(n);
  if (row?.state === 'queued') rows.change(row, { rank });
}

/** What becomes of each task of one order, before anything is stored. */
class Plan {
  last: number;
  private readonly rows: TaskRows;
  private readonly author: string;
  /** Of this order: where its ids lead, which may be to earlier tasks. */
  private readonly places = new Map<TaskId, number>();
  private readonly planned = new Map<number, Planned>();
  private readonly keys = new Map<string, Planned>();
  private readonly parts = new Map<number, number>();

  constructor(rows: TaskRows, author: string, last: number) {
    this.rows = rows;
    this.author = author;
    this.last = last;
  }

  partsOf(n: number): number {
    return this.parts.get(n) ?? 0;
  }

  judge(task: NewTask): Verdict {
    const verdict = this.known(task) ?? this.unfit(task) ?? this.fitting(task);
    if (!('type' in verdict)) this.plan(verdict);
    else if (verdict.type === 'repeat') this.places.set(task.id, verdict.n);
    return verdict;
  }

  /** It is there, or its key is used. Undefined: neither. */
  private known(task: NewTask): Verdict | undefined {
    const { id, key } = task;
    const twice = this.planned.get(this.places.get(id) ?? 0) ?? (key === '' ? undefined : this.keys.get(key));
    if (twice !== undefined) {
      const isSame = twice.task.digest === task.digest;
      return isSame
        ? { type: 'repeat', id: twice.task.id, n: twice.n }
        : { type: 'other', id: twice.task.id };
    }
    const n = this.rows.placeOf(id) || (key === '' ? 0 : this.rows.placeOfKey(this.author, key));
    if (n === 0) return this.knownPart(task);
    const row = this.rows.row(n) as TaskRow;
    const isSame = row.author === this.author && this.rows.made(n).digest === task.digest;
    return isSame ? { type: 'repeat', id: row.id, n } : { type: 'other', id: row.id };
  }

  /** Its whole is there under another id, by its key: the parts are that one's. */
  private knownPart({ parent, part }: NewTask): Verdict | undefined {
    const whole = this.places.get(parent) ?? 0;
    if (parent === '' || whole === 0 || this.planned.has(whole)) return undefined;
    const n = this.rows.partsOf(whole)[part];
    if (n === undefined) return { type: 'unfit', id: parent, state: 'unknown' };
    return { type: 'repeat', id: (this.rows.row(n) as TaskRow).id, n };
  }

  private unfit({ parent, service, retryOf, after }: NewTask): Refused | undefined {
    if (parent !== '') {
      const whole = this.planned.get(this.places.get(parent) ?? 0);
      const isPart = whole !== undefined && isWhole(whole.task) && !isWhole({ service });
      if (!isPart) return { type: 'unfit', id: parent, state: 'unknown' };
    }
    if (retryOf !== '') {
      const state = this.rows.row(this.rows.placeOf(retryOf))?.state ?? 'unknown';
      if (state === 'unknown' || !isFinal(state)) return { type: 'unfit', id: retryOf, state };
    }
    for (const id of after) {
      const state = this.stateOf(id);
      if (state === 'unknown' || (isFinal(state) && state !== 'done')) return { type: 'unfit', id, state };
    }
    return undefined;
  }

  private stateOf(id: TaskId): TaskState | 'unknown' {
    const n = this.placeOf(id);
    return this.planned.has(n) ? 'waiting' : (this.rows.row(n)?.state ?? 'unknown');
  }

  private placeOf(id: TaskId): number {
    return this.places.get(id) ?? this.rows.placeOf(id);
  }

  private fitting(task: NewTask): Planned {
    const places = new Set(task.after.map((id) => this.placeOf(id)));
    const before = [...places].filter((n) => this.planned.has(n) || this.rows.row(n)?.state !== 'done');
    const parent = task.parent === '' ? 0 : (this.places.get(task.parent) as number);
    return { task, n: this.last + 1, before, parent };
  }

  private plan(planned: Planned): void {
    const { task, n, parent } = planned;
    this.last = n;
    this.places.set(task.id, n);
    this.planned.set(n, planned);
    if (task.key !== '') this.keys.set(task.key, planned);
    if (parent > 0) this.parts.set(parent, this.partsOf(parent) + 1);
  }
}

/** @param last The last place before this order. */
function refusedWith(verdict: Verdict, last: number): OrderOutcome {
  if (!('type' in verdict)) return { type: 'together' };
  return verdict.type === 'repeat' && verdict.n > last ? { type: 'together' } : verdict;
}

function store(
  doing: Doing,
  author: string,
  time: number,
  { task, n, before, parent }: Planned,
  partsLeft: number,
): TaskHead {
  const { rows, now } = doing;
  const isWaiting = task.notBefore > time || before.length > 0;
  const row: TaskRow = {
    n,
    id: task.id,
    author,
    service: task.service,
    needs: task.needs,
    priority: task.priority,
    state: isWaiting ? 'waiting' : 'queued',
    rank: task.rank,
    inputBytes: task.input.body.length,
    orderedAt: now,
    notBefore: task.notBefore,
    deadline: task.deadline,
    timeoutMs: task.timeoutMs,
    attempts: task.attempts,
    isIdempotent: task.isIdempotent,
    attempt: 0,
    fence: 0,
    worker: '',
    workerLife: 0,
    blockers: before.length,
    doom: '',
    parent,
    partsLeft,
    since: now,
    reason: '',
    startedAt: 0,
    endedAt: 0,
    part: task.part,
    letter: task.isLetter ? 'wanted' : 'none',
    resultBytes: 0,
    keptUntil: 0,
  };
  rows.add(row, madeOf(task), task.input);
  for (const each of before) rows.addWait(each, n);
  note(doing, 'ordered', task.id, { author, note: task.service });
  return headOf(row);
}

function madeOf({ key, digest, after, retryOf, attempts }: NewTask): Made {
  return { key, digest, after, retryOf, attemptsOrdered: attempts };
}
