/** Letters as the answer of `state`: how they stand, without what they say. */
import type { LetterStatus } from '../../letters/api.ts';
import { queryLimits } from '../core/limits.ts';
import type { LettersPage } from './built-in-results.ts';
import { pageOf, wrongInput } from './pages.ts';

/** @param listed A page of the store, the oldest first: where it is full there may be more. */
export function letterPage(listed: readonly LetterStatus[]): LettersPage {
  const all = listed.map(({ id, n, from, type, sentAt, bytes, recipients }) => ({
    ...{ id, n, from, type, sentAt, bytes },
    recipients: recipients
      .slice(0, queryLimits.queryNamesShownMax)
      .map(({ name, state }) => ({ name, state })),
    recipientCount: recipients.length,
  }));
  const { items, next } = pageOf(all, ({ n }) => n, listed.length >= queryLimits.queryPageMax);
  return { letters: items, ...(next === undefined ? {} : { next }) };
}

/** @throws SkeinError SKEIN_INVALID */
export function letterPosition(after: unknown): number | undefined {
  if (after === undefined || (Number.isSafeInteger(after) && (after as number) >= 0)) return after as number;
  throw wrongInput('state', '"after" is a whole number, as "next" of the page before', after);
}
