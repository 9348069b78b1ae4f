/**
 * What handlers say of their progress, on its way to the broker: of each task at most ten times a second, the last of it.
 *
 * Used by the workbench. Invariant: what was said last of a task that runs reaches the broker of the moment, unless that
 * task ends before.
 */
import { keyOf } from './attempt-key.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import { encodeFromMember } from './wire.ts';

interface Said {
  readonly place: AttemptPlace;
  share: number;
  note: string;
  /** Not before. */
  dueAt: number;
}

const never = Number.POSITIVE_INFINITY;

export class Progress {
  private readonly last = new Map<string, Said>();
  private readonly unsaid = new Set<Said>();
  private hasBroker = true;

  say(place: AttemptPlace, share: number, note: string): void {
    const key = keyOf(place);
    const said = this.last.get(key) ?? { place, share, note, dueAt: 0 };
    said.share = share;
    said.note = note;
    this.last.set(key, said);
    this.unsaid.add(said);
  }

  ended(place: AttemptPlace): void {
    const key = keyOf(place);
    const said = this.last.get(key);
    if (said === undefined) return;
    this.last.delete(key);
    this.unsaid.delete(said);
  }

  brokerChanged(): void {
    this.hasBroker = true;
    for (const said of this.last.values()) {
      said.dueAt = 0;
      this.unsaid.add(said);
    }
  }

  /** @param store Of the broker. @param send False: there is none. */
  flush(store: number, now: number, send: (message: Uint8Array) => boolean): void {
    const due = [...this.unsaid].filter(({ place, dueAt }) => place.store === store && dueAt <= now);
    const { tasksPerMessageMax, taskProgressMs } = taskLimits;
    for (let i = 0; i < due.length; i += tasksPerMessageMax) {
      const some = due.slice(i, i + tasksPerMessageMax);
      const items = some.map(({ place: { n, fence }, share, note }) => ({ n, fence, share, note }));
      this.hasBroker = send(encodeFromMember({ type: 'progress', store, items }));
      if (!this.hasBroker) return;
      for (const said of some) {
        said.dueAt = now + taskProgressMs;
        this.unsaid.delete(said);
      }
    }
  }

  nextDeadline(store: number): number {
    let first = never;
    if (!this.hasBroker) return first;
    for (const { place, dueAt } of this.unsaid) if (place.store === store) first = Math.min(first, dueAt);
    return first;
  }
}
