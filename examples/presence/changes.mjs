// Changes of status lines: which lines are accepted, changes as bytes, and the last 100 of them.
import { nameProblem, Reader, Writer } from 'skein/kernel';
import * as v from 'valibot';

/** @import { Change } from './shape.ts' */

const [historyMax, lineBytesMax, nameBytesMax] = [100, 160, 64];
const noControls = v.regex(/^[^\p{Cc}\p{Cs}]*$/u, 'control characters are not accepted');

export const lineSchema = v.pipe(v.string(), v.maxBytes(lineBytesMax), noControls);

/** @param {readonly Change[]} changes */
export function encodeChanges(changes) {
  const writer = new Writer().varint(changes.length);
  for (const { node, line, at } of changes) writer.text(node).text(line).varint(at);
  return writer.finish();
}

/** Undefined for bytes that are anything else. @param {Uint8Array} bytes @returns {Change[] | undefined} */
export function decodeChanges(bytes) {
  const reader = new Reader(bytes);
  const changes = Array.from({ length: reader.varint(historyMax) }, () => ({
    node: reader.text(nameBytesMax),
    line: reader.text(lineBytesMax),
    at: reader.varint(),
  }));
  const isSound = changes.every(({ node, line }) => !nameProblem(node) && v.is(lineSchema, line));
  return reader.complete && isSound ? changes : undefined;
}

/** The last of both, the same whatever came first. @param {readonly Change[]} history @param {readonly Change[]} changes */
export function merged(history, changes) {
  const all = new Map([...changes, ...history].map((change) => [`${change.at} ${change.node}`, change]));
  const sorted = [...all.values()].sort((a, b) => a.at - b.at || (a.node < b.node ? -1 : 1));
  return sorted.slice(-historyMax);
}
