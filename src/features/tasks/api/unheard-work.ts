/**
 * Work that the broker has not heard of yet, and who waits until it has.
 *
 * Used by `Working`. All that a program works on is said again with each change, under a number that rises: its word.
 * Invariant: what was said with a word is heard once the broker has heard that word or a later one.
 */
import type { SkeinError } from '../../../kernel/errors.ts';

interface Unheard<Work> {
  readonly work: Work;
  word: number;
  readonly heard: () => void;
  readonly failed: (error: SkeinError) => void;
}

export class UnheardWork<Work> {
  private waiting: Unheard<Work>[] = [];
  /** The latest word that the broker has heard. */
  private heardWord = 0;

  /** @returns Resolves once the broker has heard this word, in which that work was. Rejects where it is closed before. */
  said(work: Work, word: number): Promise<void> {
    const known = new Promise<void>((heard, failed) => this.waiting.push({ work, word, heard, failed }));
    this.known(this.heardWord);
    return known;
  }

  known(word: number): void {
    this.heardWord = Math.max(this.heardWord, word);
    const heard = this.waiting.filter((each) => each.word <= this.heardWord);
    this.waiting = this.waiting.filter((each) => each.word > this.heardWord);
    for (const each of heard) each.heard();
  }

  /** The kernel has changed, and counts from the start: nothing was said to that one. */
  forgotten(): void {
    this.heardWord = 0;
    for (const each of this.waiting) each.word = Number.POSITIVE_INFINITY;
  }

  /** All that is worked on was said to it, with this word. */
  saidAgain(word: number): void {
    for (const each of this.waiting) each.word = Math.min(each.word, word);
    this.known(this.heardWord);
  }

  closed(work: Work, why: SkeinError): void {
    const closed = this.waiting.filter((each) => each.work === work);
    this.waiting = this.waiting.filter((each) => each.work !== work);
    for (const { failed } of closed) failed(why);
  }

  end(why: SkeinError): void {
    for (const { failed } of this.waiting.splice(0)) failed(why);
  }
}
