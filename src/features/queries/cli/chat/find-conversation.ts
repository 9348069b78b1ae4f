/**
 * The conversation that a shortened id means.
 *
 * Pure. Invariant: a shortened id that fits several conversations is never guessed.
 */
import { UsageError } from '../../../../cli/kit/exit.ts';

const idDigits = 32;
const candidatesShown = 5;

/** What is wrong with an id as it was typed; undefined: nothing. */
export function conversationIdProblem(given: string): string | undefined {
  if (/^[0-9a-f]{4,32}$/i.test(given)) return undefined;
  return `${JSON.stringify(given)} is not the id of a conversation: write 4 to ${idDigits} hexadecimal digits`;
}

/** Its whole id. A whole one need not be among these. @throws UsageError for what is no id; Error where it is none of these, or more than one. */
export function findConversation(known: readonly { readonly id: string }[], given: string): string {
  const problem = conversationIdProblem(given);
  if (problem !== undefined) throw new UsageError(problem);
  const prefix = given.toLowerCase();
  if (prefix.length === idDigits) return prefix;
  const ids = known.map(({ id }) => id).filter((id) => id.startsWith(prefix));
  const [only, ...others] = ids;
  if (only === undefined)
    throw new Error(
      `this node takes part in no conversation ${given}: \`conversations\` lists those that it does; of another one write the whole id`,
    );
  if (others.length === 0) return only;
  const more = ids.length > candidatesShown ? ` and ${ids.length - candidatesShown} more` : '';
  throw new Error(
    `the ids of ${ids.length} conversations begin with ${given}: write more digits of one of ${ids.slice(0, candidatesShown).join(', ')}${more}`,
  );
}
