/**
 * What members and the broker say about letters, byte for byte. Each is one message of a line (`kernel/lines`).
 *
 * ```
 * put      1, varint number, u8 again (1: it was sent to a broker before), varint count, of each letter: 16 bytes id, varint sent at, varint delay ms, varint expires
 *          ms, u8 flags (1: unknown recipients allowed, 2: to all), text type, text key, text digest, u8 encoding,
 *          text recipients (separated by spaces), bytes body
 * stored   2, varint number, varint count, of each: u8 result (0 stored, 1 repeat, 2 failure), 16 bytes id, varint n;
 *          of a failure instead of both: text code, text message, text details (`kernel/wire/failure.ts`)
 * open     3, varint opening, u48 store, varint letters, varint bytes, varint count, of each letter in hand: varint n;
 *          u8 selection (1: types that are not named, 2: conversations that are not named), varint count, of each: text type
 * close    4
 * letters  5, varint opening, u48 store, varint count, of each: varint n, 16 bytes id, varint sent at, varint attempt, text author,
 *          text via, text type, text recipients, u8 encoding, bytes body
 * settle   6, u48 store, varint count, of each: varint n, varint attempt, u8 outcome (0 handled, 1 again, 2 failed,
 *          3 refused), but for handled: varint delay ms, text reason
 * report   7, u48 store, varint dropped, varint count, of each: varint report, 16 bytes id, text recipient, u8 state,
 *          text reason
 * collect  8: its author wants to hear of reports
 * heard    9, u48 store, varint report, varint dropped: the same, and it has heard of what this store has reported up to that
 *          number, and how many more were dropped
 * ```
 * `store` is the first 48 bits of the store's id: places (`n`) are those of one store. `opening` counts how often a
 * recipient has said what it has in hand: letters that were sent before the last time do not count. Invariant: what is read is whole
 * and within its limits, or undefined.
 */
import { nameProblem } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { hexOf, Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { readFailure, writeFailure } from '../../../kernel/wire/failure.ts';
import {
  type Delivery,
  type Letter,
  type LetterReport,
  recipientStates,
  type Settlement,
  type Stored,
} from './letters-types.ts';
import { letterLimits } from './limits.ts';
import type { Selection } from './selection.ts';

export const LetterKind = {
  put: 1,
  stored: 2,
  open: 3,
  close: 4,
  letters: 5,
  settle: 6,
  report: 7,
  collect: 8,
  heard: 9,
} as const;
export const LetterFlag = { allowsUnknown: 1, all: 2 } as const;
export const SelectionFlag = { others: 1, conversations: 2 } as const;
const outcomes = ['handled', 'again', 'failed', 'refused'] as const;

const idBytes = 16;
const digestBytesMax = 64;
const recipientsBytesMax = letterLimits.letterRecipientsMax * (limits.serviceBytesMax + 1);

export interface Settled {
  readonly n: number;
  /** Of which this is said: 1 for the first. */
  readonly attempt: number;
  readonly settlement: Settlement;
}

export type LetterMessage =
  | {
      readonly type: 'put';
      readonly number: number;
      /** It was sent to a broker before, which may have stored it. */
      readonly isAgain: boolean;
      readonly letters: readonly Letter[];
    }
  | { readonly type: 'stored'; readonly number: number; readonly outcomes: readonly Stored[] }
  | {
      readonly type: 'open';
      readonly opening: number;
      readonly store: number;
      readonly letters: number;
      readonly bytes: number;
      readonly inHand: readonly number[];
      readonly selection: Selection;
    }
  | { readonly type: 'close' }
  | {
      readonly type: 'letters';
      readonly opening: number;
      readonly store: number;
      readonly deliveries: readonly Delivery[];
    }
  | { readonly type: 'settle'; readonly store: number; readonly items: readonly Settled[] }
  | {
      readonly type: 'report';
      readonly store: number;
      readonly dropped: number;
      readonly reports: readonly OwnReport[];
    }
  | { readonly type: 'collect' }
  | ({ readonly type: 'heard' } & Heard);

/** Up to where an author has heard of what one store has reported. */
export interface Heard {
  readonly store: number;
  readonly report: number;
  /** Of reports that were dropped: how many more it has heard of. */
  readonly dropped: number;
}

/** As its author hears of it. */
export type OwnReport = Omit<LetterReport, 'author'>;

// ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

export function encodePut(number: number, isAgain: boolean, letters: readonly Letter[]): Uint8Array {
  const writer = new Writer(64 + letters.reduce((sum, { body }) => sum + body.length + 128, 0));
  writer
    .u8(LetterKind.put)
    .varint(number)
    .u8(isAgain ? 1 : 0)
    .varint(letters.length);
  for (const letter of letters) {
    const { recipients, allowsUnknown } = letter;
    writer.hex(letter.id).varint(letter.sentAt).varint(letter.delayMs).varint(letter.expiresMs);
    writer.u8(
      (allowsUnknown ? LetterFlag.allowsUnknown : 0) | (recipients === undefined ? LetterFlag.all : 0),
    );
    writer.text(letter.type).text(letter.key).text(letter.digest).u8(letter.encoding);
    writer.text((recipients ?? []).join(' ')).bytes(letter.body);
  }
  return writer.view();
}

export function encodeStored(number: number, results: readonly Stored[]): Uint8Array {
  const writer = new Writer(16 + results.length * 32)
    .u8(LetterKind.stored)
    .varint(number)
    .varint(results.length);
  for (const result of results) {
    if (result.ok)
      writer
        .u8(result.isRepeat ? 1 : 0)
        .hex(result.id)
        .varint(result.n);
    else writeFailure(writer.u8(2), result.failure);
  }
  return writer.view();
}

export function encodeOpen(open: Omit<Extract<LetterMessage, { type: 'open' }>, 'type'>): Uint8Array {
  const { opening, store, letters, bytes, inHand, selection } = open;
  const writer = new Writer(64 + 8 * inHand.length).u8(LetterKind.open).varint(opening).u48(store);
  writer.varint(letters).varint(bytes);
  writer.varint(inHand.length);
  for (const n of inHand) writer.varint(n);
  writeSelection(writer, selection);
  return writer.view();
}

export function encodeClose(): Uint8Array {
  return Uint8Array.of(LetterKind.close);
}

export function encodeLetters(opening: number, store: number, deliveries: readonly Delivery[]): Uint8Array {
  const writer = new Writer(16 + deliveries.reduce((sum, { body }) => sum + body.length + 128, 0));
  writer.u8(LetterKind.letters).varint(opening).u48(store).varint(deliveries.length);
  for (const delivery of deliveries) {
    writer.varint(delivery.n).hex(delivery.id).varint(delivery.sentAt).varint(delivery.attempt);
    writer.text(delivery.author).text(delivery.via).text(delivery.type);
    writer.text(delivery.recipients.join(' ')).u8(delivery.encoding).bytes(delivery.body);
  }
  return writer.view();
}

export function encodeSettle(store: number, items: readonly Settled[]): Uint8Array {
  const writer = new Writer(16 + items.length * 16).u8(LetterKind.settle).u48(store).varint(items.length);
  for (const { n, attempt, settlement } of items) {
    const { outcome } = settlement;
    writer.varint(n).varint(attempt).u8(outcomes.indexOf(outcome));
    if (outcome === 'handled') continue;
    writer.varint(outcome === 'again' ? Math.round(settlement.delayMs) : 0).text(settlement.reason);
  }
  return writer.view();
}

export function encodeReport(store: number, dropped: number, reports: readonly OwnReport[]): Uint8Array {
  const writer = new Writer(16 + 64 * reports.length).u8(LetterKind.report).u48(store);
  writer.varint(dropped).varint(reports.length);
  for (const { report, id, recipient, state, reason } of reports)
    writer.varint(report).hex(id).text(recipient).u8(recipientStates.indexOf(state)).text(reason);
  return writer.view();
}

export function encodeCollect(): Uint8Array {
  return Uint8Array.of(LetterKind.collect);
}

export function encodeHeard({ store, report, dropped }: Heard): Uint8Array {
  return new Writer(24).u8(LetterKind.heard).u48(store).varint(report).varint(dropped).view();
}

function writeSelection(writer: Writer, { types, others, conversations }: Selection): void {
  writer.u8((others ? SelectionFlag.others : 0) | (conversations ? SelectionFlag.conversations : 0));
  writer.varint(types.length);
  for (const type of types) writer.text(type);
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

export function decodeLetterMessage(bytes: Uint8Array): LetterMessage | undefined {
  const reader = new Reader(bytes);
  const message = read(reader);
  return reader.complete ? message : undefined;
}

function read(reader: Reader): LetterMessage | undefined {
  switch (reader.u8()) {
    case LetterKind.put:
      return {
        type: 'put',
        number: reader.varint(),
        isAgain: reader.u8() === 1,
        letters: listOf(reader, letterLimits.lettersPerPutMax, readLetter),
      };
    case LetterKind.stored:
      return {
        type: 'stored',
        number: reader.varint(),
        outcomes: listOf(reader, letterLimits.lettersPerPutMax, readStored),
      };
    case LetterKind.open:
      return {
        type: 'open',
        opening: reader.varint(),
        store: reader.u48(),
        letters: reader.varint(letterLimits.lettersInHandMax),
        bytes: reader.varint(letterLimits.lettersInHandBytesMax),
        inHand: listOf(reader, 2 * letterLimits.lettersInHandMax, (each) => each.varint()),
        selection: readSelection(reader),
      };
    case LetterKind.close:
      return { type: 'close' };
    case LetterKind.letters:
      return {
        type: 'letters',
        opening: reader.varint(),
        store: reader.u48(),
        deliveries: listOf(reader, letterLimits.lettersPerReadMax, readDelivery),
      };
    case LetterKind.settle:
      return {
        type: 'settle',
        store: reader.u48(),
        items: listOf(reader, 2 * letterLimits.lettersInHandMax, readSettled),
      };
    case LetterKind.report:
      return {
        type: 'report',
        store: reader.u48(),
        dropped: reader.varint(),
        reports: listOf(reader, letterLimits.letterReportsPerMessage, readReport),
      };
    case LetterKind.collect:
      return { type: 'collect' };
    case LetterKind.heard:
      return { type: 'heard', store: reader.u48(), report: reader.varint(), dropped: reader.varint() };
    default:
      reader.fail();
      return undefined;
  }
}

function listOf<Item>(reader: Reader, max: number, readItem: (reader: Reader) => Item): Item[] {
  const count = reader.varint(max);
  const items: Item[] = [];
  for (let i = 0; i < count && !reader.failed; i++) items.push(readItem(reader));
  return items;
}

function readLetter(reader: Reader): Letter {
  const id = readId(reader);
  const sentAt = reader.varint();
  const delayMs = reader.varint(letterLimits.letterExpiresMsMax);
  const expiresMs = reader.varint(letterLimits.letterExpiresMsMax);
  const flags = reader.u8();
  const type = reader.text(limits.kindBytesMax);
  const key = reader.text(letterLimits.letterKeyBytesMax);
  const digest = reader.text(digestBytesMax);
  const encoding = reader.u8();
  const recipients = readNames(reader, recipientsBytesMax);
  const body = reader.bytes(letterLimits.letterBytesMax);
  const isToAll = (flags & LetterFlag.all) !== 0;
  if (isToAll === recipients.length > 0 || recipients.length > letterLimits.letterRecipientsMax)
    reader.fail();
  return {
    id,
    sentAt,
    delayMs,
    expiresMs,
    type,
    key,
    digest,
    encoding,
    body,
    recipients: isToAll ? undefined : recipients,
    allowsUnknown: (flags & LetterFlag.allowsUnknown) !== 0,
  };
}

function readSelection(reader: Reader): Selection {
  const flags = reader.u8();
  return {
    types: listOf(reader, letterLimits.letterTypesMax, (each) => each.text(limits.kindBytesMax)),
    others: (flags & SelectionFlag.others) !== 0,
    conversations: (flags & SelectionFlag.conversations) !== 0,
  };
}

function readStored(reader: Reader): Stored {
  const result = reader.u8();
  if (result < 2) return { ok: true, isRepeat: result === 1, id: readId(reader), n: reader.varint() };
  return { ok: false, failure: readFailure(reader) };
}

function readDelivery(reader: Reader): Delivery {
  return {
    n: reader.varint(),
    id: readId(reader),
    sentAt: reader.varint(),
    attempt: reader.varint(),
    author: readName(reader),
    via: readName(reader),
    type: reader.text(limits.kindBytesMax),
    recipients: readNames(reader, recipientsBytesMax),
    encoding: reader.u8(),
    body: reader.bytes(letterLimits.letterBytesMax),
  };
}

function readSettled(reader: Reader): Settled {
  const n = reader.varint();
  const attempt = reader.varint();
  const outcome = outcomes[reader.u8()];
  if (outcome === undefined) reader.fail();
  if (outcome === undefined || outcome === 'handled')
    return { n, attempt, settlement: { outcome: 'handled' } };
  const delayMs = reader.varint(letterLimits.letterExpiresMsMax);
  const reason = reader.text(letterLimits.letterReasonBytesMax);
  return { n, attempt, settlement: outcome === 'again' ? { outcome, delayMs, reason } : { outcome, reason } };
}

function readReport(reader: Reader): OwnReport {
  const report = reader.varint();
  const id = readId(reader);
  const recipient = readName(reader);
  const state = recipientStates[reader.u8()];
  if (state === undefined) reader.fail();
  const reason = reader.text(letterLimits.letterReasonBytesMax);
  return { report, id, recipient, state: state ?? 'failed', reason };
}

function readId(reader: Reader): string {
  return hexOf(reader.raw(idBytes));
}

function readName(reader: Reader): string {
  const name = reader.text(limits.serviceBytesMax);
  if (nameProblem(name) !== undefined) reader.fail();
  return name;
}

function readNames(reader: Reader, bytesMax: number): string[] {
  const text = reader.text(bytesMax);
  const names = text === '' ? [] : text.split(' ');
  if (names.some((name) => nameProblem(name) !== undefined)) reader.fail();
  return names;
}
