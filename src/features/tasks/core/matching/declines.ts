/**
 * Workers that have declined tasks: each is passed over for that shape for a while, or until something changes there.
 *
 * Matching calls it. Invariant: what a worker has declined is in its `declined` and among the times here, or in neither.
 */
import { taskLimits } from '../limits.ts';
import { type HeapPlaces, IndexedHeap } from './indexed-heap.ts';
import type { Worker } from './worker.ts';

interface Pause extends HeapPlaces {
  readonly worker: Worker;
  readonly key: string;
  readonly until: number;
}

export class Declines {
  private readonly byTime = new IndexedHeap<Pause>((a, b) => a.until < b.until);
  private readonly byWorker = new Map<Worker, Map<string, Pause>>();

  /** When the next one is over; 0: there is none. */
  get due(): number {
    return this.byTime.first?.until ?? 0;
  }

  /** A worker that declines tasks of very many shapes is passed over for all. */
  add(worker: Worker, shapeKey: string, reason: string, until: number): void {
    const pauses = this.byWorker.get(worker) ?? new Map<string, Pause>();
    this.byWorker.set(worker, pauses);
    const key = pauses.size < taskLimits.taskDeclinedMax ? shapeKey : '';
    const earlier = pauses.get(key);
    if (earlier !== undefined) this.byTime.delete(earlier);
    const pause: Pause = { worker, key, until, heapPlaces: [-1] };
    pauses.set(key, pause);
    this.byTime.put(pause);
    worker.declined.set(key, { until, reason });
  }

  /** Takes out one that is over. */
  takeOver(now: number): Pause | undefined {
    const pause = this.byTime.first;
    if (pause === undefined || pause.until > now) return undefined;
    this.byTime.delete(pause);
    pause.worker.declined.delete(pause.key);
    const pauses = this.byWorker.get(pause.worker);
    pauses?.delete(pause.key);
    if (pauses?.size === 0) this.byWorker.delete(pause.worker);
    return pause;
  }

  /** Something has changed at the worker, or it is gone. */
  clear(worker: Worker): void {
    for (const pause of this.byWorker.get(worker)?.values() ?? []) this.byTime.delete(pause);
    this.byWorker.delete(worker);
    worker.declined.clear();
  }
}
