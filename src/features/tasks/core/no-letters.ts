/** Why the end of a task cannot go to its author as a letter. */
import { type Failure, failure } from '../../../kernel/errors.ts';

/** @param who The node that has none. */
export function noLetters(who: string): Failure {
  return failure(
    'SKEIN_REFUSED',
    `${who} has no letters: order without reply: 'letter', and ask for the result`,
  );
}
