/**
 * Where the frames lie in what a node wrote.
 *
 * Who calls it: whoever looks at writes (`frame-watch.ts`) or changes them (`liar.ts`). Invariant: a node
 * writes whole frames only, after the preface that opens the stream.
 */
import { readU32 } from '../../core/wire/bytes.ts';
import { preface } from '../../core/wire/frame.ts';

const lengthBytes = 4;

/** Frame ranges within one write; undefined where it is not made of whole frames. */
export function frameRanges(bytes: Uint8Array): [start: number, end: number][] | undefined {
  const ranges: [number, number][] = [];
  let at = preface.every((byte, i) => bytes[i] === byte) ? preface.length : 0;
  while (at < bytes.length) {
    const end = at + lengthBytes + (at + lengthBytes <= bytes.length ? readU32(bytes, at) : bytes.length);
    if (end > bytes.length) return undefined;
    ranges.push([at, end]);
    at = end;
  }
  return ranges;
}
