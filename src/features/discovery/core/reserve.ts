/**
 * Solicitations that this node left to others to answer: each comes up again, should nobody have done so.
 *
 * Who calls it: answering.ts. Who answers is drawn by each node for itself, so that now and then none of a
 * few does, and when the node that asked will ask again is its own affair: several of its solicitations may
 * fall into one second, and the next one seconds later. Invariant: one solicitation per node, its newest; a
 * bounded number; none comes up once it is older than `reserveKeptMs`.
 */
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { discoveryLimits } from './limits.ts';
import type { Solicitation } from './solicitation.ts';

/** A solicitation and when it was heard. */
export interface Heard {
  readonly solicitation: Solicitation;
  readonly at: number;
}

interface Waiting {
  readonly heard: Heard;
  readonly dueAt: number;
}

export class Reserve {
  /** In the order of their times: all wait equally long. */
  private readonly waiting = new Map<NodeId, Waiting>();

  /** Left to others, now or once more. */
  leave(heard: Heard, now: number): void {
    const id = idOf(heard.solicitation.name);
    const known = this.waiting.get(id);
    if (known !== undefined) {
      this.waiting.set(id, { heard, dueAt: known.dueAt });
      return;
    }
    const dueAt = now + discoveryLimits.reserveWaitMs;
    if (dueAt > heard.at + discoveryLimits.reserveKeptMs || this.waiting.size >= discoveryLimits.reserveMax)
      return;
    this.waiting.set(id, { heard, dueAt });
  }

  /** Those whose time has come and is not long past. */
  due(now: number): Heard[] {
    const due: Heard[] = [];
    for (const [id, { heard, dueAt }] of this.waiting) {
      if (dueAt > now) break;
      this.waiting.delete(id);
      // After a suspend all of it is long past.
      if (now <= heard.at + discoveryLimits.reserveKeptMs) due.push(heard);
    }
    return due;
  }

  nextDeadline(): number {
    const [first] = this.waiting.values();
    return first?.dueAt ?? Number.POSITIVE_INFINITY;
  }
}
