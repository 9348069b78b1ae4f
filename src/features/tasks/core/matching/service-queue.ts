/**
 * The queued tasks of one service, as tables of shapes, and the workers that offer it.
 *
 * Matching has one of each service that is queued or offered. Shapes that one node alone may run are apart, so that no
 * other worker looks at them. Invariant: a worker's list of the tables that it can serve is that of the last version.
 */
import type { Requirements } from '../requirements.ts';
import type { OpenTask } from './open-task.ts';
import { type Shape, ShapeTable } from './shapes.ts';
import type { Worker } from './worker.ts';

/** Tables without shapes stay for the next task of their kind, up to this many. */
const emptyTablesMax = 64;

/** The tables that one worker can serve. */
interface Served {
  readonly version: number;
  readonly tables: readonly ShapeTable[];
}

/** Tables by software and kinds of resources. */
class Tables {
  private readonly byKind = new Map<string, ShapeTable>();
  private readonly empty = new Set<string>();
  private readonly served = new Map<Worker, Served>();
  private version = 0;

  get isEmpty(): boolean {
    return this.empty.size === this.byKind.size;
  }

  /** Adds the shape. */
  put(shape: Shape): void {
    const { kind } = shape;
    this.empty.delete(kind);
    this.of(kind, shape.needs).put(shape);
  }

  delete(shape: Shape): void {
    const { kind } = shape;
    const table = this.byKind.get(kind);
    table?.delete(shape);
    if (table?.isEmpty !== true) return;
    this.empty.add(kind);
    if (this.empty.size > emptyTablesMax) this.prune();
  }

  for(worker: Worker): readonly ShapeTable[] {
    const known = this.served.get(worker);
    if (known?.version === this.version) return known.tables;
    const tables = [...this.byKind.values()].filter((table) => worker.canServe(table));
    this.served.set(worker, { version: this.version, tables });
    return tables;
  }

  forget(worker: Worker): void {
    this.served.delete(worker);
  }

  private of(kind: string, needs: Requirements): ShapeTable {
    let table = this.byKind.get(kind);
    if (table !== undefined) return table;
    table = new ShapeTable(needs);
    this.byKind.set(kind, table);
    this.version++;
    return table;
  }

  private prune(): void {
    for (const kind of this.empty) this.byKind.delete(kind);
    this.empty.clear();
    this.version++;
  }
}

export class ServiceQueue {
  readonly service: string;
  /** Those that are here and offer it; of these, those where tasks of it may wait. */
  readonly workers = new Set<Worker>();
  readonly queueing = new Set<Worker>();
  private readonly anywhere = new Tables();
  private readonly byNode = new Map<string, Tables>();
  /** Those of queued tasks. */
  private readonly shapes = new Set<Shape>();
  private count = 0;

  constructor(service: string) {
    this.service = service;
  }

  /** Queued tasks. */
  get depth(): number {
    return this.count;
  }

  /** When its oldest queued task was ordered, in Unix milliseconds; 0: none is queued. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { tasks } of this.shapes) oldest = Math.min(oldest, tasks.oldest);
    return this.count === 0 ? 0 : oldest;
  }

  get isUnused(): boolean {
    return this.depth === 0 && this.workers.size === 0;
  }

  add(task: OpenTask): void {
    const { shape } = task;
    shape.tasks.add(task);
    this.count++;
    if (shape.tasks.first === task) this.refresh(shape);
  }

  remove(task: OpenTask): void {
    const { shape } = task;
    const wasFirst = shape.tasks.first === task;
    if (!shape.tasks.delete(task)) return;
    this.count--;
    if (shape.tasks.size === 0) this.drop(shape);
    else if (wasFirst) this.refresh(shape);
  }

  /** Its first task is another one, or has another rank. */
  refresh(shape: Shape): void {
    if (shape.table !== undefined) {
      shape.table.put(shape);
      return;
    }
    this.shapes.add(shape);
    this.tablesOf(shape.needs).put(shape);
  }

  tablesFor(worker: Worker): readonly ShapeTable[] {
    const open = this.anywhere.for(worker);
    if (this.byNode.size === 0) return open;
    const own = this.byNode.get(worker.name)?.for(worker);
    return own === undefined ? open : [...own, ...open];
  }

  /** The worker is here, as it is now. */
  enter(worker: Worker): void {
    this.workers.add(worker);
    if ((worker.services.get(this.service)?.queue ?? 0) > 0) this.queueing.add(worker);
  }

  /** The worker is not here any more as it was. */
  leave(worker: Worker): void {
    this.workers.delete(worker);
    this.queueing.delete(worker);
    this.anywhere.forget(worker);
    this.byNode.get(worker.name)?.forget(worker);
  }

  private drop(shape: Shape): void {
    this.shapes.delete(shape);
    const tables = this.tablesOf(shape.needs);
    tables.delete(shape);
    if (tables.isEmpty) this.byNode.delete(shape.needs.node);
  }

  private tablesOf({ node }: Requirements): Tables {
    if (node === '') return this.anywhere;
    let tables = this.byNode.get(node);
    if (tables === undefined) {
      tables = new Tables();
      this.byNode.set(node, tables);
    }
    return tables;
  }
}
