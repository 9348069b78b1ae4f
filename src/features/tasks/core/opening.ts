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
  /** What the program has said, counted: the last of all, of those that were said, and of those that the broker has heard. */
  private last = 0;
  private said = 0;
  private heard = 0;
  /** The renewal that was sent after what was said, whose answer shows that it was heard. */
  private asked: { readonly renewal: number; readonly word: number } | undefined;

  changed(): void {
    this.isUnsaid = true;
  }

  /** The program has said what it works on. @returns The number of that word. */
  worksOn(): number {
    this.changed();
    return ++this.last;
  }

  /** What was assigned until now is not begun, and the broker is to hear so. */
  void(): void {
    this.number++;
    this.isUnsaid = true;
  }

  brokerChanged(): void {
    this.isUnsaid = true;
    this.isKnown = false;
    this.said = 0;
    this.asked = undefined;
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
    this.said = this.last;
    return true;
  }

  /** The program waits to hear that the broker knows of its work. */
  get isToAsk(): boolean {
    return this.said > Math.max(this.heard, this.asked?.word ?? 0);
  }

  renewalSent(renewal: number): void {
    if (this.isToAsk) this.asked = { renewal, word: this.said };
  }

  /** @returns The last word of the program that the broker has heard, where that is news. */
  renewed(renewal: number): number | undefined {
    if (this.asked === undefined || renewal < this.asked.renewal) return undefined;
    this.heard = this.asked.word;
    this.asked = undefined;
    return this.heard;
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
