/**
 * What has changed since it was last matched: shapes that a worker may fit, and workers that may have room.
 *
 * Matching goes through it. Where nothing is left in it, no queued task fits any worker: only what is in here needs to be
 * looked at. Invariant: shapes come in the order of their lowest tasks, workers by room, or by the length of their queue.
 */
import { IndexedHeap } from './indexed-heap.ts';
import type { Shape, Way } from './shapes.ts';
import { hasMoreQueue, hasMoreRoom, type Worker } from './worker.ts';

/** Either a shape or a worker. */
export interface ChangedOne {
  readonly way: Way;
  readonly shape: Shape | undefined;
  readonly worker: Worker | undefined;
}

class OneWay {
  private readonly way: Way;
  readonly shapes: IndexedHeap<Shape>;
  readonly workers: IndexedHeap<Worker>;

  constructor(way: Way, number: number, isBefore: (a: Worker, b: Worker) => boolean) {
    this.way = way;
    this.shapes = new IndexedHeap((a, b) => a.rank < b.rank, number);
    this.workers = new IndexedHeap(isBefore, number);
  }

  get size(): number {
    return this.shapes.size + this.workers.size;
  }

  next(): ChangedOne | undefined {
    const { way } = this;
    const shape = this.shapes.first;
    if (shape !== undefined) return { way, shape, worker: undefined };
    const worker = this.workers.first;
    return worker === undefined ? undefined : { way, shape: undefined, worker };
  }

  refreshShape(shape: Shape): void {
    if (shape.tasks.size === 0) this.shapes.delete(shape);
    else this.shapes.refresh(shape);
  }
}

export class Changed {
  private readonly atOnce = new OneWay('at-once', 0, hasMoreRoom);
  private readonly inQueue = new OneWay('in-queue', 1, hasMoreQueue);

  get isEmpty(): boolean {
    return this.atOnce.size + this.inQueue.size === 0;
  }

  /** What to look at next: no task goes to a worker's own queue while one may begin at once. */
  next(): ChangedOne | undefined {
    return this.atOnce.size > 0 ? this.atOnce.next() : this.inQueue.next();
  }

  has(worker: Worker, way: Way): boolean {
    return this.of(way).workers.has(worker);
  }

  /** There may be a worker for it. */
  addShape(shape: Shape, way: Way = 'at-once'): void {
    this.of(way).shapes.put(shape);
  }

  /** There may be a task for it. */
  addWorker(worker: Worker, way: Way = 'at-once'): void {
    this.of(way).workers.put(worker);
    if (way === 'at-once') this.refreshWorker(worker);
  }

  /** Its first task is another one, or it has none. */
  refreshShape(shape: Shape): void {
    this.atOnce.refreshShape(shape);
    this.inQueue.refreshShape(shape);
  }

  /** Its room is another one. */
  refreshWorker(worker: Worker): void {
    this.atOnce.workers.refresh(worker);
    this.inQueue.workers.refresh(worker);
  }

  /** There is no worker for it this way. */
  shapeDone(shape: Shape, way: Way): void {
    this.of(way).shapes.delete(shape);
  }

  /** There is no task for it this way. */
  workerDone(worker: Worker, way: Way): void {
    this.of(way).workers.delete(worker);
  }

  dropWorker(worker: Worker): void {
    this.atOnce.workers.delete(worker);
    this.inQueue.workers.delete(worker);
  }

  private of(way: Way): OneWay {
    return way === 'at-once' ? this.atOnce : this.inQueue;
  }
}
