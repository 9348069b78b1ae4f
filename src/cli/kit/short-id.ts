/**
 * Ids as people write and read them: whole, or their first digits.
 *
 * Used by every command that takes or lists ids of letters, tasks or conversations. Pure, but for the list that a command
 * asks for. Invariant: a shortened id that fits several things is never guessed.
 */
import { UsageError } from './exit.ts';

/** Things of one kind that have ids. */
export interface IdKind {
  /** `letter`. */
  readonly noun: string;
  /** What shows their ids, as the end of a hint: ``as `skein letter ls` shows them``. */
  readonly shownBy?: string;
  /** What to say where there is none with this id. */
  unknown(given: string): string;
}

export const idHelp = 'its id, or the first digits of it (at least 4)';

const idDigits = 32;
const candidatesShown = 5;
const digitsShownMin = 8;

/** What is wrong with an id as it was typed; undefined: nothing. */
export function idProblem({ noun, shownBy }: IdKind, given: string): string | undefined {
  if (/^[0-9a-f]{4,32}$/i.test(given)) return undefined;
  const article = /^[aeiou]/.test(noun) ? 'an' : 'a';
  const hint = shownBy === undefined ? '' : `, ${shownBy}`;
  return `${JSON.stringify(given)} is not the id of ${article} ${noun}: write 4 to ${idDigits} hexadecimal digits${hint}`;
}

/**
 * The whole id. One that was given whole need not be among the known ones.
 *
 * @throws UsageError for what is no id; Error where it is none of these, or more than one.
 */
export function chooseId(kind: IdKind, given: string, known: Iterable<string>): string {
  const problem = idProblem(kind, given);
  if (problem !== undefined) throw new UsageError(problem);
  const prefix = given.toLowerCase();
  if (isWhole(prefix)) return prefix;
  const ids = [...new Set(known)].filter((id) => id.startsWith(prefix));
  const [only, ...others] = ids;
  if (only === undefined) throw new Error(kind.unknown(given));
  if (others.length === 0) return only;
  const more = ids.length > candidatesShown ? ` and ${ids.length - candidatesShown} more` : '';
  throw new Error(
    `the ids of ${ids.length} ${kind.noun}s begin with ${given}: write more digits of one of ${ids.slice(0, candidatesShown).join(', ')}${more}`,
  );
}

/** As `chooseId`; the known ids are asked for only where that is needed. @param list Gets the digits in lower case. */
export async function findId(
  kind: IdKind,
  given: string,
  list: (prefix: string) => Promise<Iterable<string>>,
): Promise<string> {
  const isShort = !isWhole(given) && idProblem(kind, given) === undefined;
  return chooseId(kind, given, isShort ? await list(given.toLowerCase()) : []);
}

/** Of ids in a table: the first digits, as many as tell them apart. */
export function digitsShown(all: readonly { readonly id: string }[]): number {
  for (let digits = digitsShownMin; digits < idDigits; digits++)
    if (new Set(all.map(({ id }) => id.slice(0, digits))).size === all.length) return digits;
  return idDigits;
}

function isWhole(given: string): boolean {
  return given.length === idDigits;
}
