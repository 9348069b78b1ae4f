/**
 * What the two ends of a line send each other, byte for byte. The sequence of a part's frame is its number.
 *
 * ```
 * every  u48 incarnation of its sender, u48 incarnation that it is for, u32 run
 * part   u8 flags (1: the last part of its message, 2: to be acknowledged at once), bytes
 *        u8 4, u32 memory of its sender, u32 run: a part that is no message, and says that earlier memories are gone, and
 *        that nothing of the other end's runs up to that one is accepted any more
 * ack    u32 memory of its sender, u48 received up to, u48 processed up to, u8 flags (1: send again from there)
 * ```
 * Invariant: decoders refuse whatever is not exactly one of these; the bytes of parts are never looked into.
 */
import { Reader, readU32, readU48, Writer } from '../wire/bytes.ts';
import type { Frame } from '../wire/frame.ts';

export const LineType = { part: 1, ack: 2 } as const;

const headBytes = 16;
const noBytes = new Uint8Array(0);
const flagLast = 1;
const flagUrgent = 2;
const flagMemory = 4;
const flagAgain = 1;

/** The two incarnations, and which of the sender's attempts at this line it is. */
export interface LineHead {
  readonly life: number;
  readonly forLife: number;
  readonly run: number;
}

function head({ life, forLife, run }: LineHead, capacity: number): Writer {
  return new Writer(headBytes + capacity).u48(life).u48(forLife).u32(run);
}

export interface LinePart {
  readonly isLast: boolean;
  /** Its sender waits for what becomes of it. */
  readonly isUrgent: boolean;
  readonly bytes: Uint8Array;
  /** Such a part has no bytes, and is no message. */
  readonly memory?: Memory | undefined;
}

/** What a receiving end has forgotten. */
export interface Memory {
  /** Its number, as in `Ack`: earlier ones are gone. */
  readonly number: number;
  /** Of the runs of the other end, the newest one of which it had been handed something before. */
  readonly forgottenRun: number;
}

export function encodePart(ends: LineHead, { isLast, isUrgent, bytes, memory }: LinePart): Uint8Array {
  if (memory !== undefined)
    return head(ends, 9).u8(flagMemory).u32(memory.number).u32(memory.forgottenRun).view();
  return head(ends, 1 + bytes.length)
    .u8((isLast ? flagLast : 0) | (isUrgent ? flagUrgent : 0))
    .raw(bytes)
    .view();
}

export interface Ack {
  /** Of the receiving end: a higher one has forgotten what earlier ones have received. */
  readonly memory: number;
  /** All parts up to this number have arrived. */
  readonly received: number;
  /** The other end needs none of the parts up to this number any more. */
  readonly processed: number;
  /** What comes after `received` is missing. */
  readonly isAgain: boolean;
}

export function encodeAck(ends: LineHead, { memory, received, processed, isAgain }: Ack): Uint8Array {
  return head(ends, 17)
    .u32(memory)
    .u48(received)
    .u48(processed)
    .u8(isAgain ? flagAgain : 0)
    .view();
}

/** Undefined: the payload is too short. */
export function readHead({ bytes, payloadStart, payloadEnd }: Frame): LineHead | undefined {
  if (payloadStart + headBytes > payloadEnd) return undefined;
  return {
    life: readU48(bytes, payloadStart),
    forLife: readU48(bytes, payloadStart + 6),
    run: readU32(bytes, payloadStart + 12),
  };
}

/** The bytes are a view into the frame. */
export function readPart({ bytes, payloadStart, payloadEnd }: Frame): LinePart | undefined {
  const at = payloadStart + headBytes;
  const flags = bytes[at];
  if (at >= payloadEnd || flags === undefined) return undefined;
  if (flags === flagMemory) return readMemory(bytes, at + 1, payloadEnd);
  if (flags > (flagLast | flagUrgent)) return undefined;
  return {
    isLast: (flags & flagLast) !== 0,
    isUrgent: (flags & flagUrgent) !== 0,
    bytes: bytes.subarray(at + 1, payloadEnd),
  };
}

function readMemory(bytes: Uint8Array, start: number, end: number): LinePart | undefined {
  const reader = new Reader(bytes, start, end);
  const memory = { number: reader.u32(), forgottenRun: reader.u32() };
  return reader.complete ? memoryPart(memory) : undefined;
}

export function memoryPart(memory: Memory): LinePart {
  return { isLast: true, isUrgent: true, bytes: noBytes, memory };
}

export function readAck({ bytes, payloadStart, payloadEnd }: Frame): Ack | undefined {
  const reader = new Reader(bytes, payloadStart + headBytes, payloadEnd);
  const memory = reader.u32();
  const received = reader.u48();
  const processed = reader.u48();
  const flags = reader.u8();
  if (!reader.complete || flags > flagAgain || processed > received) return undefined;
  return { memory, received, processed, isAgain: flags === flagAgain };
}
