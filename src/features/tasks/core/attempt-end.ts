/**
 * How attempts end: what a handler says, and what of it is handed in.
 *
 * Used by the workbench. Invariant: a result counts whatever its signal has fired for; a failure does not where its handler
 * was stopped.
 */
import { nothing } from './encoded.ts';
import type { AttemptPlace } from './member-events.ts';
import type { HandedIn } from './messages.ts';
import type { Running, StopCause } from './running.ts';
import type { Encoded } from './tasks-types.ts';

/** How a handler has ended. */
export type AttemptEnd =
  | { readonly outcome: 'done'; readonly result: Encoded }
  /** @param isFinal No further attempt. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly isFinal: boolean };

/**
 * What a failure counts as once the signal has fired: what a handler throws then is not its own failure. After the lease
 * it is for the broker to judge.
 */
const failedAs: Readonly<Record<StopCause, HandedIn['outcome']>> = {
  cancelled: 'stopped',
  draining: 'given-back',
  timeout: 'failed',
  lease: 'failed',
};

/** What is said of an attempt without a result. */
export function unfinished({ n, fence }: AttemptPlace, reason: string): Omit<HandedIn, 'outcome'> {
  return { n, fence, reason, result: nothing, isFinal: false };
}

export function handedIn({ place, cause }: Running, end: AttemptEnd): HandedIn {
  const { n, fence } = place;
  if (end.outcome === 'done')
    return { n, fence, outcome: 'done', result: end.result, reason: '', isFinal: false };
  const { reason, isFinal } = end;
  const outcome = cause === undefined ? 'failed' : failedAs[cause];
  return { ...unfinished(place, reason), outcome, isFinal: isFinal && outcome === 'failed' };
}
