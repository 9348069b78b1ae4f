/**
 * The reasons for which discovery dials, and what it makes of those of other features.
 *
 * Who calls it: the discovery behavior and its parts, when they dial and when a dial of somebody comes. Invariant:
 * a reason keeps its byte, since nodes of other versions read it in the hello.
 */
import type { DialPurpose } from '../../../kernel/contracts.ts';
import { featureNumber } from '../../../kernel/identity.ts';

export const discoveryFeature = 'discovery';

/** `direct`: asked for by hand; `seed`: an address that was given; the others are discovery's own. */
export type DialReason = 'direct' | 'seed' | 'answer' | 'degree' | 'reunite';

/** By their bytes in the hello. */
export const dialReasons: readonly DialReason[] = ['direct', 'seed', 'answer', 'degree', 'reunite'];
const discoveryNumber = featureNumber(discoveryFeature);

export function reasonByte(reason: DialReason): number {
  return dialReasons.indexOf(reason);
}

/** A later version's reason counts as 0. Other features dial addresses that they were given, as seeds are dialed. */
export function reasonOf({ feature, reason }: DialPurpose): DialReason {
  if (feature !== discoveryNumber) return 'seed';
  return dialReasons[reason] ?? 'direct';
}
