/**
 * Finds letters: all pages of a list, and the letter that a shortened id means.
 *
 * Called by the commands of letters. Invariant: a shortened id that fits several letters is never guessed.
 */
import { UsageError } from '../../../cli/kit/exit.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { LetterFilter, LetterStatus } from '../api.ts';

export const idHelp = 'its id, or the first digits of it (at least 4)';
const idDigits = 32;
const candidatesShown = 5;
const digitsShownMin = 8;

export async function allLetters(
  client: ControlClient,
  filter: Omit<LetterFilter, 'after'>,
): Promise<LetterStatus[]> {
  const found: LetterStatus[] = [];
  for (let after = 0; ; ) {
    const { letters } = await client.call('letters', { ...filter, after });
    found.push(...letters);
    const last = letters.at(-1);
    // A page that does not get on would be asked for without end.
    if (last === undefined || last.n <= after) return found;
    after = last.n;
  }
}

/** Its whole id. @throws UsageError for what is no id; Error where there is no such letter, or more than one. */
export async function findLetterId(client: ControlClient, given: string): Promise<string> {
  const prefix = given.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(prefix))
    throw new UsageError(
      `${JSON.stringify(given)} is not the id of a letter: write 4 to ${idDigits} hexadecimal digits, as \`skein letter ls\` shows them`,
    );
  if (prefix.length === idDigits) return prefix;
  const ids = await idsOf(client, prefix);
  const [only, ...others] = ids;
  if (only === undefined) throw unknownLetter(given);
  if (others.length > 0) throw ambiguous(given, ids);
  return only;
}

/** Of letters in the store, and of those in the outbox of the node that is asked. */
async function idsOf(client: ControlClient, prefix: string): Promise<string[]> {
  const waiting = (await client.call('outbox', {})).letters;
  const own = waiting.map(({ id }) => id).filter((id) => id.startsWith(prefix));
  try {
    const stored = (await allLetters(client, {})).map(({ id }) => id).filter((id) => id.startsWith(prefix));
    return [...new Set([...own, ...stored])];
  } catch (error) {
    // Nobody keeps the swarm at the moment: that is why there is an outbox.
    if (own.length > 0) return own;
    throw error;
  }
}

/** @throws Error where there is no such letter. */
export async function findLetter(client: ControlClient, given: string): Promise<LetterStatus> {
  const { letter } = await client.call('letterStatus', { id: await findLetterId(client, given) });
  if (letter === null) throw unknownLetter(given);
  return letter;
}

/** Of ids of letters, or of conversations: the first digits, as many as tell them apart. */
export function digitsShown(all: readonly { readonly id: string }[]): number {
  for (let digits = digitsShownMin; digits < idDigits; digits++)
    if (new Set(all.map(({ id }) => id.slice(0, digits))).size === all.length) return digits;
  return idDigits;
}

function unknownLetter(given: string): Error {
  return new Error(
    `the swarm has no letter ${given}: \`skein letter ls\` lists those that it has; a letter is forgotten a day after it has ended`,
  );
}

function ambiguous(given: string, ids: readonly string[]): Error {
  const more = ids.length > candidatesShown ? ` and ${ids.length - candidatesShown} more` : '';
  return new Error(
    `the ids of ${ids.length} letters begin with ${given}: write more digits of one of ${ids.slice(0, candidatesShown).join(', ')}${more}`,
  );
}
