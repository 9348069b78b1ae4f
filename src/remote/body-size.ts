/**
 * How large the body of one message may be, asked before it is on its way to the node.
 *
 * Who calls it: `skein send`, while it reads standard input. Invariant: a person is told the limit of a
 * message, not that of the request around it.
 */
import { SkeinError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';

/** @throws SkeinError SKEIN_TOO_LARGE */
export function checkBodySize(byteLength: number, source: string): void {
  if (byteLength <= limits.bodyBytesMax) return;
  const text = `the body: ${source} has more than the ${limits.bodyBytesMax} bytes of one message; send it in parts`;
  throw new SkeinError('SKEIN_TOO_LARGE', text);
}
