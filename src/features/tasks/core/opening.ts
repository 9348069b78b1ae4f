/**
 * What a worker says to each broker first, and whenever it changes: the services that it works on, and what it has in hand.
 *
 * Used by the workbench. Each time has a number: what was assigned under an earlier one is not begun, since the broker has
 * heard meanwhile that it is not in hand. Invariant: a node that was never at work says nothing.
 */
import { taskLimits } from './limits.ts';
import type { AttemptPlace } from './member-events.ts';
import type { FromMember } from './messages.ts';
import { encodeFromMember } from './wire.ts';

type Work = Extract<FromMember, { type: 'work' }>;

interface Hand {
  readonly running: Iterable<{ readonly place: AttemptPlace; readonly isOver: boolean }>;
  readonly waiting: Iterable<{ readonly n: number; readonly fence: number }>;
  /** Ends that are not settled. */
  readonly ended: readonly AttemptPlace[];
}

export class Opening {
  /** Of the last time, or above it: what was assigned under an earlier one is not begun. */
  number = 0;
  /** Not said to the broker of the moment. */
  private isUnsaid = false;
  /** It was said before to this broker that this node works. */
  private isKnown = false;

  changed(): void {
    this.isUnsaid = true;
  }

  /** What was assigned until now is not begun, and the broker is to hear so. */
  void(): void {
    this.number++;
    this.isUnsaid = true;
  }

  brokerChanged(): void {
    this.isUnsaid = true;
    this.isKnown = false;
  }

  /** @param isAtWork There is something for which the broker has to know this node as a worker. */
  isToSay(isAtWork: boolean): boolean {
    return this.isUnsaid && (isAtWork || this.isKnown);
  }

  /** @returns false: there is no broker. */
  say(
    work: Omit<Work, 'type' | 'opening' | 'inHand'>,
    hand: Hand,
    send: (message: Uint8Array) => boolean,
  ): boolean {
    const opening = this.number + 1;
    const inHand = inHandOf(hand, work.store);
    if (!send(encodeFromMember({ type: 'work', ...work, opening, inHand }))) return false;
    this.number = opening;
    this.isUnsaid = false;
    this.isKnown = true;
    return true;
  }
}

/** Of the store of the broker. Those that could still be begun twice come first. */
function inHandOf({ running, waiting, ended }: Hand, store: number): Work['inHand'] {
  const atWork = [...running].filter(({ place, isOver }) => place.store === store && !isOver);
  return [
    ...atWork.map(({ place: { n, fence } }) => ({ n, fence, state: 'running' as const })),
    ...[...waiting].map(({ n, fence }) => ({ n, fence, state: 'assigned' as const })),
    ...ended.map(({ n, fence }) => ({ n, fence, state: 'ended' as const })),
  ].slice(0, taskLimits.tasksInHandMax);
}
