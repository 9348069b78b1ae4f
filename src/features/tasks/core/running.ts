/**
 * Attempts whose handlers are at work, and why the signals of some have fired.
 *
 * Used by the workbench. Invariant: a signal fires once; a handler that has not returned counts as at work, also where
 * nothing that it does has an effect any more.
 */
import { keyOf } from './attempt-key.ts';
import type { AttemptPlace, WorkEvent } from './member-events.ts';
import type { Assignment } from './messages.ts';

/** Why a signal has fired. */
export type StopCause = 'cancelled' | 'timeout' | 'lease' | 'draining';

export interface Running {
  readonly place: AttemptPlace;
  readonly task: Assignment;
  readonly startedAt: number;
  readonly timeoutAt: number;
  /** Undefined: its signal has not fired. */
  cause: StopCause | undefined;
  /** Its end is said already: what its handler does is not looked at any more. */
  isOver: boolean;
}

const never = Number.POSITIVE_INFINITY;

export class RunningTasks {
  private readonly deliver: (event: WorkEvent) => void;
  private readonly all = new Map<string, Running>();
  /** Not later than the first timeout; only looking moves it on. */
  private firstTimeoutAt = never;

  constructor(deliver: (event: WorkEvent) => void) {
    this.deliver = deliver;
  }

  get count(): number {
    return this.all.size;
  }

  [Symbol.iterator](): Iterator<Running> {
    return this.all.values();
  }

  get(place: AttemptPlace): Running | undefined {
    return this.all.get(keyOf(place));
  }

  begin(place: AttemptPlace, task: Assignment, now: number): void {
    const timeoutAt = task.timeoutMs === 0 ? never : now + task.timeoutMs;
    const running = { place, task, startedAt: now, timeoutAt, cause: undefined, isOver: false };
    this.all.set(keyOf(place), running);
    this.firstTimeoutAt = Math.min(this.firstTimeoutAt, timeoutAt);
    this.deliver({ type: 'begin', place, task });
  }

  /** A cancel counts, whatever its signal has fired for before. */
  stop(running: Running, cause: StopCause, reason: string): void {
    const isFirst = running.cause === undefined;
    if (isFirst || cause === 'cancelled') running.cause = cause;
    if (isFirst) this.deliver({ type: 'stop', place: running.place, reason });
  }

  stopAll(cause: StopCause, reason: string): void {
    for (const running of [...this.all.values()]) this.stop(running, cause, reason);
  }

  /** Its handler has returned. */
  ended(place: AttemptPlace): Running | undefined {
    const running = this.get(place);
    this.all.delete(keyOf(place));
    return running;
  }

  nextDeadline(): number {
    return this.firstTimeoutAt;
  }

  /** Those that take longer than they may, and are not over. */
  overdue(now: number): Running[] {
    if (now < this.firstTimeoutAt) return [];
    const running = [...this.all.values()].filter(({ isOver }) => !isOver);
    const later = running.filter(({ timeoutAt }) => timeoutAt > now);
    this.firstTimeoutAt = Math.min(never, ...later.map(({ timeoutAt }) => timeoutAt));
    return running.filter(({ timeoutAt }) => timeoutAt <= now);
  }
}
