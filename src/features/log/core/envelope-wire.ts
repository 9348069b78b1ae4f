/**
 * Envelopes of messages on their way to the broker, as JSON: `{"number":7,"missed":2,"envelopes":[[1,120,"kind","a b",0,0]]}`.
 *
 * Each is: 1 wants receipts, 0 does not; its age in milliseconds; its kind; names of recipients; how many more there are;
 * 1 to all, 0 otherwise. Invariant: what is read is within its limits; a member may be of another version, or lie.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import type { LogEvent } from '../../../kernel/log-event.ts';
import { logLimits } from './limits.ts';

export type PackedEnvelope = readonly [
  wantsReceipt: 0 | 1,
  ageMs: number,
  kind: string,
  recipients: string,
  more: number,
  isToAll: 0 | 1,
];

export interface EnvelopeBatch {
  /** Rises with each batch of one incarnation: what is sent again to the next broker is known by it. A member of an older version gives none. */
  readonly number?: number;
  /** Envelopes that were not sent: there were too many. */
  readonly missed: number;
  readonly envelopes: readonly PackedEnvelope[];
}

interface Sent {
  readonly author: string;
  /** When the batch came: Unix milliseconds, by the broker's clock. */
  readonly at: number;
  /** The broker's name. */
  readonly via: string;
}

const countMax = 1e9;

/** Undefined: it is none. */
export function checkedBatch(input: unknown): EnvelopeBatch | undefined {
  const { number, missed, envelopes } = (input ?? {}) as Record<string, unknown>;
  const fits =
    (number === undefined || isWhole(number, Number.MAX_SAFE_INTEGER)) &&
    isWhole(missed, countMax) &&
    Array.isArray(envelopes) &&
    envelopes.length <= logLimits.logEnvelopesPerBatch &&
    (envelopes as unknown[]).every(isEnvelope);
  return fits ? (input as EnvelopeBatch) : undefined;
}

function isEnvelope(value: unknown): value is PackedEnvelope {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const [wantsReceipt, ageMs, kind, recipients, more, isToAll] = value as unknown[];
  return (
    isWhole(wantsReceipt, 1) &&
    isWhole(ageMs, countMax) &&
    typeof kind === 'string' &&
    kind.length <= logLimits.logWordMax &&
    typeof recipients === 'string' &&
    areNames(recipients) &&
    isWhole(more, countMax) &&
    isWhole(isToAll, 1)
  );
}

function areNames(text: string): boolean {
  if (text === '') return true;
  const names = text.split(' ');
  return (
    names.length <= logLimits.logEnvelopeNamesMax && names.every((name) => nameProblem(name) === undefined)
  );
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}

/** Its author is who has said it, and nobody else. */
export function eventOf(envelope: PackedEnvelope, sent: Sent): LogEvent {
  const [wantsReceipt, ageMs, kind, recipients, more, isToAll] = envelope;
  return {
    ...common(sent),
    type: wantsReceipt === 1 ? 'message.sent' : 'message.posted',
    // A question waits for a broker for a few seconds; one that claims more would write into the past.
    at: Math.floor(sent.at) - Math.min(ageMs, logLimits.logEnvelopeAgeMsMax),
    subject: kind,
    recipients: recipients === '' ? [] : recipients.split(' '),
    note: isToAll === 1 ? 'to all' : more > 0 ? `and ${more} more recipients` : '',
  };
}

export function missedEvent(missed: number, sent: Sent): LogEvent {
  const note = `${missed} envelopes were not logged`;
  return { ...common(sent), type: 'log.missed', at: Math.floor(sent.at), subject: '', recipients: [], note };
}

function common({ author, via }: Sent) {
  return { author, trace: author === via ? [via] : [author, via] };
}
