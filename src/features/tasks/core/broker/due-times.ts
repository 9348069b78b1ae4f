/**
 * When the broker has to look at tasks: those that wait for a time, and those that must have ended by one.
 *
 * Invariant: a task is due at or after its time; one that is not there any more, or has another time, is not found when
 * the time comes. Times are those of the store.
 */
import { EventHeap, type Timed } from '../../../../kernel/parts/event-heap.ts';
import type { TaskHead } from '../tasks-types.ts';

export class DueTimes {
  private heap = new EventHeap<Timed>();

  add({ n, notBefore, deadline, state }: TaskHead): void {
    if (state === 'waiting' && notBefore > 0) this.heap.push({ at: notBefore, number: n });
    if (deadline > 0) this.heap.push({ at: deadline, number: n });
  }

  /** Of the store's time. */
  next(): number {
    return this.heap.peek()?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Places of tasks that may be due, this many at most. */
  due(time: number, limit: number): number[] {
    const due: number[] = [];
    while (due.length < limit && this.next() <= time) due.push((this.heap.pop() as Timed).number);
    return due;
  }

  clear(): void {
    this.heap = new EventHeap();
  }
}
