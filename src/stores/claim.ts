/**
 * The claim of a broker on a store: the highest epoch writes, and every other one is refused.
 *
 * Used by each store, which keeps the epoch beside what features store. Invariant: the epoch of a store only rises; an
 * operation of a broker whose claim is not the last one leaves nothing in the store.
 */
import { SkeinError } from '../kernel/errors.ts';

/** Whose part of the store it is that claims; `claim` is a verb of the store itself, beside those of the feature. */
export const claimingPart = 'swarm';
export const claimVerb = 'claim';

/**
 * Verbs of a store itself besides: what it is, and the word that is kept beside it of which store the swarm's is. They
 * ask for no claim: also who writes nothing may look, and remember.
 */
export const lookVerb = 'look';
export const noteVerb = 'note';

export function isClaim(feature: string, verb: string): boolean {
  return feature === claimingPart && verb === claimVerb;
}

/** What became of a claim. */
export interface Claim {
  /** False: the epoch is not above that of the store. Claim again above it. */
  readonly isClaimed: boolean;
  /** The epoch of the store now. */
  readonly epoch: number;
  /** Of the store, 32 hexadecimal digits. */
  readonly id: string;
}

/** What is where a store is, or would be. */
export interface Look {
  /** Of the store that is there, 32 hexadecimal digits. Null: there is none. Undefined: it was not opened to see. */
  readonly id: string | null | undefined;
  /** What was noted last; null: nothing. */
  readonly note: unknown;
  /** What people call the machine. */
  readonly host: string;
}

/** Whether a store that is there is opened to see which one it is, and one that is not is made. */
export type LookHow = 'closed' | 'open' | 'make';

/** @throws SkeinError SKEIN_INVALID for what is no epoch. */
export function decideClaim(wanted: unknown, { epoch: stored, id }: Pick<Claim, 'epoch' | 'id'>): Claim {
  if (!Number.isSafeInteger(wanted) || (wanted as number) < 1)
    throw new SkeinError('SKEIN_INVALID', `claim: an epoch is a whole number from 1, got ${String(wanted)}`);
  const isClaimed = (wanted as number) > stored;
  return { isClaimed, epoch: isClaimed ? (wanted as number) : stored, id };
}

/** @param epoch Of the store. @param own Of the broker that asked. */
export function claimedByAnother(epoch: number, own: number): SkeinError {
  return new SkeinError(
    'SKEIN_STORE_CLAIMED',
    `another broker has claimed the store with epoch ${epoch}, and this one has ${own}: nothing was written; claim above it`,
    { details: { epoch } },
  );
}
