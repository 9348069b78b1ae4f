/**
 * The rows of tasks in a store, and what the rules of its operations need of them.
 *
 * The rules (`ordering.ts`, `attempts.ts`, `endings.ts`, `keeping.ts`, `reading.ts`) are written once, on this interface.
 * `model-rows.ts` keeps the rows in tables of the model, `sqlite-rows.ts` in SQLite. Invariant: rows never change in place;
 * who changes one goes on with what `change` answers.
 */
import type { LogEvent } from '../../../kernel/log-event.ts';
import type {
  Encoded,
  MovedTask,
  OwedLetter,
  OwedPlace,
  SeenWorker,
  TaskFilter,
  TaskHead,
  TaskId,
} from '../core/tasks-types.ts';

/** Of the letter by which an author wants to hear of the end. `owed`: the task has ended, and no mailbox has it yet. */
export type LetterState = MovedTask['letter'];

/** Their order is in stores. */
export const letterStates: readonly LetterState[] = ['none', 'wanted', 'owed', 'sent'];

export interface TaskRow extends TaskHead {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly letter: LetterState;
  readonly resultBytes: number;
  /** When it is forgotten: Unix milliseconds. 0: not yet known, or it is a part and goes with the whole. */
  readonly keptUntil: number;
}

/** What of a row an operation may change. */
export type Changes = Partial<Omit<TaskRow, 'n' | 'id' | 'author' | 'service' | 'needs' | 'parent' | 'part'>>;

/** What of a task never changes and is seldom read. */
export interface Made {
  readonly key: string;
  readonly digest: string;
  readonly after: readonly TaskId[];
  /** Id; empty: none. */
  readonly retryOf: TaskId;
  /** As it was ordered; 0: as the service says. */
  readonly attemptsOrdered: number;
}

/** The last place and the last fence that were given. */
export interface Counters {
  readonly n: number;
  readonly fence: number;
}

export interface TaskRows {
  counters(): Counters;
  setCounters(counters: Counters): void;
  row(n: number): TaskRow | undefined;
  /** 0: there is none. */
  placeOf(id: TaskId): number;
  /** 0: there is none. */
  placeOfKey(author: string, key: string): number;
  made(n: number): Made;
  add(row: TaskRow, made: Made, input: Encoded | null): void;
  /** @returns The row as it is now. */
  change(row: TaskRow, changes: Changes): TaskRow;
  /** Null: it was dropped. */
  input(n: number): Encoded | null;
  dropInput(n: number): void;
  result(n: number): Encoded | null;
  keepResult(n: number, result: Encoded): void;
  addWait(before: number, n: number): void;
  /** Tasks that wait for this one, by their places; they may have ended. Afterwards it has none. */
  takeWaiters(before: number): readonly number[];
  /** In order. */
  partsOf(n: number): readonly number[];
  /** Nobody waits for it: its waiters were taken. */
  forget(row: TaskRow): void;
  /** Kept long enough, the oldest first. */
  old(now: number, limit: number): readonly number[];

  // ── for reading ─────────────────────────────────────────────────────────────────────────────────────

  /** Not ended, after this place. */
  open(after: number, limit: number): readonly number[];
  /** After this place, of the first that the filter has of worker, author, states and service; else all. */
  candidates(filter: TaskFilter, after: number, limit: number): readonly number[];
  /** Those that were done last, the newest first. */
  done(service: string, limit: number): readonly TaskRow[];
  /** Those whose end is to be sent as a letter, after this place, in the order of their ends. */
  owed(after: OwedPlace, limit: number): readonly TaskRow[];

  // ── workers ─────────────────────────────────────────────────────────────────────────────────────────

  putWorker(worker: SeenWorker): void;
  /** Forgets those that were seen longest ago, but for this number. */
  dropWorkers(max: number): void;
  workers(after: string, limit: number): readonly SeenWorker[];
}

/** One operation: its time, its broker, and what it notes in the log. */
export interface Doing {
  readonly now: number;
  readonly via: string;
  readonly rows: TaskRows;
  readonly events: LogEvent[];
}

export function headOf(row: TaskRow): TaskHead {
  return {
    n: row.n,
    id: row.id,
    author: row.author,
    service: row.service,
    needs: row.needs,
    priority: row.priority,
    state: row.state,
    rank: row.rank,
    inputBytes: row.inputBytes,
    orderedAt: row.orderedAt,
    notBefore: row.notBefore,
    deadline: row.deadline,
    timeoutMs: row.timeoutMs,
    attempts: row.attempts,
    isIdempotent: row.isIdempotent,
    attempt: row.attempt,
    fence: row.fence,
    worker: row.worker,
    workerLife: row.workerLife,
    blockers: row.blockers,
    doom: row.doom,
    parent: row.parent,
    part: row.part,
    partsLeft: row.partsLeft,
    since: row.since,
    reason: row.reason,
  };
}

export function owedLetterOf({
  n,
  id,
  author,
  service,
  state,
  reason,
  endedAt,
  resultBytes,
}: TaskRow): OwedLetter {
  return { n, id, author, service, state, reason, endedAt, resultBytes };
}

/** Of several parts: no worker runs it. */
export function isWhole({ service }: Pick<TaskRow, 'service'>): boolean {
  return service === '';
}
