/**
 * Results that the worker's disk has refused, until it is tried again with each of them.
 *
 * Used by `OwnResults`. Each waits by itself: a disk without room for a large one may keep small ones meanwhile. The pause of
 * each doubles up to a limit. Invariant: a result is here while it waits, and neither once it is tried nor once it was dropped.
 */
import { keyOf } from './attempt-key.ts';
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import type { KeptResult } from './tasks-types.ts';

/** A result on its way to the disk. */
export interface Keeping {
  readonly kept: KeptResult;
  /** By the disk, so far. */
  readonly refusals: number;
}

interface Waiting extends Keeping {
  readonly againAt: number;
}

const never = Number.POSITIVE_INFINITY;

/** How long what has failed this number of times waits. @param failures From 1. */
export function againMs(failures: number): number {
  return Math.min(taskLimits.taskResultsAgainMs * 2 ** (failures - 1), taskLimits.taskResultsAgainMsMax);
}

export class RefusedResults {
  /** By pause: those of one length become due in the order in which they were added. */
  private readonly byPause = new Map<number, Map<string, Waiting>>();

  add({ kept, refusals }: Keeping, now: number): void {
    const pauseMs = againMs(refusals);
    const waiting = this.byPause.get(pauseMs) ?? new Map<string, Waiting>();
    this.byPause.set(pauseMs, waiting);
    waiting.set(keyOf(kept), { kept, refusals, againAt: now + pauseMs });
  }

  drop(place: AttemptPlace): void {
    for (const waiting of this.byPause.values()) waiting.delete(keyOf(place));
  }

  nextDeadline(): number {
    let first = never;
    for (const waiting of this.byPause.values())
      for (const { againAt } of waiting.values()) {
        first = Math.min(first, againAt);
        break;
      }
    return first;
  }

  /** Takes out those that are due. */
  due(now: number): readonly Keeping[] {
    const due: Keeping[] = [];
    for (const waiting of this.byPause.values())
      for (const [key, each] of waiting) {
        if (each.againAt > now) break;
        waiting.delete(key);
        due.push(each);
      }
    return due;
  }
}
