/**
 * What matching looks for: the lowest task that fits a worker, the best worker that a task fits, and what a worker
 * passes.
 *
 * But for the counts of passes, pure reads. A worker that is looked at is one look.
 */
import { taskLimits } from '../limits.ts';
import type { ServiceQueue } from './service-queue.ts';
import type { Looks, Shape, Way } from './shapes.ts';
import type { TaskQueue } from './task-queue.ts';
import { hasMoreQueue, hasMoreRoom, type Worker } from './worker.ts';

/** The shape of the lowest task that can come to this worker this way now. */
export function lowestFor(worker: Worker, way: Way, queue: TaskQueue, looks: Looks): Shape | undefined {
  looks.left--;
  const { keptFor } = worker;
  if (keptFor !== undefined) return worker.fits(keptFor, way) ? keptFor : undefined;
  const room = worker.roomFor(way);
  let found: Shape | undefined;
  let below = Number.POSITIVE_INFINITY;
  for (const post of worker.services.values()) {
    if (!worker.hasPlaceAt(post, way)) continue;
    for (const table of queue.service(post.service)?.tablesFor(worker) ?? []) {
      const lower = table.lowest(worker, way, room, below, looks);
      if (lower !== undefined) [found, below] = [lower, lower.rank];
    }
  }
  return found;
}

/** Of the workers that a task of this shape can come to this way, the one with most room, or with the shortest queue. */
export function bestFor(shape: Shape, way: Way, service: ServiceQueue, looks: Looks): Worker | undefined {
  const workers = way === 'at-once' ? service.workers : service.queueing;
  const isBetter = way === 'at-once' ? hasMoreRoom : hasMoreQueue;
  looks.left -= workers.size + 1;
  let best: Worker | undefined;
  for (const worker of workers) {
    if (worker.fits(shape, way) && (best === undefined || isBetter(worker, best))) best = worker;
  }
  return best;
}

/**
 * Counts a pass for the first task of each shape whose rank is lower, that this worker could run with nothing in hand, and
 * that lacks room now: a later one takes it. What lacks a place of its service is not passed: others do not take that one.
 * @returns Of those that were passed often enough and for which no worker is kept free, the lowest.
 */
export function countPassed(
  worker: Worker,
  rank: number,
  queue: TaskQueue,
  looks: Looks,
  isKept: (shape: Shape) => boolean,
): Shape | undefined {
  let found: Shape | undefined;
  const visit = (shape: Shape) => {
    if (!worker.room.isShort(shape.needs) || !worker.suits(shape, 'in-queue')) return;
    shape.passed++;
    if (shape.passed >= taskLimits.taskPassedMax && shape.rank < (found?.rank ?? rank) && !isKept(shape)) {
      found = shape;
    }
  };
  for (const post of worker.services.values()) {
    if (!worker.hasPlaceAt(post, 'at-once')) continue;
    for (const table of queue.service(post.service)?.tablesFor(worker) ?? []) {
      table.each(worker.room.capacity, looks, visit, rank);
    }
  }
  return found;
}
