/**
 * A worker's own queue: priority 1 goes to the front (next after what runs), 2 to the middle, 3 to the end.
 *
 * The worker begins with what is in it as room allows, and the broker keeps the same queue to know what that is. Smaller
 * tasks pass one that lacks room, until it was passed `taskPassedMax` times: then those behind it wait for it. One that
 * waits for a place of its service blocks nobody: tasks of other services do not take that place.
 */
import { taskLimits } from '../limits.ts';
import type { Priority } from '../tasks-types.ts';

/** Whether a task can begin now, or what it lacks. */
export type Fit = 'fits' | 'lacks-room' | 'lacks-place';

interface Waiting<T> {
  readonly item: T;
  passed: number;
}

export class LocalQueue<T> {
  private readonly waiting: Waiting<T>[] = [];

  get size(): number {
    return this.waiting.length;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const { item } of this.waiting) yield item;
  }

  add(item: T, priority: Priority): void {
    const { length } = this.waiting;
    const at = priority === 1 ? 0 : priority === 2 ? Math.ceil(length / 2) : length;
    this.waiting.splice(at, 0, { item, passed: 0 });
  }

  delete(item: T): boolean {
    const at = this.waiting.findIndex((one) => one.item === item);
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }

  /** Takes out the next task that can begin now. */
  takeNext(fitOf: (item: T) => Fit): T | undefined {
    const passed: Waiting<T>[] = [];
    for (const [at, one] of this.waiting.entries()) {
      const answer = fitOf(one.item);
      if (answer === 'fits') {
        for (const left of passed) left.passed++;
        this.waiting.splice(at, 1);
        return one.item;
      }
      if (answer === 'lacks-place') continue;
      if (one.passed >= taskLimits.taskPassedMax) return undefined;
      passed.push(one);
    }
    return undefined;
  }
}
