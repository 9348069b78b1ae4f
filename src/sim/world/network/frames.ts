/**
 * Where the frames lie in what nodes write and read.
 *
 * Who calls it: whoever looks at writes (`frame-watch.ts`), at what arrives (`flood-watch.ts`) or changes it
 * (`liar.ts`). Invariant: a node writes whole frames only, after the preface that opens the stream; what
 * arrives may be a piece of a write.
 */
import { concatenate, readU32 } from '../../../kernel/wire/bytes.ts';
import { preface } from '../../../kernel/wire/frame.ts';

const lengthBytes = 4;

type Ranges = [start: number, end: number][];

/** Frame ranges within one write; undefined where it is not made of whole frames. */
export function frameRanges(bytes: Uint8Array): Ranges | undefined {
  const { ranges, end } = wholeFrames(bytes, afterPreface(bytes));
  return end === bytes.length ? ranges : undefined;
}

/** Puts together what arrives of one stream, from its first byte on. */
export class ArrivingFrames {
  /** What has come of a frame that is not whole yet; undefined at the very beginning. */
  private rest: Uint8Array | undefined;

  /** The frames that are whole by now; they may lie in the memory of the piece. */
  push(piece: Uint8Array): { readonly bytes: Uint8Array; readonly ranges: Ranges } {
    const { rest = nothing } = this;
    const bytes = rest.length === 0 ? piece : concatenate([rest, piece]);
    const { ranges, end } = wholeFrames(bytes, this.rest === undefined ? afterPreface(bytes) : 0);
    this.rest = end === bytes.length ? nothing : bytes.slice(end);
    return { bytes, ranges };
  }
}

const nothing = new Uint8Array();

function afterPreface(bytes: Uint8Array): number {
  return preface.every((byte, i) => bytes[i] === byte) ? preface.length : 0;
}

function wholeFrames(bytes: Uint8Array, from: number): { readonly ranges: Ranges; readonly end: number } {
  const ranges: Ranges = [];
  let at = from;
  while (at + lengthBytes <= bytes.length) {
    const end = at + lengthBytes + readU32(bytes, at);
    if (end > bytes.length) break;
    ranges.push([at, end]);
    at = end;
  }
  return { ranges, end: at };
}
