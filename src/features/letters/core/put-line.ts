/**
 * The puts of one author on their way into the store, in the order in which they were sent.
 *
 * Made by the intake for each author that has some. Several are being stored at a time, each naming the letters of the
 * one before it, which must all be in the store; so when one fails those after it fail, too. Invariant: after a failure
 * nothing begins until all that is under way has come back, and then they go again in their order; and after a refusal
 * nothing begins until its author has heard of it, since one that has not sends that put again.
 */
import type { PutErrand } from './errand.ts';
import type { Before, StoredLetter } from './letters-types.ts';
import { letterLimits } from './limits.ts';

export class PutLine {
  /** Being stored, or one of `again`; in order. */
  private underWay: PutErrand[] = [];
  /** Were not stored, and go again once all others have come back. */
  private readonly again = new Set<PutErrand>();
  private behind: PutErrand[] = [];
  /** Some of these was refused, and their author has not heard of it. */
  private readonly unheard = new Set<PutErrand>();
  /** One of `again` is not to be tried at once. */
  private hasToWait = false;
  /** What was given to the store last. */
  private last: Before | null = null;
  /** A put that needs no store ends while the next one is looked for. */
  isProceeding = false;

  add(errand: PutErrand): void {
    this.behind.push(errand);
  }

  /** The one that may go to the store now. It is under way until it has ended or comes again. */
  next(): PutErrand | undefined {
    if (this.again.size > 0 && !this.hasToWait && this.isIdle) this.repeat();
    if (this.unheard.size > 0 || !this.hasRoom) return undefined;
    const errand = this.behind.shift();
    if (errand !== undefined) this.underWay.push(errand);
    return errand;
  }

  /** These letters are given to the store. @returns what must be in it before them. */
  given(letters: readonly StoredLetter[]): Before | null {
    const before = this.underWay.length > 1 ? this.last : null;
    const [first, last] = [letters[0], letters.at(-1)];
    if (first !== undefined && last !== undefined)
      this.last = { first: first.id, last: last.id, count: letters.length };
    return before;
  }

  ended(errand: PutErrand): void {
    this.underWay.splice(this.underWay.indexOf(errand), 1);
    if (this.underWay.length === 0) this.last = null;
  }

  /** Nothing of it is stored, as far as is known. @param isLater Not before a while is over. */
  comesAgain(errand: PutErrand, isLater: boolean): void {
    this.again.add(errand);
    // Nothing of it is decided.
    this.unheard.delete(errand);
    if (isLater) this.hasToWait = true;
  }

  /** Some of this is refused: what is behind it waits until its author has heard of that. */
  refused(errand: PutErrand): void {
    this.unheard.add(errand);
  }

  heard(errand: PutErrand): void {
    this.unheard.delete(errand);
  }

  /** What its author has abandoned it will never hear of, or sends again with all that comes after it. */
  abandon(isCurrent: (errand: PutErrand) => boolean): void {
    for (const errand of this.unheard) if (!isCurrent(errand)) this.unheard.delete(errand);
  }

  get isOver(): boolean {
    return this.unheard.size === 0 && this.isIdle && (this.hasToWait || this.left.length === 0);
  }

  /** Where it is over: those that are to be tried later, in their order. */
  get left(): readonly PutErrand[] {
    return [...this.underWay, ...this.behind];
  }

  private get isIdle(): boolean {
    return this.underWay.length === this.again.size;
  }

  private repeat(): void {
    this.behind = [...this.underWay, ...this.behind];
    this.underWay = [];
    this.last = null;
    this.again.clear();
  }

  private get hasRoom(): boolean {
    return this.again.size === 0 && this.underWay.length < letterLimits.putsUnderWayMax;
  }
}
