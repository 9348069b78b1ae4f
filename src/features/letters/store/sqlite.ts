/**
 * The part of letters in a store on SQLite. `model.ts` says what each operation means.
 *
 * A copy is a row for each recipient of a letter that has not ended; ends are kept apart, so that what waits stays small
 * however much was delivered. Invariant: `pending` of a letter is the number of its copies: nobody ever has to count.
 */
import type { LogEvent, StoreLog } from '../../../kernel/log-event.ts';
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type {
  Before,
  ExpiringCopy,
  FailedCopy,
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
import {
  type ByBroker,
  type ByPerson,
  changedEvents,
  expiredEvent,
  type LetterName,
  removedEnds,
  settledEvent,
  storedEvent,
} from './events.ts';
import { lettersHandedOver } from './hand-over.ts';
import { ReportRows, reportTables } from './reports-sqlite.ts';
import {
  type CopyRow,
  type DeliveredRow,
  deliveryOf,
  type EndRow,
  endStatus,
  type Filled,
  fitting,
  type LetterRow,
  type Reading,
  repeated,
  type Size,
  total,
} from './sqlite-rows.ts';
import { prepare, tables } from './sqlite-statements.ts';

export const lettersSqlite: SqlitePart<LettersShape['store']> = {
  name: 'letters',
  frees: ['settle', 'returned', 'sweep', 'remove', 'heard'],
  migrations: [tables, reportTables],
  handOver: lettersHandedOver,
  operations(database, log) {
    const letters = new Rows(database, log);
    return {
      put: ({ before, letters: given, ...at }) =>
        letters.isThere(before) ? letters.putAll(given, at) : null,
      ended: (ids) => ids.filter((id) => (letters.byId(id)?.pending ?? 0) === 0),
      known: (ids) => ids.map((id) => letters.placeOf(id)),
      next: (request) => letters.next(request),
      settle: ({ recipient, items, isMoved = false, ...by }) =>
        letters.settleAll(recipient, items, by, !isMoved),
      returned({ recipient, ns }) {
        for (const n of ns) letters.returned(recipient, n);
      },
      expiring: (request) => letters.expiring(request),
      sweep: (input) => letters.sweep(input),
      unheard: (request) => letters.reports.unheardOf(request),
      heard: (input) => letters.reports.heard(input),
      clockBack: (time) => letters.clockBack(time),
      status: (id) => letters.statusOf(letters.byId(id)) ?? null,
      list: (request) => letters.list(request),
      retry: ({ id, expiresAt, ...by }) => letters.retry(id, expiresAt, by),
      remove: ({ id, ...by }) => letters.remove(id, by),
      body: (id) => letters.bodyOf(id),
    };
  },
};

type SweepInput = Parameters<LettersShape['store']['sweep']>[0];

/** Unix milliseconds: by the clock, and by what waits and expires. */
interface Timed {
  readonly now: number;
  readonly time: number;
}

const noneFailed: ReadonlyMap<string, FailedCopy> = new Map();

function failedOf(copies: readonly FailedCopy[]): ReadonlyMap<string, FailedCopy> {
  return new Map(copies.map((copy) => [copy.recipient, copy]));
}

class Rows {
  private readonly statements: ReturnType<typeof prepare>;
  /** Changes of mailboxes within one operation: written once for each recipient. */
  private readonly changes = new Map<string, { letters: number; bytes: number }>();
  /** Of mailboxes that a put fills: what was in them before it. */
  private readonly filled = new Map<string, Filled>();
  private readonly log: StoreLog;
  readonly reports: ReportRows;

  constructor(database: SqliteDatabase, log: StoreLog) {
    this.statements = prepare(database);
    this.reports = new ReportRows(database);
    this.log = log;
  }

  // ── storing ───────────────────────────────────────────────────────────────────────────────────────

  isThere(before: Before | null): boolean {
    if (before === null) return true;
    const [first, last] = [this.placeOf(before.first), this.placeOf(before.last)];
    return first > 0 && last - first === before.count - 1;
  }

  putAll(letters: readonly StoredLetter[], { now, time }: Timed): PutOutcome[] {
    this.changes.clear();
    this.filled.clear();
    const before = (this.statements.last.get() as { n: number }).n;
    let last = before;
    const outcomes = letters.map((letter) => {
      const outcome = this.put(letter, time, last + 1);
      if (outcome.type === 'stored') last = outcome.n;
      return outcome;
    });
    if (last > before) this.statements.setLast.run(last);
    this.writeMailboxes();
    const stored = letters.filter((_, i) => outcomes[i]?.type === 'stored');
    this.log.append(stored.map((letter) => storedEvent(letter, now)));
    return outcomes;
  }

  private put(letter: StoredLetter, time: number, n: number): PutOutcome {
    const { id, author, recipients, key, digest, notBefore, expiresAt, body } = letter;
    const keyed = key === '' ? undefined : this.byKey(author, key, letter.sentAt);
    if (keyed !== undefined) return repeated(letter, this.byId(id) ?? keyed);
    const failed = letter.failed === undefined ? noneFailed : failedOf(letter.failed);
    const full = recipients.filter((name) => !failed.has(name) && this.isFull(name, body.length));
    if (full.length > 0) {
      const known = this.byId(id);
      return known === undefined ? { type: 'full', recipients: full } : repeated(letter, known);
    }
    const { insertLetter, insertKey, insertCopy, changeCopy } = this.statements;
    const { type, via, sentAt, encoding } = letter;
    const names = recipients.join(' ');
    const { changes } = insertLetter.run(
      n,
      id,
      author,
      names,
      type,
      digest,
      via,
      sentAt,
      encoding,
      body,
      body.length,
      recipients.length,
    );
    if (Number(changes) === 0) return repeated(letter, this.byId(id) as LetterRow);
    if (key !== '') insertKey.run(author, key, n);
    const due = notBefore > time ? notBefore : 0;
    for (const recipient of recipients) {
      insertCopy.run(recipient, n, due, due === 0 ? 0 : due - time, expiresAt, body.length);
      const copy = failed.get(recipient);
      if (copy === undefined) this.fill(recipient, 1, body.length);
      else changeCopy.run(0, 0, copy.attempts, copy.expiresAt, 1, copy.reason, recipient, n);
    }
    return { type: 'stored', n };
  }

  private isFull(recipient: string, bytes: number): boolean {
    const filled = this.filledBefore(recipient);
    const change = this.changes.get(recipient);
    const { mailboxLettersMax, mailboxBytesMax } = letterLimits;
    const isOver = filled.bytes + (change?.bytes ?? 0) + bytes > mailboxBytesMax;
    return isOver || filled.letters + (change?.letters ?? 0) >= mailboxLettersMax;
  }

  private filledBefore(recipient: string): Filled {
    const known = this.filled.get(recipient);
    if (known !== undefined) return known;
    const filled = (this.statements.mailbox.get(recipient) as Filled | undefined) ?? { letters: 0, bytes: 0 };
    this.filled.set(recipient, filled);
    return filled;
  }

  private fill(recipient: string, letters: number, bytes: number): void {
    const change = this.changes.get(recipient);
    if (change === undefined) this.changes.set(recipient, { letters, bytes });
    else {
      change.letters += letters;
      change.bytes += bytes;
    }
  }

  private writeMailboxes(): void {
    for (const [recipient, { letters, bytes }] of this.changes) {
      if (letters === 0 && bytes === 0) continue;
      this.statements.fillMailbox.run(recipient, letters, bytes);
    }
    this.changes.clear();
  }

  // ── handing out ───────────────────────────────────────────────────────────────────────────────────

  /** Sizes first: bodies of letters that do not fit are not read. */
  next({ recipient, time, after, afterDue, letters, bytes, firstBytes }: NextRequest): NextLetters {
    const { dueSizes, freshSizes, dueLetters, freshLetters } = this.statements;
    let room = { letters, bytes, firstBytes };
    const dues = dueSizes.all(recipient, afterDue.due, afterDue.n, time, letters + 1) as Size[];
    const dueCount = fitting(dues, room, ({ due }) => due <= time);
    const left = bytes - total(dues, dueCount);
    room = { letters: letters - dueCount, bytes: left, firstBytes: dueCount > 0 ? left : firstBytes };
    const nextDue = dues[dueCount]?.due ?? 0;
    // What waits for room is not overtaken for ever by smaller ones.
    const isHeldUp = nextDue > 0 && nextDue <= time;
    const sizes = isHeldUp ? [] : (freshSizes.all(recipient, after, time, room.letters + 1) as Size[]);
    const freshCount = fitting(sizes, room, () => true);
    const due = dueLetters.all(recipient, afterDue.due, afterDue.n, time, dueCount) as Reading[];
    const fresh = freshLetters.all(recipient, after, time, freshCount) as Reading[];
    return {
      due: due.map((row) => ({ ...deliveryOf(row, recipient), due: row.due })),
      fresh: fresh.map((row) => deliveryOf(row, recipient)),
      isMore: isHeldUp || sizes.length > freshCount,
      nextDue,
    };
  }

  // ── settling ──────────────────────────────────────────────────────────────────────────────────────

  settleAll(
    recipient: string,
    items: readonly SettleItem[],
    by: ByBroker & Timed,
    isReported: boolean,
  ): Undelivered[] {
    this.changes.clear();
    const events: LogEvent[] = [];
    const undelivered: (Undelivered & { readonly n: number })[] = [];
    for (const item of items) {
      const letter = this.settle(recipient, item, by, !isReported);
      if (letter === undefined) continue;
      events.push(settledEvent(letter, recipient, item, by));
      const { outcome: state, reason } = item;
      if (state === 'failed' || state === 'refused')
        undelivered.push({ ...letter, n: item.n, recipient, state, reason });
    }
    this.writeMailboxes();
    if (isReported) this.reports.add(undelivered);
    this.log.append(events);
    return undelivered.map(({ n: _, ...each }) => each);
  }

  /** The letter. Undefined: there is nothing to settle. */
  private settle(
    recipient: string,
    { n, attempt, outcome, due, waitMs, reason }: SettleItem,
    { now, time }: Timed,
    isMoved: boolean,
  ): LetterName | undefined {
    if (outcome === 'handled') return this.handled(recipient, n, now);
    const copy = this.statements.copy.get(recipient, n) as CopyRow | undefined;
    if (copy === undefined || (copy.has_failed === 1 && !(isMoved && outcome === 'refused')))
      return undefined;
    const attempts = copy.attempts + 1;
    // Said again, of an attempt that is over.
    if (outcome !== 'refused' && attempt !== attempts) return undefined;
    const { id, author, bytes } = this.letter(n);
    if (outcome === 'again')
      this.statements.changeCopy.run(due, waitMs, attempts, copy.expires_at, 0, reason, recipient, n);
    else if (outcome === 'failed') {
      const expiresAt = time + letterLimits.letterFailedKeptMs;
      this.statements.changeCopy.run(0, 0, attempts, expiresAt, 1, reason, recipient, n);
      this.fill(recipient, -1, -bytes);
    } else this.end(copy, 'refused', now, attempts, reason);
    return { id, author };
  }

  /** Most of all letters: as few statements as there can be. */
  private handled(recipient: string, n: number, now: number): LetterName | undefined {
    const copy = this.statements.takeCopy.get(recipient, n) as Pick<CopyRow, 'attempts'> | undefined;
    if (copy === undefined) return undefined;
    const attempts = copy.attempts + 1;
    const ended = this.statements.endDelivered.get(now, attempts, n) as DeliveredRow;
    const { bytes, id, author, delivered } = ended;
    if (delivered === 0) this.statements.insertEnd.run(n, recipient, 'delivered', now, attempts, '');
    this.fill(recipient, -1, -bytes);
    return { id, author };
  }

  private end(copy: CopyRow, state: RecipientState, now: number, attempts: number, reason: string): void {
    const { recipient, n } = copy;
    this.statements.deleteCopy.run(recipient, n);
    this.statements.insertEnd.run(n, recipient, state, now, attempts, reason);
    const { bytes } = this.statements.endOne.get(now, n) as { bytes: number };
    if (copy.has_failed === 0) this.fill(recipient, -1, -bytes);
  }

  private undelivered(n: number, recipient: string, state: RecipientState, reason: string): Undelivered {
    const { id, author } = this.letter(n);
    return { id, author, recipient, state, reason };
  }

  returned(recipient: string, n: number): void {
    this.statements.raiseAttempts.run(recipient, n);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  expiring({
    time,
    after,
    limit,
  }: {
    readonly time: number;
    readonly after: ExpiringCopy;
    readonly limit: number;
  }): ExpiringCopy[] {
    const { expiresAt, n, recipient } = after;
    const found = this.statements.expiring.all(expiresAt, n, recipient, time, limit) as ExpiringCopy[];
    return found.map((each) => ({ ...each }));
  }

  sweep({ copies, limit, ...by }: ByBroker & Timed & Pick<SweepInput, 'copies' | 'limit'>): {
    expired: Undelivered[];
    isMore: boolean;
  } {
    const { now, time } = by;
    this.changes.clear();
    const expired: (Undelivered & { readonly n: number })[] = [];
    for (const { n, recipient } of copies) {
      const copy = this.statements.copy.get(recipient, n) as CopyRow | undefined;
      // It was settled meanwhile, or waits again.
      if (copy === undefined || copy.expires_at > time) continue;
      const { attempts, reason } = copy;
      const state = copy.has_failed === 1 ? 'failed' : 'expired';
      this.end(copy, state, now, attempts, reason);
      if (state === 'expired') expired.push({ ...this.undelivered(n, recipient, state, reason), n });
    }
    this.writeMailboxes();
    this.reports.add(expired);
    const ends = expired.map(({ n: _, ...each }) => each);
    this.log.append(ends.map((each) => expiredEvent(each, by)));
    const oldest = Math.min(now, time) - letterLimits.letterSettledKeptMs;
    const old = this.statements.old.all(oldest, limit + 1) as { n: number }[];
    for (const { n } of old.slice(0, limit)) this.forget(n);
    return { expired: ends, isMore: old.length > limit };
  }

  clockBack(time: number): void {
    this.statements.clockBack.run(time);
  }

  private forget(n: number): void {
    this.reports.forget(n);
    this.statements.deleteEnds.run(n);
    this.statements.deleteKeys.run(n);
    this.statements.deleteLetter.run(n);
  }

  // ── for people ────────────────────────────────────────────────────────────────────────────────────

  placeOf(id: string): number {
    return (this.statements.placeOf.get(id) as { n: number } | undefined)?.n ?? 0;
  }

  byId(id: string): LetterRow | undefined {
    return this.statements.byId.get(id) as LetterRow | undefined;
  }

  /** Not for ever; by the clock of its author, which is that of both letters. */
  private byKey(author: string, key: string, sentAt: number): LetterRow | undefined {
    const known = this.statements.byKey.get(author, key) as LetterRow | undefined;
    return known !== undefined && sentAt - known.sent_at < letterLimits.letterKeyMs ? known : undefined;
  }

  private letter(n: number): LetterRow {
    return this.statements.byN.get(n) as LetterRow;
  }

  statusOf(row: LetterRow | undefined): LetterStatus | undefined {
    if (row === undefined) return undefined;
    const { n, id, author: from, type, sent_at: sentAt, bytes } = row;
    const ends = new Map(
      (this.statements.ends.all(n) as EndRow[]).map((each) => [each.recipient, each] as const),
    );
    const recipients = row.recipients.split(' ').map((name) => {
      const over = ends.get(name);
      return over === undefined ? this.waitingStatus(name, n) : endStatus(over);
    });
    return { id, n, from, type, sentAt, bytes, recipients };
  }

  private waitingStatus(name: string, n: number): RecipientStatus {
    const { attempts, due, reason, has_failed } = this.statements.copy.get(name, n) as CopyRow;
    return {
      name,
      state: has_failed === 1 ? 'failed' : 'stored',
      attempts,
      ...(due > 0 ? { due } : {}),
      ...(reason === '' ? {} : { reason }),
    };
  }

  list({ from, to, state, after, limit }: ListRequest): LetterStatus[] {
    const found: LetterStatus[] = [];
    let last = after;
    for (;;) {
      const rows = this.statements.after.all(last, limit) as LetterRow[];
      for (const row of rows) {
        last = row.n;
        if (from !== undefined && row.author !== from) continue;
        if (to !== undefined && !row.recipients.split(' ').includes(to)) continue;
        const status = this.statusOf(row) as LetterStatus;
        if (state !== undefined && !status.recipients.some((each) => each.state === state)) continue;
        found.push(status);
        if (found.length === limit) return found;
      }
      if (rows.length < limit) return found;
    }
  }

  retry(id: string, expiresAt: number, by: ByPerson & Timed): string[] {
    const row = this.byId(id);
    if (row === undefined) return [];
    this.changes.clear();
    const failed = this.copiesOf(row).filter(({ has_failed }) => has_failed === 1);
    for (const { recipient, n } of failed) {
      this.statements.changeCopy.run(by.time, 0, 0, expiresAt, 0, '', recipient, n);
      this.fill(recipient, 1, row.bytes);
      this.reports.takeBack(n, recipient);
    }
    this.writeMailboxes();
    const recipients = failed.map(({ recipient }) => recipient);
    this.log.append(changedEvents('letter.retried', row, recipients, by));
    return recipients;
  }

  remove(id: string, by: ByPerson): { recipients: string[]; undelivered: Undelivered[] } {
    const row = this.byId(id);
    if (row === undefined) return { recipients: [], undelivered: [] };
    this.changes.clear();
    const copies = this.copiesOf(row);
    for (const copy of copies) this.end(copy, 'removed', by.now, copy.attempts, '');
    this.writeMailboxes();
    const recipients = copies.map(({ recipient }) => recipient);
    // That it has failed is reported already.
    const waited = copies.flatMap(({ recipient, has_failed }) => (has_failed === 1 ? [] : recipient));
    const undelivered = removedEnds(row, waited, by.trace);
    this.reports.add(undelivered.map((each) => ({ ...each, n: row.n })));
    this.log.append(changedEvents('letter.removed', row, recipients, by));
    return { recipients, undelivered };
  }

  bodyOf(id: string): { encoding: number; body: Uint8Array } | null {
    const row = this.byId(id);
    return row === undefined || row.pending === 0 ? null : { encoding: row.encoding, body: row.body };
  }

  private copiesOf({ n, recipients }: LetterRow): CopyRow[] {
    return recipients.split(' ').flatMap((recipient) => {
      const copy = this.statements.copy.get(recipient, n) as CopyRow | undefined;
      return copy === undefined ? [] : [copy];
    });
  }
}
