/**
 * What messaging behaviors send each other, byte for byte.
 *
 * Invariant: decoders return undefined for whatever is not exactly one of these; a body is never looked
 * into. The *life* is the first 48 bits of the source's instance, one safe integer.
 */
import type { Instance } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Reader, viewU48, Writer } from '../../../kernel/wire/bytes.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { messagingLimits } from './limits.ts';

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
  /** The instance's last 16 bits: with the life it is the whole of it. */
  readonly lifeTail: number;
  /** The oldest sequence that is unresolved at the source for this recipient. */
  readonly floor: number;
  readonly kind: string;
  /** How the body was made: 0 bytes, 1 codec. Core only carries it. */
  readonly encoding: number;
  readonly part: Part | undefined;
  readonly body: Uint8Array;
}

/** What a message says, apart from what is stamped on it when it is sent. */
export type Content = Omit<Data, 'life' | 'lifeTail' | 'floor'>;

export interface Part {
  /** The sequence of the whole message. */
  readonly whole: number;
  readonly index: number;
  readonly count: number;
  readonly totalBytes: number;
}

export function encodeData(data: Data): Uint8Array {
  const { life, lifeTail, floor, kind, encoding } = data;
  const writer = new Writer(64 + data.body.length).u48(life).u16(lifeTail).u48(floor).text(kind).u8(encoding);
  if (data.part !== undefined) {
    const { whole, index, count, totalBytes } = data.part;
    writer.u48(whole).varint(index).varint(count).varint(totalBytes);
  }
  return writer.raw(data.body).finish();
}

/** Where a message's payload has its floor. */
export const floorOffset = 8;

/** The beginning of a message's payload, up to its body: what a prepared frame holds. */
export function encodeHead(instance: Instance, kind: string, encoding: number): Uint8Array {
  return new Writer().instance(instance).u48(0).text(kind).u8(encoding).finish();
}

/**
 * A cursor over the payload of a message frame, moved from one to the next: no object per message. Valid
 * until the next `read`.
 */
export class DataCursor {
  life = 0;
  lifeTail = 0;
  floor = 0;
  kind = '';
  encoding = 0;
  part: Part | undefined;
  bytes: Uint8Array = new Uint8Array(0);
  bodyStart = 0;
  bodyEnd = 0;
  /** Most messages of a source have one kind: decoding its text anew each time would cost more than the rest. */
  private kindBytes: Uint8Array = new Uint8Array(0);

  /** False when the payload is not a message's. */
  read(frame: Frame): boolean {
    const { bytes, view, payloadStart, payloadEnd } = frame;
    const kindStart = payloadStart + 15;
    if (frame.type < MessageType.data || frame.type > MessageType.part || kindStart > payloadEnd)
      return false;
    const kindLength = bytes[kindStart - 1] as number;
    const kindEnd = kindStart + kindLength;
    if (kindLength > limits.kindBytesMax || kindEnd + 1 > payloadEnd) return false;
    this.life = viewU48(view, payloadStart);
    this.lifeTail = view.getUint16(payloadStart + 6);
    if (frame.type !== MessageType.unacknowledged) this.floor = viewU48(view, payloadStart + floorOffset);
    if (!this.isSameKind(bytes, kindStart, kindLength) && !this.readKind(bytes, kindStart, kindEnd))
      return false;
    this.encoding = bytes[kindEnd] as number;
    this.bytes = bytes;
    this.bodyEnd = payloadEnd;
    this.bodyStart = kindEnd + 1;
    this.part = undefined;
    return frame.type !== MessageType.part || this.takePart();
  }

  /** A view into the received chunk: nothing is copied between the socket and the program. */
  body(): Uint8Array {
    const { bytes, bodyStart } = this;
    // Without `subarray`, which asks for the constructor each time.
    return new Uint8Array(bytes.buffer, bytes.byteOffset + bodyStart, this.bodyEnd - bodyStart);
  }

  private isSameKind(bytes: Uint8Array, start: number, length: number): boolean {
    const { kindBytes } = this;
    if (kindBytes.length !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== kindBytes[i]) return false;
    return true;
  }

  private readKind(bytes: Uint8Array, start: number, end: number): boolean {
    const reader = new Reader(bytes, start - 1, end);
    const kind = reader.text(limits.kindBytesMax);
    if (reader.failed) return false;
    this.kind = kind;
    this.kindBytes = bytes.slice(start, end);
    return true;
  }

  private takePart(): boolean {
    const reader = new Reader(this.bytes, this.bodyStart, this.bodyEnd);
    const part = readPart(reader);
    if (reader.failed || !isSound(part)) return false;
    this.part = part;
    this.bodyStart = reader.position;
    return true;
  }
}

/** Receipts for one life of one source; neighbors in number and equal in status share an entry. */
export function encodeReceipts(
  life: number,
  sequences: readonly number[],
  statuses: readonly ReceiptStatus[],
): Uint8Array {
  const writer = new Writer(16 + sequences.length).u48(life);
  for (let i = 0; i < sequences.length; ) {
    const sequence = sequences[i] as number;
    const status = statuses[i] as ReceiptStatus;
    let run = 1;
    while (statuses[i + run] === status && sequences[i + run] === sequence + run) run++;
    writer.u8(status).u48(sequence).varint(run);
    i += run;
  }
  return writer.finish();
}

/** Calls `each` for every receipt; false when the bytes are not receipts. */
export function readReceipts(
  bytes: Uint8Array,
  each: (life: number, sequence: number, status: ReceiptStatus) => void,
): boolean {
  const reader = new Reader(bytes);
  const life = reader.u48();
  // Bounded as a sum: runs are cheap to write down, and each of their receipts is a call here.
  let left = limits.unresolvedMax;
  while (reader.remaining > 0) {
    const status = reader.u8();
    const first = reader.u48();
    const run = reader.varint(left);
    left -= run;
    if (reader.failed || status > ReceiptStatus.held) return false;
    for (let i = 0; i < run; i++) each(life, first + i, status as ReceiptStatus);
  }
  return !reader.failed;
}

function readPart(reader: Reader): Part {
  return {
    whole: reader.u48(),
    index: reader.varint(),
    count: reader.varint(),
    totalBytes: reader.varint(messagingLimits.bodyBytesMax),
  };
}

function isSound(part: Part): boolean {
  return part.index < part.count && part.count === Math.ceil(part.totalBytes / messagingLimits.partBytes);
}
