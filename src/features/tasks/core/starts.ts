/**
 * Attempts that have begun, until the broker has heard of it: after a while, or with their end.
 *
 * Used by the workbench. An attempt that ends soon says with its end how long it ran, so that most starts cost no message
 * and no operation of the store. Invariant: a start is said once at most.
 */
import { keyOf } from './attempt-key.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import { encodeFromMember } from './wire.ts';

const never = Number.POSITIVE_INFINITY;

export class Starts {
  /** The oldest first. */
  private readonly unsaid = new Map<string, { readonly place: AttemptPlace; readonly sayAt: number }>();

  begun(place: AttemptPlace, now: number): void {
    this.unsaid.set(keyOf(place), { place, sayAt: now + taskLimits.taskStartedMs });
  }

  /** It need not be said any more. @returns how long it ran. Undefined: its start was said, or it has not begun. */
  ended(place: AttemptPlace, now: number): number | undefined {
    const key = keyOf(place);
    const unsaid = this.unsaid.get(key);
    if (unsaid === undefined) return undefined;
    this.unsaid.delete(key);
    return Math.round(now - unsaid.sayAt + taskLimits.taskStartedMs);
  }

  /**
   * Says those that are due. What cannot be sent now the next broker does not need: it hears what is in hand.
   * @param store Of the broker.
   */
  flush(store: number, now: number, send: (message: Uint8Array) => unknown): void {
    const due = this.due(now);
    for (let i = 0; i < due.length; i += taskLimits.tasksInHandMax) {
      const attempts = due.slice(i, i + taskLimits.tasksInHandMax);
      send(encodeFromMember({ type: 'started', store, attempts }));
    }
  }

  nextDeadline(): number {
    for (const { sayAt } of this.unsaid.values()) return sayAt;
    return never;
  }

  clear(): void {
    this.unsaid.clear();
  }

  private due(now: number): AttemptPlace[] {
    const due: AttemptPlace[] = [];
    for (const [key, { place, sayAt }] of this.unsaid) {
      if (sayAt > now) break;
      this.unsaid.delete(key);
      due.push(place);
    }
    return due;
  }
}
