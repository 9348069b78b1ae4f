/**
 * Letters that wait in another store, or have failed, for the one that takes them: under their ids, each author's in its
 * order. What has failed has failed there as well, until people send it again.
 *
 * Called for `skein store merge`. Invariant: a letter is in the store that takes it before it ends in the one that gives it,
 * so that a merge which was interrupted is done again.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { HandedOver, Handover, MergeTerms } from '../../../stores/sqlite/part.ts';
import type {
  FailedCopy,
  LettersShape,
  PutOutcome,
  SettleItem,
  StoredLetter,
} from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';

interface Row extends Omit<StoredLetter, 'recipients' | 'sentAt' | 'notBefore' | 'expiresAt'> {
  readonly n: number;
  readonly sent_at: number;
}

interface Copy {
  readonly recipient: string;
  readonly due: number;
  readonly wait_ms: number;
  readonly attempts: number;
  readonly expires_at: number;
  readonly has_failed: number;
  readonly reason: string;
}

interface Handed {
  readonly n: number;
  readonly letter: StoredLetter;
}

/** In the store that takes it. */
type RecipientsOf = (n: number) => readonly string[];

export function* lettersHandedOver(from: SqliteDatabase, terms: MergeTerms): Iterable<Handover> {
  const letters = from.prepare(
    `SELECT l.*, coalesce((SELECT key FROM letters_key WHERE n = l.n), '') AS key FROM letters_letter l
     WHERE l.n > ? AND l.pending > 0
     ORDER BY l.n LIMIT 1`,
  );
  // Without an index by letter: its recipients are known.
  const copy = from.prepare('SELECT * FROM letters_copy WHERE recipient = ? AND n = ?');
  const there = terms.taker.prepare('SELECT recipients FROM letters_letter WHERE n = ?');
  const recipientsThere: RecipientsOf = (n) =>
    (there.get(n) as { readonly recipients: string }).recipients.split(' ');
  let step: Handed[] = [];
  let bytes = 0;
  for (let n = 0; ; ) {
    const row = letters.get(n) as (Row & { readonly recipients: string }) | undefined;
    if (row === undefined) break;
    n = row.n;
    const copies = row.recipients.split(' ').flatMap((name) => (copy.get(name, n) as Copy | undefined) ?? []);
    const isFull = step.length === letterLimits.lettersPerPutMax;
    if (isFull || (step.length > 0 && bytes + row.body.length > letterLimits.lettersPerReadBytesMax)) {
      yield handover(step, terms, recipientsThere);
      step = [];
      bytes = 0;
    }
    step.push({ n, letter: letterOf(row, copies, terms) });
    bytes += row.body.length;
  }
  if (step.length > 0) yield handover(step, terms, recipientsThere);
}

function letterOf(
  { id, author, type, key, digest, via, sent_at: sentAt, encoding, body }: Row,
  copies: readonly Copy[],
  { now, aheadMs, fromAheadMs }: MergeTerms,
): StoredLetter {
  // As long to wait as there, by the time of the store that takes it.
  const time = now + fromAheadMs;
  const waiting = copies.filter(({ has_failed }) => has_failed === 0);
  const dues = waiting.map(({ due, wait_ms }) =>
    due === 0 ? 0 : Math.min(due, time + wait_ms) - fromAheadMs + aheadMs,
  );
  const notBefore = waiting.length === 0 ? 0 : Math.min(...dues);
  const expiresAt = Math.max(0, ...waiting.map(({ expires_at }) => expires_at - fromAheadMs + aheadMs));
  const recipients = copies.map(({ recipient }) => recipient);
  const failed = copies.flatMap(({ recipient, attempts, expires_at, has_failed, reason }): FailedCopy[] =>
    has_failed === 0 ? [] : [{ recipient, attempts, expiresAt: expires_at - fromAheadMs + aheadMs, reason }],
  );
  const letter = {
    id,
    author,
    recipients,
    type,
    key,
    digest,
    via,
    sentAt,
    encoding,
    body,
    notBefore,
    expiresAt,
  };
  return failed.length === 0 ? letter : { ...letter, failed };
}

function handover(step: readonly Handed[], terms: MergeTerms, recipientsThere: RecipientsOf): Handover {
  const { into, now, aheadMs, fromAheadMs } = terms;
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
      const judged = step.map((each, i) => outcomeOf(each, outcomes[i] as PutOutcome, recipientsThere));
      const moved = judged.flatMap((each) => each.moved);
      const times = { now, time: now + fromAheadMs };
      return {
        operations: settlements(moved, times, `moved to store ${into}`),
        moved: moved.length,
        left: judged.flatMap(({ left }) => left),
      };
    },
  };
}

function outcomeOf(each: Handed, outcome: PutOutcome, recipientsThere: RecipientsOf) {
  const { letter } = each;
  if (outcome.type === 'stored') return { moved: [each], left: [] };
  if (outcome.type !== 'repeat') return { moved: [], left: [whyLeft(letter, outcome)] };
  // An earlier merge has moved it, or its author has sent it to both stores.
  const there = recipientsThere(outcome.n);
  const recipients = letter.recipients.filter((name) => there.includes(name));
  const missing = letter.recipients.filter((name) => !there.includes(name));
  return {
    moved: recipients.length === 0 ? [] : [{ ...each, letter: { ...letter, recipients } }],
    left:
      missing.length === 0
        ? []
        : [`letter ${letter.id} of ${letter.author}: it is there already, and not for ${missing.join(', ')}`],
  };
}

/** Where the letters were, each has ended for the recipients that it was moved for. */
function settlements(moved: readonly Handed[], times: { now: number; time: number }, reason: string) {
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

function whyLeft(
  { id, author }: StoredLetter,
  outcome: Exclude<PutOutcome, { readonly type: 'stored' | 'repeat' }>,
): string {
  const why =
    outcome.type === 'full'
      ? `the mailbox of ${outcome.recipients.join(', ')} is full`
      : `its idempotency key was used for another one, ${outcome.id}`;
  return `letter ${id} of ${author}: ${why}`;
}
