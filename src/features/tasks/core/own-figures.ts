/** What a worker has done since its start, and how long that took: said with each renewal of its lease. */
import { Estimates } from './matching/estimates.ts';
import type { WorkerFigures } from './messages.ts';

export class OwnFigures {
  /** Of the tasks that were done here. */
  readonly estimates = new Estimates();
  private readonly ended = { done: 0, failed: 0, doneMs: 0 };

  done(service: string, ranMs: number): void {
    this.ended.done++;
    this.ended.doneMs += ranMs;
    this.estimates.record(service, { waitedMs: 0, ranMs });
  }

  failed(): void {
    this.ended.failed++;
  }

  /** @param machine How it is doing. */
  with(machine: Pick<WorkerFigures, 'load' | 'freeMemory'>): WorkerFigures {
    const { done, failed, doneMs } = this.ended;
    return { ...machine, done, failed, meanMs: done === 0 ? 0 : doneMs / done };
  }
}
