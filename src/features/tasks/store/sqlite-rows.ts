/**
 * The rows of tasks in a store on SQLite.
 *
 * Used by `sqlite.ts`. Invariant: a change writes the columns that it changes and no other, so that it touches few indexes.
 */
import type { SqliteDatabase, SqliteStatement } from '../../../stores/sqlite/library.ts';
import {
  type Encoded,
  isFinal,
  type OwedPlace,
  type SeenWorker,
  type TaskFilter,
  type TaskId,
  type TaskState,
  taskStates,
} from '../core/tasks-types.ts';
import { type Changes, type Counters, letterStates, type Made, type TaskRow, type TaskRows } from './rows.ts';
import { prepare } from './sqlite-statements.ts';

/** As it is read. */
type RawTask = Omit<TaskRow, 'needs' | 'state' | 'isIdempotent' | 'letter'> & {
  readonly needs: string;
  readonly state: number;
  readonly isIdempotent: number;
  readonly letter: number;
};

type RawMade = Omit<Made, 'after'> & { readonly after: string };

interface Place {
  readonly n: number;
}

const stateNumbers = new Map<TaskState, number>(taskStates.map((state, i) => [state, i]));
const openStates = taskStates.filter((state) => !isFinal(state));

export class SqliteRows implements TaskRows {
  private readonly database: SqliteDatabase;
  private readonly statements: ReturnType<typeof prepare>;
  /** By the columns that they write: as many as the rules have kinds of changes. */
  private readonly updates = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.database = database;
    this.statements = prepare(database);
  }

  counters(): Counters {
    return this.statements.counters.get() as Counters;
  }

  setCounters({ n, fence }: Counters): void {
    this.statements.setCounters.run(n, fence);
  }

  row(n: number): TaskRow | undefined {
    const raw = this.statements.row.get(n);
    return raw === undefined ? undefined : rowOf(raw as RawTask);
  }

  placeOf(id: TaskId): number {
    return (this.statements.placeOf.get(id) as Place | undefined)?.n ?? 0;
  }

  placeOfKey(author: string, key: string): number {
    return (this.statements.placeOfKey.get(author, key) as Place | undefined)?.n ?? 0;
  }

  made(n: number): Made {
    return madeOf(this.statements.made.get(n) as RawMade);
  }

  add(row: TaskRow, { key, digest, after, retryOf, attemptsOrdered }: Made, input: Encoded | null): void {
    this.statements.insert.run(
      ...[row.n, row.id, row.author, row.service, JSON.stringify(row.needs), row.priority],
      ...[numberOf(row.state), row.rank, row.inputBytes, row.orderedAt, row.notBefore, row.deadline],
      ...[row.timeoutMs, row.attempts, row.isIdempotent ? 1 : 0, row.attempt, row.fence, row.worker],
      ...[row.workerLife, row.blockers, row.doom, row.parent, row.partsLeft, row.since, row.reason],
      ...[row.startedAt, row.endedAt, row.part, letterStates.indexOf(row.letter), row.resultBytes],
      ...[row.keptUntil, key, digest, after.join(' '), retryOf, attemptsOrdered],
    );
    if (input !== null) this.statements.insertInput.run(row.n, input.encoding, input.body);
  }

  change(row: TaskRow, changes: Changes): TaskRow {
    const names = Object.keys(changes) as (keyof Changes)[];
    this.update(names).run(...names.map((name) => storedValue(name, changes)), row.n);
    return { ...row, ...changes };
  }

  private update(names: readonly (keyof Changes)[]): SqliteStatement {
    const kind = names.join();
    const known = this.updates.get(kind);
    if (known !== undefined) return known;
    const columns = names.map((name) => `${columnOf(name)} = ?`).join(', ');
    const made = this.database.prepare(`UPDATE tasks_task SET ${columns} WHERE n = ?`);
    this.updates.set(kind, made);
    return made;
  }

  input(n: number): Encoded | null {
    return (this.statements.input.get(n) as Encoded | undefined) ?? null;
  }

  dropInput(n: number): void {
    this.statements.deleteInput.run(n);
  }

  result(n: number): Encoded | null {
    return (this.statements.result.get(n) as Encoded | undefined) ?? null;
  }

  keepResult(n: number, { encoding, body }: Encoded): void {
    this.statements.insertResult.run(n, encoding, body);
  }

  addWait(before: number, n: number): void {
    this.statements.insertWait.run(before, n);
  }

  waiters(before: number): number[] {
    return placesOf(this.statements.waiters.all(before));
  }

  takeWaiters(before: number): number[] {
    const waiters = this.waiters(before);
    if (waiters.length > 0) this.statements.deleteWaits.run(before);
    return waiters;
  }

  partsOf(n: number): number[] {
    return placesOf(this.statements.parts.all(n));
  }

  forget({ n }: TaskRow): void {
    const { deleteInput, deleteResult, deleteTask } = this.statements;
    for (const each of [deleteInput, deleteResult, deleteTask]) each.run(n);
  }

  old(now: number, limit: number): number[] {
    return placesOf(this.statements.old.all(now, limit));
  }

  open(after: number, limit: number): number[] {
    return this.ofStates(openStates, after, limit);
  }

  candidates({ worker, author, states, service }: TaskFilter, after: number, limit: number): number[] {
    const { ofWorker, ofAuthor, ofService, all } = this.statements;
    if (worker !== undefined) return placesOf(ofWorker.all(worker, after, limit));
    if (author !== undefined) return placesOf(ofAuthor.all(author, after, limit));
    if (states !== undefined) return this.ofStates(states, after, limit);
    if (service !== undefined) return placesOf(ofService.all(service, after, limit));
    return placesOf(all.all(after, limit));
  }

  /** Each state has its own range of the index: the first of all of them are among the first of each. */
  private ofStates(states: readonly TaskState[], after: number, limit: number): number[] {
    const { ofState } = this.statements;
    const found = [...new Set(states)].flatMap((state) =>
      placesOf(ofState.all(numberOf(state), after, limit)),
    );
    return found.sort((a, b) => a - b).slice(0, limit);
  }

  done(service: string, limit: number): TaskRow[] {
    return (this.statements.done.all(service, limit) as RawTask[]).map(rowOf);
  }

  owed({ endedAt, n }: OwedPlace, limit: number): TaskRow[] {
    return (this.statements.owed.all(endedAt, n, limit) as RawTask[]).map(rowOf);
  }

  putWorker({ name, services, capacity, stallToleranceMs, at }: SeenWorker): void {
    const [servicesText, capacityText] = [JSON.stringify(services), JSON.stringify(capacity)];
    this.statements.putWorker.run(name, servicesText, capacityText, stallToleranceMs, at);
  }

  dropWorkers(max: number): void {
    const { count } = this.statements.countWorkers.get() as { readonly count: number };
    if (count > max) this.statements.dropWorkers.run(count - max);
  }

  workers(after: string, limit: number): SeenWorker[] {
    return (this.statements.workers.all(after, limit) as RawWorker[]).map((raw) => ({
      ...{ name: raw.name, stallToleranceMs: raw.stall_tolerance_ms, at: raw.at },
      services: JSON.parse(raw.services) as SeenWorker['services'],
      capacity: JSON.parse(raw.capacity) as SeenWorker['capacity'],
    }));
  }
}

interface RawWorker {
  readonly name: string;
  readonly services: string;
  readonly capacity: string;
  readonly stall_tolerance_ms: number;
  readonly at: number;
}

/** Field by field: by spreading it would become a slow object. */
function rowOf(raw: RawTask): TaskRow {
  return {
    n: raw.n,
    id: raw.id,
    author: raw.author,
    service: raw.service,
    needs: JSON.parse(raw.needs) as TaskRow['needs'],
    priority: raw.priority,
    state: taskStates[raw.state] as TaskState,
    rank: raw.rank,
    inputBytes: raw.inputBytes,
    orderedAt: raw.orderedAt,
    notBefore: raw.notBefore,
    deadline: raw.deadline,
    timeoutMs: raw.timeoutMs,
    attempts: raw.attempts,
    isIdempotent: raw.isIdempotent === 1,
    attempt: raw.attempt,
    fence: raw.fence,
    worker: raw.worker,
    workerLife: raw.workerLife,
    blockers: raw.blockers,
    doom: raw.doom,
    parent: raw.parent,
    partsLeft: raw.partsLeft,
    since: raw.since,
    reason: raw.reason,
    startedAt: raw.startedAt,
    endedAt: raw.endedAt,
    part: raw.part,
    letter: letterStates[raw.letter] as TaskRow['letter'],
    resultBytes: raw.resultBytes,
    keptUntil: raw.keptUntil,
  };
}

function madeOf({ key, digest, after, retryOf, attemptsOrdered }: RawMade): Made {
  return { key, digest, after: after === '' ? [] : after.split(' '), retryOf, attemptsOrdered };
}

function placesOf(rows: readonly unknown[]): number[] {
  return (rows as readonly Place[]).map(({ n }) => n);
}

function numberOf(state: TaskState): number {
  return stateNumbers.get(state) as number;
}

function columnOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function storedValue(name: keyof Changes, changes: Changes): string | number {
  if (name === 'state') return numberOf(changes.state as TaskState);
  if (name === 'letter') return letterStates.indexOf(changes.letter as TaskRow['letter']);
  if (name === 'isIdempotent') return changes.isIdempotent === true ? 1 : 0;
  return changes[name] as string | number;
}
