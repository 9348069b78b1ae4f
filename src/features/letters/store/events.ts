/**
 * What operations on letters note in the log of the store.
 *
 * Called by the model and by the part on SQLite, so that both note the same. Invariant: an event names the letter and
 * those that it is about, never its body.
 */
import type { LogEvent } from '../../../kernel/log-event.ts';
import type { SettleItem, StoredLetter, Undelivered } from '../core/letters-types.ts';

/** Whose letter it is, of what is known of it. */
export interface LetterName {
  readonly id: string;
  readonly author: string;
}

export interface ByBroker {
  /** Unix milliseconds. */
  readonly now: number;
  /** The broker. */
  readonly via: string;
}

export interface ByPerson {
  /** Unix milliseconds. */
  readonly now: number;
  /** Who has asked for it, and the broker. */
  readonly trace: readonly string[];
}

const settledTypes: Readonly<Record<SettleItem['outcome'], string>> = {
  handled: 'letter.delivered',
  again: 'letter.postponed',
  failed: 'letter.failed',
  refused: 'letter.refused',
};

/** The type of the letter is its note. */
export function storedEvent({ id, author, recipients, type, via }: StoredLetter, now: number): LogEvent {
  return {
    type: 'letter.stored',
    at: now,
    author,
    subject: id,
    recipients,
    trace: tracedBy(author, via),
    note: type,
  };
}

export function settledEvent(
  { id, author }: LetterName,
  recipient: string,
  { outcome, reason }: SettleItem,
  { now, via }: ByBroker,
): LogEvent {
  const note = outcome === 'handled' ? '' : reason;
  const trace = tracedBy(recipient, via);
  return { type: settledTypes[outcome], at: now, author, subject: id, recipients: [recipient], trace, note };
}

export function expiredEvent(
  { id, author, recipient, reason }: Undelivered,
  { now, via }: ByBroker,
): LogEvent {
  const recipients = [recipient];
  return { type: 'letter.expired', at: now, author, subject: id, recipients, trace: [via], note: reason };
}

/** What the author of a letter hears of its removal: nothing where it has asked for that itself. */
export function removedEnds(
  { id, author }: LetterName,
  recipients: readonly string[],
  [asker]: ByPerson['trace'],
): Undelivered[] {
  if (asker === author) return [];
  const reason = `removed by ${asker}`;
  return recipients.map((recipient) => ({ id, author, recipient, state: 'removed', reason }));
}

/** One event, or none where it has changed nothing. */
export function changedEvents(
  type: 'letter.retried' | 'letter.removed',
  { id, author }: LetterName,
  recipients: readonly string[],
  { now, trace }: ByPerson,
): LogEvent[] {
  if (recipients.length === 0) return [];
  return [{ type, at: now, author, subject: id, recipients, trace, note: '' }];
}

/** The broker may be the one that it comes from. */
function tracedBy(from: string, via: string): string[] {
  return from === via ? [via] : [from, via];
}
