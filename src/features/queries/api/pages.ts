/** Pages of long answers: bounded by entries and by the length of their JSON, with the place to go on from. */
import { SkeinError } from '../../../kernel/errors.ts';
import { shown } from '../../../kit/arguments.ts';
import { queryLimits } from '../core/limits.ts';

export interface Page<Item, Place> {
  readonly items: readonly Item[];
  /** Undefined: these are all. */
  readonly next: Place | undefined;
}

/** @param mayHaveMore There are entries after these. */
export function pageOf<Item, Place>(
  items: readonly Item[],
  placeOf: (item: Item) => Place,
  mayHaveMore = false,
): Page<Item, Place> {
  const { queryPageMax, queryPageLengthMax } = queryLimits;
  let length = 0;
  const kept = items.slice(0, queryPageMax).filter((item, at) => {
    length += JSON.stringify(item).length;
    return at === 0 || length <= queryPageLengthMax;
  });
  const last = kept.at(-1);
  const isWhole = kept.length === items.length && !mayHaveMore;
  return { items: kept, next: last === undefined || isWhole ? undefined : placeOf(last) };
}

/** Of sorted names, those after this one. */
export function namesAfter(names: readonly string[], after: string | undefined): readonly string[] {
  return after === undefined ? names : names.filter((name) => name > after);
}

/** `{ after }`, or nothing. @throws SkeinError SKEIN_INVALID */
export function afterName(query: string, input: unknown): string | undefined {
  const { after } = fieldsOf(query, input, ['after']);
  if (after === undefined || typeof after === 'string') return after;
  throw wrongInput(query, '"after" is text, as "next" of the page before', after);
}

/** @throws SkeinError SKEIN_INVALID for what is no object, and for a field that there is not. */
export function fieldsOf(
  query: string,
  input: unknown,
  accepted: readonly string[],
): Record<string, unknown> {
  if (input === null) return {};
  const words = accepted.map((name) => `"${name}"`).join(' and ');
  if (typeof input !== 'object' || Array.isArray(input))
    throw wrongInput(query, `its input is nothing, or an object with ${words}`, input);
  const unknown = Object.keys(input).find((name) => !accepted.includes(name));
  if (unknown !== undefined) throw wrongInput(query, `its input may have ${words}`, unknown);
  return input as Record<string, unknown>;
}

export function wrongInput(query: string, accepted: string, given: unknown): SkeinError {
  return new SkeinError('SKEIN_INVALID', `${query}: ${accepted}, got ${shown(given)}`);
}
