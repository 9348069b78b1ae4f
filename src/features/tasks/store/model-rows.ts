/**
 * The rows of tasks in the model of a store.
 *
 * Used by `model.ts`. Invariant: what a row is found by (its id, its key, its whole, when it is forgotten) is brought up to date
 * with it, in one place.
 */
import { Cell, Table } from '../../../stores/collections.ts';
import {
  type Encoded,
  isFinal,
  type OwedPlace,
  type SeenWorker,
  type TaskFilter,
  type TaskId,
} from '../core/tasks-types.ts';
import type { Changes, Counters, Made, TaskRow, TaskRows } from './rows.ts';

export interface State {
  readonly counters: Cell<Counters>;
  readonly tasks: Table<number, TaskRow>;
  readonly made: Table<number, Made>;
  readonly inputs: Table<number, Encoded>;
  readonly results: Table<number, Encoded>;
  readonly byId: Table<TaskId, number>;
  readonly byKey: Table<readonly [author: string, key: string], number>;
  readonly waits: Table<readonly [before: number, n: number], null>;
  readonly parts: Table<readonly [parent: number, part: number, n: number], null>;
  readonly open: Table<number, null>;
  readonly kept: Table<readonly [until: number, n: number], null>;
  readonly done: Table<readonly [service: string, endedAt: number, n: number], null>;
  readonly owed: Table<readonly [endedAt: number, n: number], null>;
  readonly workers: Table<string, SeenWorker>;
  readonly workersByTime: Table<readonly [at: number, name: string], null>;
}

export function noTasks(): State {
  return {
    counters: new Cell<Counters>({ n: 0, fence: 0 }),
    tasks: new Table(),
    made: new Table(),
    inputs: new Table(),
    results: new Table(),
    byId: new Table(),
    byKey: new Table(),
    waits: new Table(),
    parts: new Table(),
    open: new Table(),
    kept: new Table(),
    done: new Table(),
    owed: new Table(),
    workers: new Table(),
    workersByTime: new Table(),
  };
}

export class ModelRows implements TaskRows {
  private readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  counters(): Counters {
    return this.state.counters.value;
  }

  setCounters(counters: Counters): void {
    this.state.counters.value = counters;
  }

  row(n: number): TaskRow | undefined {
    return this.state.tasks.get(n);
  }

  placeOf(id: TaskId): number {
    return this.state.byId.get(id) ?? 0;
  }

  placeOfKey(author: string, key: string): number {
    return this.state.byKey.get([author, key]) ?? 0;
  }

  made(n: number): Made {
    return this.state.made.get(n) as Made;
  }

  add(row: TaskRow, made: Made, input: Encoded | null): void {
    const { n, id, author, parent, part } = row;
    const { state } = this;
    state.made.put(n, made);
    if (input !== null) state.inputs.put(n, input);
    state.byId.put(id, n);
    if (made.key !== '') state.byKey.put([author, made.key], n);
    if (parent > 0) state.parts.put([parent, part, n], null);
    this.index(row);
  }

  change(row: TaskRow, changes: Changes): TaskRow {
    const next = { ...row, ...changes };
    this.unindex(row);
    this.index(next);
    return next;
  }

  input(n: number): Encoded | null {
    return this.state.inputs.get(n) ?? null;
  }

  dropInput(n: number): void {
    this.state.inputs.delete(n);
  }

  result(n: number): Encoded | null {
    return this.state.results.get(n) ?? null;
  }

  keepResult(n: number, result: Encoded): void {
    this.state.results.put(n, result);
  }

  addWait(before: number, n: number): void {
    this.state.waits.put([before, n], null);
  }

  takeWaiters(before: number): number[] {
    const waits = [...this.state.waits.rows({ from: [before, 0], below: [before + 1, 0] })];
    for (const [key] of waits) this.state.waits.delete(key);
    return waits.map(([[, n]]) => n);
  }

  partsOf(n: number): number[] {
    const parts = this.state.parts.rows({ from: [n, 0, 0], below: [n + 1, 0, 0] });
    return [...parts].map(([[, , place]]) => place);
  }

  forget(row: TaskRow): void {
    const { n, id, author, parent, part } = row;
    const { state } = this;
    const { key } = this.made(n);
    this.unindex(row);
    state.made.delete(n);
    this.dropInput(n);
    state.results.delete(n);
    state.byId.delete(id);
    if (key !== '') state.byKey.delete([author, key]);
    if (parent > 0) state.parts.delete([parent, part, n]);
  }

  old(now: number, limit: number): number[] {
    return [...this.state.kept.rows({ below: [now + 1, 0] })].slice(0, limit).map(([[, n]]) => n);
  }

  open(after: number, limit: number): number[] {
    const found: number[] = [];
    for (const [n] of this.state.open.rows({ from: after + 1 })) {
      if (found.length === limit) break;
      found.push(n);
    }
    return found;
  }

  candidates(filter: TaskFilter, after: number, limit: number): number[] {
    const found: number[] = [];
    for (const [n, row] of this.state.tasks.rows({ from: after + 1 })) {
      if (found.length === limit) break;
      if (isCandidate(row, filter)) found.push(n);
    }
    return found;
  }

  done(service: string, limit: number): TaskRow[] {
    const below = [service, Number.MAX_SAFE_INTEGER, 0] as const;
    const all = [...this.state.done.rows({ from: [service, 0, 0], below })];
    return all
      .reverse()
      .slice(0, limit)
      .map(([[, , n]]) => this.row(n) as TaskRow);
  }

  owed({ endedAt, n: last }: OwedPlace, limit: number): TaskRow[] {
    const found: TaskRow[] = [];
    for (const [[, n]] of this.state.owed.rows({ from: [endedAt, last + 1] })) {
      if (found.length === limit) break;
      found.push(this.row(n) as TaskRow);
    }
    return found;
  }

  putWorker(worker: SeenWorker): void {
    const { workers, workersByTime } = this.state;
    const before = workers.get(worker.name);
    if (before !== undefined) workersByTime.delete([before.at, before.name]);
    workers.put(worker.name, worker);
    workersByTime.put([worker.at, worker.name], null);
  }

  dropWorkers(max: number): void {
    const { workers, workersByTime } = this.state;
    const over = Math.max(0, workers.size - max);
    for (const [[at, name]] of [...workersByTime.rows()].slice(0, over)) {
      workers.delete(name);
      workersByTime.delete([at, name]);
    }
  }

  workers(after: string, limit: number): SeenWorker[] {
    const found: SeenWorker[] = [];
    for (const [name, worker] of this.state.workers.rows({ from: after })) {
      if (found.length === limit) break;
      if (name !== after) found.push(worker);
    }
    return found;
  }

  private index(row: TaskRow): void {
    const { n, service, state, endedAt, keptUntil, letter } = row;
    const { tasks, open, kept, done, owed } = this.state;
    tasks.put(n, row);
    if (!isFinal(state)) open.put(n, null);
    if (keptUntil > 0) kept.put([keptUntil, n], null);
    if (state === 'done') done.put([service, endedAt, n], null);
    if (letter === 'owed') owed.put([endedAt, n], null);
  }

  private unindex({ n, service, state, endedAt, keptUntil, letter }: TaskRow): void {
    const { tasks, open, kept, done, owed } = this.state;
    tasks.delete(n);
    if (!isFinal(state)) open.delete(n);
    if (keptUntil > 0) kept.delete([keptUntil, n]);
    if (state === 'done') done.delete([service, endedAt, n]);
    if (letter === 'owed') owed.delete([endedAt, n]);
  }
}

function isCandidate(row: TaskRow, { worker, author, states, service }: TaskFilter): boolean {
  if (worker !== undefined) return row.worker === worker;
  if (author !== undefined) return row.author === author;
  if (states !== undefined) return states.includes(row.state);
  return service === undefined || row.service === service;
}
