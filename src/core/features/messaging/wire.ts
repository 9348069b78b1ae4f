/**
 * What messaging behaviors send each other, byte for byte.
 *
 * Invariant: decoders return undefined for whatever is not exactly one of these; a body is never looked
 * into. The *life* is the first 48 bits of the source's instance, one safe integer.
 */
import type { Instance } from '../../identity.ts';
import { limits } from '../../limits.ts';
import { Reader, Writer } from '../../wire/bytes.ts';

export const MessageType = {
  /** Wants a receipt. */
  data: 1,
  /** Nobody waits for it. */
  unacknowledged: 2,
  /** A piece of a large body; each is a message of its own to the receipts. */
  part: 3,
  receipts: 4,
} as const;

/** `held`: a part, kept until the others are there. */
export const ReceiptStatus = { accepted: 0, refused: 1, busy: 2, held: 3 } as const;
export type ReceiptStatus = (typeof ReceiptStatus)[keyof typeof ReceiptStatus];

export interface Data {
  readonly life: number;
  /** The oldest sequence still unresolved at the source. */
  readonly floor: number;
  readonly kind: string;
  /** How the body was made: 0 bytes, 1 codec. Core only carries it. */
  readonly encoding: number;
  readonly part: Part | undefined;
  /** A view into the frame. */
  readonly body: Uint8Array;
}

export interface Part {
  /** The sequence of the whole message. */
  readonly whole: number;
  readonly index: number;
  readonly count: number;
  readonly totalBytes: number;
}

export function lifeOf(instance: Instance): number {
  return Number.parseInt(instance.slice(0, 12), 16);
}

export function encodeData(data: Data): Uint8Array {
  const writer = new Writer(64 + data.body.length)
    .u48(data.life)
    .u48(data.floor)
    .text(data.kind)
    .u8(data.encoding);
  if (data.part !== undefined) {
    const { whole, index, count, totalBytes } = data.part;
    writer.u48(whole).varint(index).varint(count).varint(totalBytes);
  }
  return writer.raw(data.body).finish();
}

export function decodeData(type: number, bytes: Uint8Array): Data | undefined {
  const reader = new Reader(bytes);
  const life = reader.u48();
  const floor = reader.u48();
  const kind = reader.text(limits.kindBytesMax * 4);
  const encoding = reader.u8();
  const part = type === MessageType.part ? readPart(reader) : undefined;
  if (reader.failed || (part !== undefined && !isSound(part))) return undefined;
  return { life, floor, kind, encoding, part, body: reader.rest() };
}

export interface Receipt {
  readonly sequence: number;
  readonly status: ReceiptStatus;
}

/** Receipts for one life of one source; neighbors in number and equal in status share an entry. */
export function encodeReceipts(life: number, receipts: readonly Receipt[]): Uint8Array {
  const writer = new Writer(16 + receipts.length * 4).u48(life);
  for (let i = 0; i < receipts.length; ) {
    const { sequence, status } = receipts[i] as Receipt;
    let run = 1;
    while (receipts[i + run]?.status === status && receipts[i + run]?.sequence === sequence + run) run++;
    writer.u8(status).u48(sequence).varint(run);
    i += run;
  }
  return writer.finish();
}

/** Calls `each` for every receipt; false when the bytes are not receipts. */
export function readReceipts(bytes: Uint8Array, each: (life: number, receipt: Receipt) => void): boolean {
  const reader = new Reader(bytes);
  const life = reader.u48();
  while (reader.remaining > 0) {
    const status = reader.u8();
    const first = reader.u48();
    const run = reader.varint(limits.unresolvedMax);
    if (reader.failed || status > ReceiptStatus.held) return false;
    for (let i = 0; i < run; i++) each(life, { sequence: first + i, status: status as ReceiptStatus });
  }
  return !reader.failed;
}

function readPart(reader: Reader): Part {
  return {
    whole: reader.u48(),
    index: reader.varint(),
    count: reader.varint(),
    totalBytes: reader.varint(limits.bodyBytesMax),
  };
}

function isSound(part: Part): boolean {
  return part.index < part.count && part.count === Math.ceil(part.totalBytes / limits.partBytes);
}
