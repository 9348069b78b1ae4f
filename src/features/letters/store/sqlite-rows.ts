/**
 * Rows of letters as SQLite gives them, and what the operations of letters make of them.
 *
 * Used by `sqlite.ts`. Invariant: nothing here reads or writes the store.
 */
import type {
  Delivery,
  PutOutcome,
  RecipientState,
  RecipientStatus,
  StoredLetter,
} from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

export interface LetterRow {
  readonly n: number;
  readonly id: string;
  readonly author: string;
  readonly recipients: string;
  readonly type: string;
  readonly digest: string;
  readonly via: string;
  readonly sent_at: number;
  readonly encoding: number;
  readonly body: Uint8Array;
  readonly bytes: number;
  readonly pending: number;
  readonly delivered: number;
}

export interface CopyRow {
  readonly recipient: string;
  readonly n: number;
  readonly due: number;
  readonly attempts: number;
  readonly expires_at: number;
  readonly has_failed: number;
  readonly reason: string;
}

export type DeliveredRow = Pick<LetterRow, 'bytes' | 'id' | 'author' | 'delivered'>;

export interface EndRow {
  readonly recipient: string;
  readonly state: RecipientState;
  readonly at: number;
  readonly attempts: number;
  readonly reason: string;
}

export interface Filled {
  readonly letters: number;
  readonly bytes: number;
}

export interface Size {
  readonly due: number;
  readonly bytes: number;
}

export type Reading = Pick<CopyRow, 'due' | 'attempts'> &
  Pick<LetterRow, 'n' | 'id' | 'author' | 'recipients' | 'type' | 'via' | 'sent_at' | 'encoding' | 'body'>;

/** A letter whose id or key is there already. */
export function repeated({ author, digest }: StoredLetter, known: LetterRow): PutOutcome {
  const isSame = known.author === author && known.digest === digest;
  return isSame ? { type: 'repeat', id: known.id, n: known.n } : { type: 'other', id: known.id };
}

/** How many from the beginning fit. */
export function fitting(
  sizes: readonly Size[],
  room: { readonly letters: number; readonly bytes: number; readonly firstBytes: number },
  isWanted: (size: Size) => boolean,
): number {
  let left = room.bytes;
  for (const [count, size] of sizes.entries()) {
    const isTooLarge = size.bytes > (count === 0 ? room.firstBytes : left);
    if (!isWanted(size) || count >= room.letters || isTooLarge) return count;
    left -= size.bytes;
  }
  return sizes.length;
}

export function total(sizes: readonly Size[], count: number): number {
  return sizes.slice(0, count).reduce((sum, { bytes }) => sum + bytes, 0);
}

export function deliveryOf(row: Reading, recipient: string): Delivery {
  const { n, id, author, type, via, encoding, body, attempts, sent_at: sentAt } = row;
  const names = row.recipients.split(' ');
  const recipients = names.length <= letterLimits.letterRecipientsShown ? names : [recipient];
  return { n, id, author, recipients, type, sentAt, attempt: attempts + 1, encoding, body, via };
}

export function endStatus({ recipient: name, state, attempts, at, reason }: EndRow): RecipientStatus {
  return { name, state, attempts, at, ...(reason === '' ? {} : { reason }) };
}
