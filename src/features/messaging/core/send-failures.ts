/**
 * Why a message was not even begun, in words that a person can act on.
 *
 * Who calls it: the sender. Invariant: of what fails so nothing has left this node.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { limits, mebibytes } from '../../../kernel/limits.ts';
import { messagingLimits } from './limits.ts';

export function tooLarge(byteLength: number): Failure {
  const text = `a body of ${byteLength} bytes is over the limit of ${messagingLimits.bodyBytesMax}; send it in several`;
  return failure('SKEIN_TOO_LARGE', text);
}

export function tooMany(): Failure {
  const max = `${limits.unresolvedMax} messages or ${mebibytes(messagingLimits.unresolvedBytesMax)}`;
  return failure('SKEIN_BUSY', `as much as may wait for receipts does already: ${max}`);
}

/** @param node Its name. */
export function tooManyFor(node: string): Failure {
  const max = `${messagingLimits.unresolvedPerNodeMax} messages or ${mebibytes(messagingLimits.unresolvedBytesPerNodeMax)}`;
  return failure('SKEIN_BUSY', `as much as may wait for receipts of ${node} does already: ${max}`);
}
