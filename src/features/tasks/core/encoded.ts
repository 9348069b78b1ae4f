/** Values as they travel: none, and copies of those that would hold the memory of a whole message. */
import type { Encoded } from './tasks-types.ts';

/** Of what has no result. */
export const nothing: Encoded = { encoding: 0, body: new Uint8Array(0) };

const copiedBelowBytes = 16 * 1024;

/** A small body would hold the memory that it came in. */
export function owned(value: Encoded): Encoded {
  return value.body.length < copiedBelowBytes ? { ...value, body: value.body.slice() } : value;
}
