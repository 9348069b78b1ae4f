/** Why a channel came to nothing, in words. Who calls it: the channels behavior. */
import { type Failure, failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { channelLimits } from './limits.ts';
import type { ResetReason } from './wire.ts';

/** What the other end's refusal means. */
export function refused(node: string, protocol: string, reason: ResetReason, text: string): Failure {
  switch (reason) {
    case 'program':
      return failure('SKEIN_REFUSED', `${node} refused a channel for ${protocol}: ${text}`);
    case 'nobody':
      return failure('SKEIN_REFUSED', `no program at ${node} accepts channels for protocol ${protocol}`);
    case 'busy':
      return failure('SKEIN_BUSY', `${node} has as many channels, or requests for them, as it takes`);
    case 'late':
      return failure('SKEIN_TIMEOUT', `the program at ${node} neither accepted nor refused in time`);
    default:
      return wasLost(node, `it refused a channel for ${protocol}: ${text}`);
  }
}

/** The other end has ended the channel early. */
export function reset(node: string, reason: ResetReason, text: string): Failure {
  switch (reason) {
    case 'program':
      return wasLost(node, `the program there gave the channel up${text === '' ? '' : `: ${text}`}`);
    case 'closing':
      return wasLost(node, 'it leaves');
    case 'lost':
      return wasLost(node, 'this node was out of its reach for too long');
    case 'late':
      return wasLost(node, 'nobody there waits for this channel any more');
    default:
      return wasLost(node, 'it does not know the channel any more');
  }
}

export function wasLost(node: string, text: string): Failure {
  return failure('SKEIN_LOST', `the channel to ${node} is lost: ${text}`);
}

export function outOfReach(node: string): Failure {
  return wasLost(node, `it has been out of reach for ${limits.routeGraceMs / 1000} s`);
}

export function restarted(node: string): Failure {
  return wasLost(node, 'it has started anew');
}

export function left(node: string): Failure {
  return wasLost(node, 'it has left');
}

export function silent(node: string): Failure {
  return wasLost(node, 'it does not answer');
}

export function noRoute(node: string): Failure {
  return failure('SKEIN_NO_ROUTE', `there is no route to ${node}`);
}

export function noFeature(node: string): Failure {
  return failure('SKEIN_REFUSED', `${node} runs a version without channels`);
}

export function notAnswered(node: string, timeoutMs: number): Failure {
  return failure('SKEIN_TIMEOUT', `${node} has not accepted the channel within ${timeoutMs} ms`);
}

export function tooMany(node: string): Failure {
  const { channelsPerNodeMax, channelsMax } = channelLimits;
  const text = `${channelsPerNodeMax} channels to ${node}, or ${channelsMax} in all, are open: close some first`;
  return failure('SKEIN_BUSY', text);
}

export function noMemory(): Failure {
  const text = `the windows of all channels are ${channelLimits.channelWindowsBytesMax} bytes: close some, or make them smaller`;
  return failure('SKEIN_BUSY', text);
}

export function closed(node: string): Failure {
  return failure('SKEIN_CLOSED', `node ${node} is closed`);
}

const namesShownMax = 3;

/** @param names Of those that offer it, at least one. */
export function nobodyAvailable(service: string, names: readonly string[]): Failure {
  const rest = names.length - namesShownMax;
  const shown = names.slice(0, namesShownMax).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
  const text = `no node that offers ${service} is available: not ${shown}; name one of them, or try again later`;
  return failure('SKEIN_NO_SERVICE', text);
}
