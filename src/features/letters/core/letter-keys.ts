/**
 * Idempotency keys of letters of this node: of those that wait, and of those that were stored a while ago.
 *
 * Made by the author. A program may repeat a letter whose answer it has just missed, while its store cannot be asked.
 * Invariant: one key is one waiting letter, the one that was sent last; a limited number of stored ones is remembered.
 */
import type { Letter, Stored } from './letters-types.ts';
import { letterLimits } from './limits.ts';

interface Remembered {
  readonly digest: string;
  readonly stored: Stored;
  readonly until: number;
}

export class LetterKeys<Waiting extends { readonly letter: Letter }> {
  private readonly now: () => number;
  private readonly byKey = new Map<string, { readonly letter: Waiting; readonly until: number }>();
  /** In the order in which they were stored. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** A letter that waits under this key, and not for longer than a key counts. */
  waiting(key: string): Waiting | undefined {
    const known = this.byKey.get(key);
    return known !== undefined && this.now() < known.until ? known.letter : undefined;
  }

  /** What became of the same letter, where that is known. */
  stored({ key, digest }: Pick<Letter, 'key' | 'digest'>): Stored | undefined {
    const known = this.remembered.get(key);
    return known?.digest === digest && this.now() < known.until ? known.stored : undefined;
  }

  add(waiting: Waiting): void {
    const { key } = waiting.letter;
    if (key !== '') this.byKey.set(key, { letter: waiting, until: this.now() + letterLimits.letterKeyMs });
  }

  ended(waiting: Waiting): void {
    const { key } = waiting.letter;
    if (this.byKey.get(key)?.letter === waiting) this.byKey.delete(key);
  }

  remember({ key, digest }: Letter, stored: Stored): void {
    if (key === '') return;
    this.remembered.delete(key);
    this.remembered.set(key, { digest, stored, until: this.now() + letterLimits.letterKeyMs });
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > letterLimits.letterKeysRemembered) this.remembered.delete(oldest as string);
  }
}
