/**
 * How letters of this node stand that the swarm's store does not have: each recipient as it was named.
 *
 * Called by the author. Invariant: it is said of no letter of which the store has anything to say.
 */
import type { Letter, LetterStatus, RecipientStatus } from './letters-types.ts';

/** In place of the names of a letter to all that the swarm has ever seen. */
export const everybody = '*';

export function ownStatus(
  { id, type, sentAt, body, recipients = [everybody] }: Letter,
  from: string,
  how: Omit<RecipientStatus, 'name' | 'attempts'>,
): LetterStatus {
  const stands = recipients.map((name) => ({ name, attempts: 0, ...how }));
  return { id, n: 0, from, type, sentAt, bytes: body.length, recipients: stands };
}
