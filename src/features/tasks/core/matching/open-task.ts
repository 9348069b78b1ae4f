/**
 * A task that has not ended, as matching knows it: queued, offered to a worker, or claimed by one.
 *
 * The task queue makes them, one for each time that a task comes to be queued. All that matching knows of the task is in
 * here, so that a change of it costs one search by its place in the store. Invariant: it has a place in the queue while it
 * is queued or offered, is in the list of its shape while it is queued, and in the hand of `worker` while it is offered or
 * claimed.
 */
import type { Requirements } from '../requirements.ts';
import type { Priority, TaskHead, TaskId } from '../tasks-types.ts';
import type { QueueEntry } from './ranks.ts';
import type { ListedTask, TaskChunk } from './shape-tasks.ts';
import type { Shape } from './shapes.ts';
import type { Held, Worker } from './worker.ts';

/** Of a task that is claimed. */
export const noPlace: QueueEntry = { n: 0, rank: Number.POSITIVE_INFINITY };

export class OpenTask implements ListedTask, Held {
  readonly n: number;
  readonly id: TaskId;
  readonly orderedAt: number;
  readonly service: string;
  readonly needs: Requirements;
  readonly priority: Priority;
  readonly shape: Shape;
  place: QueueEntry;
  chunk: TaskChunk | undefined = undefined;
  worker: Worker | undefined = undefined;
  life = 0;
  state: Held['state'] = 'queued';
  isWaiting = false;
  since = 0;

  constructor({ n, id, orderedAt, service, priority }: TaskHead, shape: Shape, place: QueueEntry) {
    this.n = n;
    this.id = id;
    this.orderedAt = orderedAt;
    this.service = service;
    this.needs = shape.needs;
    this.priority = priority;
    this.shape = shape;
    this.place = place;
  }

  /** Queued or offered. */
  get isInQueue(): boolean {
    return this.place !== noPlace;
  }
}
