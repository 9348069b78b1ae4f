/**
 * What the operations of letters on the store mean.
 *
 * The oracle of every store. A letter is kept with one *copy* for each recipient that has not ended: it waits, or it has
 * failed. What ended is remembered for a day as an *end*. Invariant: `pending` of a letter is the number of its copies,
 * a mailbox counts the copies that wait, and a letter without copies has no body.
 */
import type { LogEvent } from '../../../kernel/log-event.ts';
import { storeModel } from '../../../stores/model.ts';
import type {
  Before,
  Delivery,
  ExpiringCopy,
  LetterStatus,
  LettersShape,
  ListRequest,
  NextLetters,
  NextRequest,
  PutOutcome,
  RecipientState,
  RecipientStatus,
  SettleItem,
  StoredLetter,
  Undelivered,
} from '../core/letters-types.ts';
import { letterLimits } from '../core/limits.ts';
import { changedEvents, expiredEvent, removedEnds, settledEvent, storedEvent } from './events.ts';
import { type Copy, type End, type LetterRow, noLetters, type State } from './model-rows.ts';
import { addReport, dropReports, heard, takeBack, unheardOf } from './reports-model.ts';

export const lettersModel = storeModel<LettersShape['store'], State>({
  name: 'letters',
  frees: ['settle', 'returned', 'sweep', 'remove', 'heard'],
  initial: noLetters,
  operations: {
    put(state, { now, time, before, letters }, log) {
      if (!isThere(state, before)) return null;
      const outcomes = letters.map((letter) => put(state, letter, time));
      log.append(
        letters.filter((_, i) => outcomes[i]?.type === 'stored').map((each) => storedEvent(each, now)),
      );
      return outcomes;
    },
    ended: (state, ids) =>
      ids.filter((id) => (state.letters.get(state.byId.get(id) ?? 0)?.pending ?? 0) === 0),
    known: (state, ids) => ids.map((id) => state.byId.get(id) ?? 0),
    next,
    settle(state, { recipient, now, time, via, items, isMoved = false }, log) {
      const events: LogEvent[] = [];
      const undelivered = items.flatMap((item) => {
        const copy = state.copies.get([recipient, item.n]);
        const found = settle(state, recipient, item, { now, time, isMoved });
        if (found !== undefined && !isMoved) report(state, found, item.n);
        if (copy !== undefined && isOfNow(copy, item, isMoved)) {
          const of = state.letters.get(item.n) as LetterRow;
          events.push(settledEvent(of, recipient, item, { now, via }));
        }
        return found ?? [];
      });
      dropReports(
        state,
        undelivered.map(({ author }) => author),
      );
      log.append(events);
      return undelivered;
    },
    returned(state, { recipient, ns }) {
      for (const n of ns) {
        const copy = state.copies.get([recipient, n]);
        if (copy !== undefined && !copy.hasFailed)
          state.copies.put([recipient, n], { ...copy, attempts: copy.attempts + 1 });
      }
    },
    expiring,
    sweep(state, input, log) {
      const swept = sweep(state, input);
      dropReports(
        state,
        swept.expired.map(({ author }) => author),
      );
      log.append(swept.expired.map((each) => expiredEvent(each, input)));
      return swept;
    },
    unheard: unheardOf,
    heard,
    clockBack(state, time) {
      for (const [[recipient, due, n]] of [...state.due.rows()]) {
        const copy = state.copies.get([recipient, n]) as Copy;
        if (due <= time + copy.waitMs) continue;
        state.due.delete([recipient, due, n]);
        state.due.put([recipient, time + copy.waitMs, n], null);
        state.copies.put([recipient, n], { ...copy, due: time + copy.waitMs });
      }
    },
    status: (state, id) => statusOf(state, state.byId.get(id)) ?? null,
    list,
    retry(state, { id, now, time, expiresAt, trace }, log) {
      const n = state.byId.get(id);
      if (n === undefined) return [];
      const failed = copiesOf(state, n).filter(([, copy]) => copy.hasFailed);
      for (const [recipient, copy] of failed) {
        remove(state, recipient, n, copy);
        takeBack(state, (state.letters.get(n) as LetterRow).author, n, recipient);
        add(state, recipient, n, {
          due: time,
          waitMs: 0,
          attempts: 0,
          expiresAt,
          hasFailed: false,
          reason: '',
        });
      }
      const recipients = failed.map(([recipient]) => recipient);
      log.append(
        changedEvents('letter.retried', state.letters.get(n) as LetterRow, recipients, { now, trace }),
      );
      return recipients;
    },
    remove(state, { id, now, trace }, log) {
      const n = state.byId.get(id);
      if (n === undefined) return { recipients: [], undelivered: [] };
      const copies = copiesOf(state, n);
      const letter = state.letters.get(n) as LetterRow;
      for (const [recipient, copy] of copies) {
        remove(state, recipient, n, copy);
        end(state, recipient, n, { state: 'removed', at: now, attempts: copy.attempts, reason: '' });
      }
      // That it has failed is reported already.
      const waited = copies.flatMap(([recipient, { hasFailed }]) => (hasFailed ? [] : recipient));
      const undelivered = removedEnds(letter, waited, trace);
      for (const each of undelivered) report(state, each, n);
      dropReports(state, [letter.author]);
      const recipients = copies.map(([recipient]) => recipient);
      log.append(changedEvents('letter.removed', letter, recipients, { now, trace }));
      return { recipients, undelivered };
    },
    body(state, id) {
      const row = state.letters.get(state.byId.get(id) ?? 0);
      return row === undefined || row.pending === 0 ? null : { encoding: row.encoding, body: row.body };
    },
  },
});

function isThere(state: State, before: Before | null): boolean {
  if (before === null) return true;
  const [first, last] = [state.byId.get(before.first) ?? 0, state.byId.get(before.last) ?? 0];
  return first > 0 && last - first === before.count - 1;
}

function put(state: State, letter: StoredLetter, time: number): PutOutcome {
  const { id, author, recipients, key, digest, notBefore, expiresAt } = letter;
  const known = state.byId.get(id) ?? keyed(state, letter);
  if (known !== undefined) {
    const row = state.letters.get(known) as LetterRow;
    const isSame = row.author === author && row.digest === digest;
    return isSame ? { type: 'repeat', id: row.id, n: known } : { type: 'other', id: row.id };
  }
  const bytes = letter.body.length;
  const failedOf = (name: string) => letter.failed?.find(({ recipient }) => recipient === name);
  const full = recipients.filter((name) => !failedOf(name) && isFull(state, name, bytes));
  if (full.length > 0) return { type: 'full', recipients: full };
  const n = state.last.value + 1;
  state.last.value = n;
  const { notBefore: _notBefore, expiresAt: _expiresAt, failed: _failed, ...row } = letter;
  state.letters.put(n, { ...row, pending: 0, bytes, endedAt: 0 });
  state.byId.put(id, n);
  if (key !== '') state.byKey.put([author, key], n);
  const due = notBefore > time ? notBefore : 0;
  const waitMs = due === 0 ? 0 : due - time;
  for (const recipient of recipients) {
    const { recipient: _, ...failed } = failedOf(recipient) ?? {};
    const waiting = { due, waitMs, attempts: 0, expiresAt, hasFailed: false, reason: '' };
    const isWaiting = failedOf(recipient) === undefined;
    add(
      state,
      recipient,
      n,
      isWaiting ? waiting : { ...waiting, ...failed, due: 0, waitMs: 0, hasFailed: true },
    );
  }
  return { type: 'stored', n };
}

/** By the clock of its author, which is that of both letters. */
function keyed(state: State, { author, key, sentAt }: StoredLetter): number | undefined {
  const n = key === '' ? undefined : state.byKey.get([author, key]);
  if (n === undefined) return undefined;
  const known = state.letters.get(n) as LetterRow;
  return sentAt - known.sentAt < letterLimits.letterKeyMs ? n : undefined;
}

function isFull(state: State, recipient: string, bytes: number): boolean {
  const mailbox = state.mailboxes.get(recipient) ?? { letters: 0, bytes: 0 };
  const { mailboxLettersMax, mailboxBytesMax } = letterLimits;
  return mailbox.letters >= mailboxLettersMax || mailbox.bytes + bytes > mailboxBytesMax;
}

function next(
  state: State,
  { recipient, time, after, afterDue, letters, bytes, firstBytes }: NextRequest,
): NextLetters {
  const hasExpired = (n: number): boolean => (state.copies.get([recipient, n]) as Copy).expiresAt <= time;
  const due: (Delivery & { due: number })[] = [];
  const fresh: Delivery[] = [];
  let left = bytes;
  let nextDue = 0;
  const hasRoom = (length: number): boolean => {
    const count = due.length + fresh.length;
    return count < letters && length <= (count === 0 ? firstBytes : left);
  };
  const from = [recipient, afterDue.due, afterDue.n + 1] as const;
  for (const [[, at, n]] of state.due.rows({ from, below: [recipient, Number.POSITIVE_INFINITY, 0] })) {
    if (hasExpired(n)) continue;
    const delivery = deliveryOf(state, recipient, n);
    if (at > time || !hasRoom(delivery.body.length)) {
      nextDue = at;
      break;
    }
    left -= delivery.body.length;
    due.push({ ...delivery, due: at });
  }
  // What waits for room is not overtaken for ever by smaller ones.
  if (nextDue > 0 && nextDue <= time) return { fresh, due, isMore: true, nextDue };
  let isMore = false;
  const range = {
    from: [recipient, after + 1] as const,
    below: [recipient, Number.POSITIVE_INFINITY] as const,
  };
  for (const [[, n], copy] of state.copies.rows(range)) {
    if (copy.hasFailed || copy.due > 0 || copy.expiresAt <= time) continue;
    const delivery = deliveryOf(state, recipient, n);
    if (!hasRoom(delivery.body.length)) {
      isMore = true;
      break;
    }
    left -= delivery.body.length;
    fresh.push(delivery);
  }
  return { fresh, due, isMore, nextDue };
}

function deliveryOf(state: State, recipient: string, n: number): Delivery {
  const row = state.letters.get(n) as LetterRow;
  const { attempts } = state.copies.get([recipient, n]) as Copy;
  const { id, author, type, sentAt, encoding, body, via } = row;
  const recipients =
    row.recipients.length <= letterLimits.letterRecipientsShown ? row.recipients : [recipient];
  return { n, id, author, recipients, type, sentAt, attempt: attempts + 1, encoding, body, via };
}

/** What a recipient says again, since it does not know that it is stored, must not end or delay the attempt after it. */
function isOfNow({ attempts, hasFailed }: Copy, { attempt, outcome }: SettleItem, isMoved: boolean): boolean {
  const isEnd = outcome === 'handled' || outcome === 'refused';
  const isWaiting = !hasFailed || (isMoved && outcome === 'refused');
  return isWaiting && (isEnd || attempt === attempts + 1);
}

function settle(
  state: State,
  recipient: string,
  item: SettleItem,
  { now, time, isMoved }: { readonly now: number; readonly time: number; readonly isMoved: boolean },
): Undelivered | undefined {
  const { n, outcome, due, waitMs, reason } = item;
  const copy = state.copies.get([recipient, n]);
  if (copy === undefined || !isOfNow(copy, item, isMoved)) return undefined;
  const attempts = copy.attempts + 1;
  remove(state, recipient, n, copy);
  if (outcome === 'handled') {
    end(state, recipient, n, { state: 'delivered', at: now, attempts, reason: '' });
    return undefined;
  }
  if (outcome === 'again') {
    add(state, recipient, n, { ...copy, due, waitMs, attempts, reason });
    return undefined;
  }
  if (outcome === 'failed') {
    const expiresAt = time + letterLimits.letterFailedKeptMs;
    add(state, recipient, n, { due: 0, waitMs: 0, attempts, expiresAt, hasFailed: true, reason });
  } else end(state, recipient, n, { state: 'refused', at: now, attempts, reason });
  return undelivered(state, recipient, n, outcome, reason);
}

function undelivered(
  state: State,
  recipient: string,
  n: number,
  what: RecipientState,
  reason: string,
): Undelivered {
  const { id, author } = state.letters.get(n) as LetterRow;
  return { id, author, recipient, state: what, reason };
}

function report(state: State, { author, ...end }: Undelivered, n: number): void {
  addReport(state, author, { ...end, n });
}

function expiring(
  state: State,
  input: { readonly time: number; readonly after: ExpiringCopy; readonly limit: number },
): ExpiringCopy[] {
  const { expiresAt: at, n: place, recipient: name } = input.after;
  const found: ExpiringCopy[] = [];
  for (const [[expiresAt, n, recipient]] of state.expiring.rows({
    from: [at, place, name],
    below: [input.time + 1, 0, ''],
  })) {
    if (expiresAt === at && n === place && recipient === name) continue;
    if (found.length === input.limit) break;
    found.push({ expiresAt, n, recipient });
  }
  return found;
}

function sweep(
  state: State,
  {
    now,
    time,
    copies,
    limit,
  }: {
    readonly now: number;
    readonly time: number;
    readonly copies: readonly ExpiringCopy[];
    readonly limit: number;
  },
): { expired: Undelivered[]; isMore: boolean } {
  const expired: Undelivered[] = [];
  for (const { n, recipient } of copies) {
    const copy = state.copies.get([recipient, n]);
    // It was settled meanwhile, or waits again.
    if (copy === undefined || copy.expiresAt > time) continue;
    remove(state, recipient, n, copy);
    const what = copy.hasFailed ? 'failed' : 'expired';
    end(state, recipient, n, { state: what, at: now, attempts: copy.attempts, reason: copy.reason });
    if (copy.hasFailed) continue;
    const found = undelivered(state, recipient, n, what, copy.reason);
    report(state, found, n);
    expired.push(found);
  }
  const oldest = Math.min(now, time) - letterLimits.letterSettledKeptMs;
  let count = 0;
  for (const [[, n]] of state.ended.rows({ below: [oldest + 1, 0] })) {
    if (++count > limit) return { expired, isMore: true };
    forget(state, n);
  }
  return { expired, isMore: false };
}

function forget(state: State, n: number): void {
  const { id, author, key, endedAt } = state.letters.get(n) as LetterRow;
  state.letters.delete(n);
  state.byId.delete(id);
  // Later it may have become another one's.
  if (key !== '' && state.byKey.get([author, key]) === n) state.byKey.delete([author, key]);
  state.ended.delete([endedAt, n]);
  takeBack(state, author, n);
  for (const [place] of [...state.ends.rows({ from: [n, ''], below: [n + 1, ''] })]) state.ends.delete(place);
}

function statusOf(state: State, n: number | undefined): LetterStatus | undefined {
  const row = n === undefined ? undefined : state.letters.get(n);
  if (n === undefined || row === undefined) return undefined;
  const { id, author: from, type, sentAt, bytes } = row;
  const recipients = row.recipients.map((name) => recipientStatus(state, n, name));
  return { id, n, from, type, sentAt, bytes, recipients };
}

function recipientStatus(state: State, n: number, name: string): RecipientStatus {
  const copy = state.copies.get([name, n]);
  if (copy !== undefined) {
    const { attempts, due, reason } = copy;
    return {
      name,
      state: copy.hasFailed ? 'failed' : 'stored',
      attempts,
      ...(due > 0 ? { due } : {}),
      ...(reason === '' ? {} : { reason }),
    };
  }
  const { state: what, at, attempts, reason } = state.ends.get([n, name]) as End;
  return { name, state: what, attempts, at, ...(reason === '' ? {} : { reason }) };
}

function list(state: State, { from, to, state: what, after, limit }: ListRequest): LetterStatus[] {
  const found: LetterStatus[] = [];
  for (const [n, row] of state.letters.rows({ from: after + 1 })) {
    if (from !== undefined && row.author !== from) continue;
    if (to !== undefined && !row.recipients.includes(to)) continue;
    const status = statusOf(state, n) as LetterStatus;
    if (what !== undefined && !status.recipients.some((each) => each.state === what)) continue;
    found.push(status);
    if (found.length === limit) break;
  }
  return found;
}

// ── copies and ends ─────────────────────────────────────────────────────────────────────────────────────

function copiesOf(state: State, n: number): [string, Copy][] {
  const { recipients } = state.letters.get(n) as LetterRow;
  return recipients.flatMap((recipient) => {
    const copy = state.copies.get([recipient, n]);
    return copy === undefined ? [] : [[recipient, copy] as [string, Copy]];
  });
}

function add(state: State, recipient: string, n: number, copy: Copy): void {
  state.copies.put([recipient, n], copy);
  if (copy.due > 0) state.due.put([recipient, copy.due, n], null);
  state.expiring.put([copy.expiresAt, n, recipient], null);
  const row = state.letters.get(n) as LetterRow;
  state.letters.put(n, { ...row, pending: row.pending + 1 });
  if (!copy.hasFailed) fill(state, recipient, 1, row.bytes);
}

function remove(state: State, recipient: string, n: number, copy: Copy): void {
  state.copies.delete([recipient, n]);
  if (copy.due > 0) state.due.delete([recipient, copy.due, n]);
  state.expiring.delete([copy.expiresAt, n, recipient]);
  const row = state.letters.get(n) as LetterRow;
  state.letters.put(n, { ...row, pending: row.pending - 1 });
  if (!copy.hasFailed) fill(state, recipient, -1, -row.bytes);
}

function end(state: State, recipient: string, n: number, how: End): void {
  state.ends.put([n, recipient], how);
  const row = state.letters.get(n) as LetterRow;
  if (row.pending > 0) return;
  state.letters.put(n, { ...row, endedAt: how.at, body: new Uint8Array(0) });
  state.ended.put([how.at, n], null);
}

function fill(state: State, recipient: string, letters: number, bytes: number): void {
  const mailbox = state.mailboxes.get(recipient) ?? { letters: 0, bytes: 0 };
  const now = { letters: mailbox.letters + letters, bytes: mailbox.bytes + bytes };
  if (now.letters === 0) state.mailboxes.delete(recipient);
  else state.mailboxes.put(recipient, now);
}
