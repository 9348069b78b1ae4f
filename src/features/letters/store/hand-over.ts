/**
 * Letters that wait in another store, for the one that takes them: under their ids, each author's in its order.
 *
 * Called for `skein store merge`. What has failed there stays there: only people send it again. Invariant: a letter waits
 * in the store that takes it before it is settled in the one that gives it, so that one which was interrupted is done again.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { HandedOver, Handover, MergeTerms } from '../../../stores/sqlite/part.ts';
import type { LettersShape, PutOutcome, SettleItem, StoredLetter } from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

interface Row extends Omit<StoredLetter, 'recipients' | 'sentAt' | 'notBefore' | 'expiresAt'> {
  readonly n: number;
  readonly sent_at: number;
}

interface WaitingCopy {
  readonly recipient: string;
  readonly due: number;
  readonly wait_ms: number;
  readonly expires_at: number;
}

interface Waiting {
  readonly n: number;
  readonly letter: StoredLetter;
}

export function* lettersHandedOver(from: SqliteDatabase, terms: MergeTerms): Iterable<Handover> {
  const letters = from.prepare(
    `SELECT l.*, coalesce((SELECT key FROM letters_key WHERE n = l.n), '') AS key FROM letters_letter l
     WHERE l.n > ? AND EXISTS (SELECT 1 FROM letters_copy c WHERE c.n = l.n AND c.has_failed = 0)
     ORDER BY l.n LIMIT 1`,
  );
  // Without an index by letter: its recipients are known.
  const copy = from.prepare('SELECT * FROM letters_copy WHERE recipient = ? AND n = ? AND has_failed = 0');
  let step: Waiting[] = [];
  let bytes = 0;
  for (let n = 0; ; ) {
    const row = letters.get(n) as (Row & { readonly recipients: string }) | undefined;
    if (row === undefined) break;
    n = row.n;
    const copies = row.recipients
      .split(' ')
      .flatMap((name) => (copy.get(name, n) as WaitingCopy | undefined) ?? []);
    const isFull = step.length === letterLimits.lettersPerPutMax;
    if (isFull || (step.length > 0 && bytes + row.body.length > letterLimits.lettersPerReadBytesMax)) {
      yield handover(step, terms);
      step = [];
      bytes = 0;
    }
    step.push({ n, letter: letterOf(row, copies, terms) });
    bytes += row.body.length;
  }
  if (step.length > 0) yield handover(step, terms);
}

function letterOf(
  { id, author, type, key, digest, via, sent_at: sentAt, encoding, body }: Row,
  copies: readonly WaitingCopy[],
  { now, aheadMs, fromAheadMs }: MergeTerms,
): StoredLetter {
  // As long to wait as there, by the time of the store that takes it.
  const time = now + fromAheadMs;
  const dues = copies.map(({ due, wait_ms }) =>
    due === 0 ? 0 : Math.min(due, time + wait_ms) - fromAheadMs + aheadMs,
  );
  const notBefore = Math.min(...dues);
  const expiresAt = Math.max(...copies.map(({ expires_at }) => expires_at)) - fromAheadMs + aheadMs;
  const recipients = copies.map(({ recipient }) => recipient);
  return { id, author, recipients, type, key, digest, via, sentAt, encoding, body, notBefore, expiresAt };
}

function handover(step: readonly Waiting[], { into, now, aheadMs, fromAheadMs }: MergeTerms): Handover {
  const letters = step.map(({ letter }) => letter);
  const input: Parameters<LettersShape['store']['put']>[0] = {
    now,
    time: now + aheadMs,
    before: null,
    letters,
  };
  return {
    put: { verb: 'put', input: input as never },
    taken(answer): HandedOver {
      const outcomes = answer as readonly PutOutcome[];
      const isThere = ({ type }: PutOutcome): boolean => type === 'stored' || type === 'repeat';
      const moved = step.filter((_, i) => isThere(outcomes[i] as PutOutcome));
      const times = { now, time: now + fromAheadMs };
      return {
        operations: settlements(moved, times, `moved to store ${into}`),
        moved: moved.length,
        left: step.flatMap(({ letter }, i) => whyLeft(letter, outcomes[i] as PutOutcome)),
      };
    },
  };
}

/** Where the letters were, each has ended for the recipients that it was moved for. */
function settlements(moved: readonly Waiting[], times: { now: number; time: number }, reason: string) {
  const byRecipient = new Map<string, SettleItem[]>();
  for (const { n, letter } of moved)
    for (const recipient of letter.recipients) {
      const items = byRecipient.get(recipient) ?? [];
      items.push({ n, attempt: 0, outcome: 'refused', due: 0, waitMs: 0, reason });
      byRecipient.set(recipient, items);
    }
  return [...byRecipient].map(([recipient, items]) => {
    const input: Parameters<LettersShape['store']['settle']>[0] = {
      recipient,
      ...times,
      via: '',
      items,
      isMoved: true,
    };
    return { verb: 'settle', input: input as never };
  });
}

function whyLeft({ id, author }: StoredLetter, outcome: PutOutcome): string[] {
  if (outcome.type === 'full')
    return [`letter ${id} of ${author}: the mailbox of ${outcome.recipients.join(', ')} is full`];
  if (outcome.type === 'other')
    return [`letter ${id} of ${author}: its idempotency key was used for another one, ${outcome.id}`];
  return [];
}
