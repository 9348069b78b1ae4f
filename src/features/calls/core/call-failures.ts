/**
 * Why a call came to nothing, in words that a person can act on: what is known, and what is not.
 *
 * Who calls it: the asker. Invariant: the code alone says whether the request may have been carried out (see
 * GUARANTEES.md); the text says no more than is known.
 */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { mebibytes } from '../../../kernel/limits.ts';
import { codeOfNone, type Request } from './calls-types.ts';
import { callLimits } from './limits.ts';
import type { RemoteFailure } from './wire.ts';

/**
 * `unsent`: there is no way to its node for the moment. `asked`: it was sent a while ago, and its node has been
 * asked what has become of it. `taken`: the node works on it. `lost`: the node is out of reach.
 */
export type CallState = 'unsent' | 'sent' | 'asked' | 'taken' | 'lost';

export function nobodyOffers({ service }: Request): Failure {
  return failure('SKEIN_NO_SERVICE', `no node in reach offers ${service}`);
}

const namesShownMax = 3;

/** @param names Of those that offer it, at least one. */
export function nobodyAvailable({ service }: Request, names: readonly string[]): Failure {
  const rest = names.length - namesShownMax;
  const shown = names.slice(0, namesShownMax).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  const text = `no node that offers ${service} is available: not ${shown}; name one of them, or try again later`;
  return failure('SKEIN_NO_SERVICE', text);
}

export function doesNotOffer({ service }: Request, node: string): Failure {
  return failure('SKEIN_NO_SERVICE', `${node} does not offer ${service}`);
}

export function takesNoCalls(node: string): Failure {
  return failure('SKEIN_NO_SERVICE', `${node} takes no calls`);
}

export function tooMany(): Failure {
  const max = `${callLimits.callsUnresolvedMax} calls or ${mebibytes(callLimits.callsBytesMax)} of inputs`;
  return failure('SKEIN_BUSY', `as much as may wait for answers does already: ${max}`);
}

export function tooManyThere({ service }: Request): Failure {
  const max = `${callLimits.callsPerNodeMax} calls or ${mebibytes(callLimits.callsBytesPerNodeMax)} of inputs`;
  const text = `${service}: as much as may wait for one node's answers does already, at all who offer it: ${max}`;
  return failure('SKEIN_BUSY', text);
}

export function tooLarge(byteLength: number): Failure {
  const text = `an input of ${byteLength} bytes is over the limit of ${callLimits.callBytesMax}; send it as a message, or in parts`;
  return failure('SKEIN_TOO_LARGE', text);
}

/** @param triedBefore Others that were busy, or did not have it. */
export function isBusy({ service }: Request, node: string, triedBefore: number): Failure {
  const others = triedBefore === 0 ? '' : ` (as ${triedBefore} asked before)`;
  return failure('SKEIN_BUSY', `${service}: ${node} has more to do than it may keep waiting${others}`);
}

export function isOutOfReach({ service }: Request, node: string): Failure {
  return failure('SKEIN_NO_ROUTE', `${service}: ${node} is out of reach`);
}

export function hasFailed({ service }: Request, node: string, { code, message }: RemoteFailure): Failure {
  const text = code === codeOfNone ? message : `${message} (${code})`;
  return failure('SKEIN_FAILED', `${service} at ${node}: ${text}`, { node, service, code, message });
}

export function wasLost({ service }: Request, node: string): Failure {
  const text = `${service}: ${node} was lost with the call under way: it may have been carried out`;
  return failure('SKEIN_LOST', text);
}

export function answerWasLost({ service }: Request, node: string): Failure {
  return failure('SKEIN_LOST', `${service}: ${node} has carried it out, and its answer is there no more`);
}

const unfinished: Record<CallState, string> = {
  unsent: 'was out of reach: it was not carried out',
  sent: 'did not answer: it may have been carried out',
  asked: 'did not answer: it may have been carried out',
  taken: 'was still working on it',
  lost: 'was lost with the call under way: it may have been carried out',
};

export function timedOut({ service, timeoutMs }: Request, node: string, state: CallState): Failure {
  return failure('SKEIN_TIMEOUT', `${service}: within ${timeoutMs} ms ${node} ${unfinished[state]}`);
}
