/**
 * Finds letters: all pages of a list, and the letter that a shortened id means.
 *
 * Called by the commands of letters. Invariant: a shortened id that fits several letters is never guessed.
 */
import { findId, type IdKind } from '../../../cli/kit/short-id.ts';
import { allPages } from '../../../kit/list-pages.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { LetterFilter, LetterStatus } from '../api.ts';

const letter: IdKind = {
  noun: 'letter',
  shownBy: 'as `skein letter ls` shows them',
  unknown: (given) =>
    `the swarm has no letter ${given}: \`skein letter ls\` lists those that it has; a letter is forgotten a day after it has ended`,
};

export function allLetters(
  client: ControlClient,
  filter: Omit<LetterFilter, 'after'>,
): Promise<LetterStatus[]> {
  return allPages({ what: 'letters.list', begin: 0, placeOf: ({ n }: LetterStatus) => n }, async (after) => {
    const { letters } = await client.call('letters', { ...filter, after });
    // How many are in a page its broker decides.
    return { items: letters, isMore: letters.length > 0 };
  });
}

/** Its whole id. @throws UsageError for what is no id; Error where there is no such letter, or more than one. */
export async function findLetterId(client: ControlClient, given: string): Promise<string> {
  return findId(letter, given, (prefix) => idsOf(client, prefix));
}

/** Of letters in the store, and of those in the outbox of the node that is asked. */
async function idsOf(client: ControlClient, prefix: string): Promise<string[]> {
  const waiting = (await client.call('outbox', {})).letters;
  const own = waiting.map(({ id }) => id).filter((id) => id.startsWith(prefix));
  try {
    return [...own, ...(await allLetters(client, {})).map(({ id }) => id)];
  } catch (error) {
    // Nobody keeps the swarm at the moment: that is why there is an outbox.
    if (own.length > 0) return own;
    throw error;
  }
}

/** @throws Error where there is no such letter. */
export async function findLetter(client: ControlClient, given: string): Promise<LetterStatus> {
  const found = await client.call('letterStatus', { id: await findLetterId(client, given) });
  if (found.letter === null) throw new Error(letter.unknown(given));
  return found.letter;
}
