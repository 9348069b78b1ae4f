/** Reads all that has not ended from the store, page by page: workers first, since what is at one is looked up there. */
import type { Failure } from '../../../../kernel/errors.ts';
import { taskLimits } from '../limits.ts';
import type { AskStore } from '../tasks-shape.ts';
import type { SeenWorker, TaskHead } from '../tasks-types.ts';

export interface OpenRead {
  workers(some: readonly SeenWorker[]): void;
  head(head: TaskHead): void;
  done(): void;
  failed(why: Failure): void;
}

export function readOpen(ask: AskStore, read: OpenRead): void {
  readWorkers(ask, read, '');
}

function readWorkers(ask: AskStore, read: OpenRead, after: string): void {
  ask('workers', { after, limit: taskLimits.workersPerPage }, (completion) => {
    if (!completion.ok) return read.failed(completion.failure);
    const workers = completion.value as readonly SeenWorker[];
    read.workers(workers);
    const last = workers.length < taskLimits.workersPerPage ? undefined : workers.at(-1);
    if (last === undefined) readHeads(ask, read, 0);
    else readWorkers(ask, read, last.name);
  });
}

function readHeads(ask: AskStore, read: OpenRead, after: number): void {
  ask('heads', { after, limit: taskLimits.tasksPerReadMax }, (completion) => {
    if (!completion.ok) return read.failed(completion.failure);
    const heads = completion.value as readonly TaskHead[];
    for (const head of heads) read.head(head);
    const last = heads.length < taskLimits.tasksPerReadMax ? undefined : heads.at(-1);
    if (last === undefined) read.done();
    else readHeads(ask, read, last.n);
  });
}
