/**
 * Ids of letters: the time at which each was made, and then nothing but chance.
 *
 * Made by the author. What was made together lies together in the index of a store, so that a commit writes one or two of
 * its pages and not one for each letter. Invariant: nobody can know an id before its letter is sent.
 */

import { hexOf, Writer } from '../../../kernel/wire/bytes.ts';

/** 16 bytes: 6 of time, and these. */
const randomBytes = 10;
/** Chance is drawn for this many at a time, since each draw costs as much as a letter. */
const idsPerDraw = 64;

export class LetterIds {
  private readonly draw: (count: number) => Uint8Array;
  private drawn: Uint8Array = new Uint8Array(0);
  private at = 0;

  constructor(draw: (count: number) => Uint8Array) {
    this.draw = draw;
  }

  /** @param now Unix milliseconds. @returns 32 hexadecimal digits. */
  next(now: number): string {
    if (this.at === this.drawn.length) {
      this.drawn = this.draw(idsPerDraw * randomBytes);
      this.at = 0;
    }
    const own = this.drawn.subarray(this.at, this.at + randomBytes);
    this.at += randomBytes;
    return hexOf(new Writer(16).u48(now).raw(own).view());
  }
}
