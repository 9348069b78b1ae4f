/**
 * How large the body of one message may be, asked before it is on its way to the node.
 *
 * Who calls it: `skein send`, while it reads standard input. Invariant: a person is told the limit of a
 * message, not that of the request around it.
 */

import { messagingLimits } from '../features/messaging/core/limits.ts';
import { SkeinError } from '../kernel/errors.ts';

/** @throws SkeinError SKEIN_TOO_LARGE */
export function checkBodySize(byteLength: number, source: string): void {
  if (byteLength <= messagingLimits.bodyBytesMax) return;
  const text = `the body: ${source} has more than the ${messagingLimits.bodyBytesMax} bytes of one message; send it in parts`;
  throw new SkeinError('SKEIN_TOO_LARGE', text);
}
