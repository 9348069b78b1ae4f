/**
 * What has changed since it was last matched: shapes that a worker may fit, and workers that may have room.
 *
 * Matching goes through it. Where nothing is left in it, no queued task fits any worker: only what is in here needs to be
 * looked at. Invariant: shapes come in the order of their lowest tasks, workers by room, or by the length of their queue.
 */
import { IndexedHeap } from './indexed-heap.ts';
import type { Shape } from './shapes.ts';
import { hasMoreQueue, hasMoreRoom, type Way, type Worker } from './worker.ts';

class OneWay {
  readonly shapes: IndexedHeap<Shape>;
  readonly workers: IndexedHeap<Worker>;

  constructor(number: number, isBefore: (a: Worker, b: Worker) => boolean) {
    this.shapes = new IndexedHeap((a, b) => a.rank < b.rank, number);
    this.workers = new IndexedHeap(isBefore, number);
  }

  get size(): number {
    return this.shapes.size + this.workers.size;
  }
}

export class Changed {
  private readonly ways: Readonly<Record<Way, OneWay>> = {
    'at-once': new OneWay(0, hasMoreRoom),
    'in-queue': new OneWay(1, hasMoreQueue),
  };
  private readonly both = Object.values(this.ways);

  get isEmpty(): boolean {
    return this.ways['at-once'].size + this.ways['in-queue'].size === 0;
  }

  /** What to look at next: no task goes to a worker's own queue while one may begin at once. */
  next(): { readonly way: Way; readonly shape?: Shape; readonly worker?: Worker } | undefined {
    for (const way of ['at-once', 'in-queue'] as const) {
      const { shapes, workers } = this.ways[way];
      if (shapes.first !== undefined) return { way, shape: shapes.first };
      if (workers.first !== undefined) return { way, worker: workers.first };
    }
    return undefined;
  }

  has(worker: Worker, way: Way): boolean {
    return this.ways[way].workers.has(worker);
  }

  /** There may be a worker for it. */
  addShape(shape: Shape, way: Way = 'at-once'): void {
    this.ways[way].shapes.put(shape);
  }

  /** There may be a task for it. */
  addWorker(worker: Worker, way: Way = 'at-once'): void {
    this.ways[way].workers.put(worker);
    if (way === 'at-once') this.refreshWorker(worker);
  }

  /** Its first task is another one, or it has none. */
  refreshShape(shape: Shape): void {
    for (const { shapes } of this.both) {
      if (shape.tasks.size === 0) shapes.delete(shape);
      else shapes.refresh(shape);
    }
  }

  /** Its room is another one. */
  refreshWorker(worker: Worker): void {
    for (const { workers } of this.both) workers.refresh(worker);
  }

  /** There is no worker for it this way. */
  shapeDone(shape: Shape, way: Way): void {
    this.ways[way].shapes.delete(shape);
  }

  /** There is no task for it this way. */
  workerDone(worker: Worker, way: Way): void {
    this.ways[way].workers.delete(worker);
  }

  dropWorker(worker: Worker): void {
    for (const { workers } of this.both) workers.delete(worker);
  }
}
