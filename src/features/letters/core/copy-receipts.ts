/**
 * What the program of a letter with two copies is answered: that the swarm has it, and whether its author has it as well.
 *
 * Made by the author. The swarm may be faster than the outbox; then the answer waits until it is known whether the outbox has
 * the letter. Invariant: `both` is said only of what is on two disks; each letter is answered once.
 */
import type { Copies } from './copies.ts';
import { type Outcome, outcomesOf, type StoredOutcome, type Waiting } from './waiting-letter.ts';

interface Answer {
  readonly outcome: StoredOutcome;
  /** Id of the store that has it. */
  readonly store: string;
}

export class CopyReceipts {
  private readonly copies: Copies;
  /** On their way into the outbox. */
  private readonly open = new Map<Waiting, Answer>();

  constructor(copies: Copies) {
    this.copies = copies;
  }

  /** That store has it. @returns what its program is answered now. */
  stored(waiting: Waiting, answer: Answer): Outcome[] {
    if (waiting.kept !== 'asked') return this.answered(waiting, answer);
    this.open.set(waiting, answer);
    return [];
  }

  /** Whether these are in the outbox is known now. @returns what their programs are answered. */
  known(letters: readonly Waiting[]): Outcome[] {
    return letters.flatMap((waiting) => {
      const answer = this.open.get(waiting);
      if (answer === undefined) return [];
      this.open.delete(waiting);
      return this.answered(waiting, answer);
    });
  }

  /** Of what is not answered. */
  *handles(): Iterable<unknown> {
    for (const { handles } of this.open.keys()) yield* handles;
  }

  private answered(waiting: Waiting, { outcome, store }: Answer): Outcome[] {
    const { letter, kept, isAnswered } = waiting;
    // What may be there is looked for like what is.
    if (kept !== 'no') this.copies.stored(letter.id, store);
    return isAnswered ? [] : outcomesOf(waiting, { ...outcome, isInOutbox: kept === 'yes' });
  }
}
