/**
 * The queued tasks of one shape, in the order of the queue.
 *
 * Each shape has one. Most tasks come last, and the first one is taken: both look at no other task. Ranks may change, but
 * their order does not, so a sorted list in chunks stays sorted; a heap would follow pointers to some twenty tasks for each
 * one that is taken. Invariant: no chunk is empty, and each task knows the chunk that it is in.
 */
import type { QueueEntry } from './ranks.ts';

export interface ListedTask {
  readonly n: number;
  readonly id: string;
  readonly orderedAt: number;
  /** In the queue of all tasks. */
  readonly place: QueueEntry;
  /** Undefined: it is in no list. */
  chunk: TaskChunk | undefined;
}

export interface TaskChunk {
  readonly tasks: ListedTask[];
  /** Unix milliseconds; negative: it was not looked for since the oldest one was taken out. */
  oldest: number;
}

const tasksPerChunkMax = 64;
const unknown = -1;

export class ShapeTasks {
  size = 0;
  first: ListedTask | undefined;
  private readonly chunks: TaskChunk[] = [];

  /** When the oldest of them was ordered: Unix milliseconds. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const chunk of this.chunks) {
      if (chunk.oldest === unknown) chunk.oldest = oldestOf(chunk.tasks);
      oldest = Math.min(oldest, chunk.oldest);
    }
    return oldest;
  }

  add(task: ListedTask): void {
    this.size++;
    const last = this.chunks[this.chunks.length - 1];
    if (last === undefined) {
      this.chunks.push(chunkOf([task]));
      this.first = task;
    } else if (!isBefore(last.tasks[last.tasks.length - 1] as ListedTask, task)) this.insert(task);
    else if (last.tasks.length >= tasksPerChunkMax) this.chunks.push(chunkOf([task]));
    else addTo(last, task, last.tasks.length);
  }

  /** False: it is not in. */
  delete(task: ListedTask): boolean {
    const { chunk } = task;
    if (chunk === undefined) return false;
    task.chunk = undefined;
    this.size--;
    const { tasks } = chunk;
    if (tasks[0] === task) tasks.shift();
    else tasks.splice(tasks.indexOf(task), 1);
    if (task.orderedAt === chunk.oldest) chunk.oldest = unknown;
    if (tasks.length === 0) this.drop(chunk);
    if (this.first === task) this.first = this.chunks[0]?.tasks[0];
    return true;
  }

  private drop(chunk: TaskChunk): void {
    if (this.chunks[0] === chunk) this.chunks.shift();
    else this.chunks.splice(this.chunks.indexOf(chunk), 1);
  }

  private insert(task: ListedTask): void {
    const at = firstIndex(this.chunks, ({ tasks }) => isBefore(task, tasks[tasks.length - 1] as ListedTask));
    const chunk = this.chunks[at] as TaskChunk;
    addTo(
      chunk,
      task,
      firstIndex(chunk.tasks, (other) => isBefore(task, other)),
    );
    if (at === 0) this.first = chunk.tasks[0];
    if (chunk.tasks.length <= tasksPerChunkMax) return;
    this.chunks.splice(at + 1, 0, chunkOf(chunk.tasks.splice(tasksPerChunkMax / 2)));
    chunk.oldest = unknown;
  }
}

function chunkOf(tasks: ListedTask[]): TaskChunk {
  const chunk: TaskChunk = { tasks, oldest: unknown };
  for (const task of tasks) task.chunk = chunk;
  return chunk;
}

function addTo(chunk: TaskChunk, task: ListedTask, index: number): void {
  task.chunk = chunk;
  if (index === chunk.tasks.length) chunk.tasks.push(task);
  else chunk.tasks.splice(index, 0, task);
  if (task.orderedAt < chunk.oldest) chunk.oldest = task.orderedAt;
}

function oldestOf(tasks: readonly ListedTask[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { orderedAt } of tasks) if (orderedAt < oldest) oldest = orderedAt;
  return oldest;
}

function isBefore({ n, place }: ListedTask, other: ListedTask): boolean {
  const rank = place.rank;
  const otherRank = other.place.rank;
  return rank < otherRank || (rank === otherRank && n < other.n);
}

/** Of the first item for which it holds, as it does for all that follow; the length, if for none. */
function firstIndex<T>(items: readonly T[], holds: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const at = (low + high) >>> 1;
    if (holds(items[at] as T)) high = at;
    else low = at + 1;
  }
  return low;
}
