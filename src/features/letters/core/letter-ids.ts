/**
 * Ids of letters: nothing but chance, and at the end the time at which each was made.
 *
 * Made by the author. A store has them in its index by their ends, so that a commit writes one or two pages of it and not
 * one for each letter; people know them by their beginnings. Invariant: nobody can know an id before its letter is sent.
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
    return hexOf(new Writer(16).raw(own).u48(now).view());
  }
}
