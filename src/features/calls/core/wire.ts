/**
 * What calls behaviors send each other, byte for byte. The frame's sequence is the call's number at its asker.
 *
 * ```
 * request  u48 life, u16 life's tail, u48 life it is for, u32 ms to the deadline, text service, u8 encoding, input
 * reply    u48 life of the asker, u8 status, u16 load, u8 encoding, output
 *          (failed: text code, text message; unknown: u48 life of the node that says so)
 * ask      u48 life                         what has become of it?
 * cancel   u48 life                         nobody waits for it any more
 * got      u48 life, then u48 first and varint count of numbers whose replies have come
 * ```
 * Invariant: decoders say no to whatever is not exactly one of these; inputs and outputs are never looked into.
 * The *life* is the first 48 bits of the asker's instance, one safe integer.
 */
import { limits } from '../../../kernel/limits.ts';
import { Reader, readU32, readU48, Writer } from '../../../kernel/wire/bytes.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { callLimits } from './limits.ts';

export const CallType = { request: 1, reply: 2, ask: 3, cancel: 4, got: 5 } as const;

/**
 * `done` and `failed` are answers; `refused` (nobody offers the service there) and `busy` say that the handler was
 * not and will not be called; `working` that it has been taken; `unknown` that it has not come to this life of the
 * node, and will not be carried out by it should it come yet; `lost` that it was, and its answer is kept no more;
 * `otherLife` that it was meant for a life of the node that is over, and is not carried out.
 */
export const ReplyStatus = {
  done: 0,
  failed: 1,
  refused: 2,
  busy: 3,
  working: 4,
  unknown: 5,
  lost: 6,
  otherLife: 7,
} as const;
export type ReplyStatus = (typeof ReplyStatus)[keyof typeof ReplyStatus];

/** Where a prepared reply has its load, from the beginning of its payload. */
export const loadOffset = 7;
export const loadMax = 0xffff;

export interface RequestHead {
  readonly life: number;
  readonly lifeTail: number;
  /** Of the node that is asked: a copy that comes late must not be carried out by its next life. */
  readonly forLife: number;
  readonly timeoutMs: number;
  readonly service: string;
  readonly encoding: number;
}

/** The beginning of a request's payload, up to its input. */
export function encodeRequestHead(head: RequestHead): Uint8Array {
  const { life, lifeTail, forLife, timeoutMs, service, encoding } = head;
  const writer = new Writer(40 + service.length).u48(life).u16(lifeTail).u48(forLife);
  return writer
    .u32(Math.max(1, Math.round(timeoutMs)))
    .text(service)
    .u8(encoding)
    .finish();
}

/** The beginning of a reply's payload, up to its output. */
export function encodeReplyHead(life: number, status: ReplyStatus, load: number, encoding = 0): Uint8Array {
  return new Writer(16).u48(life).u8(status).u16(Math.min(load, loadMax)).u8(encoding).finish();
}

export function encodeLife(life: number): Uint8Array {
  return new Writer(6).u48(life).finish();
}

/** @param numbers In any order; neighbors share an entry. */
export function encodeGot(life: number, numbers: readonly number[]): Uint8Array {
  const sorted = [...numbers].sort((a, b) => a - b);
  const writer = new Writer(16 + sorted.length * 4).u48(life);
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as number;
    let run = 1;
    while (sorted[i + run] === first + run) run++;
    writer.u48(first).varint(run);
    i += run;
  }
  return writer.finish();
}

/** Calls `each` for every number; false when the bytes are not such a list. */
export function readGot(bytes: Uint8Array, each: (life: number, number: number) => void): boolean {
  const reader = new Reader(bytes);
  const life = reader.u48();
  // Bounded as a sum: runs are cheap to write down, and each of their numbers is a call here.
  let left = callLimits.callsUnresolvedMax;
  while (reader.remaining > 0) {
    const first = reader.u48();
    const run = reader.varint(left);
    left -= run;
    if (reader.failed) return false;
    for (let i = 0; i < run; i++) each(life, first + i);
  }
  return !reader.failed;
}

/** Undefined when the payload is not exactly a life. */
export function readLife({ payload }: Frame): number | undefined {
  return decodeLife(payload);
}

export function decodeLife(bytes: Uint8Array): number | undefined {
  return bytes.length === 6 ? readU48(bytes, 0) : undefined;
}

export interface RemoteFailure {
  readonly code: string;
  readonly message: string;
}

export function encodeFailure({ code, message }: RemoteFailure): Uint8Array {
  const writer = new Writer(8 + code.length + message.length);
  return writer
    .text(shortened(code, callLimits.callCodeLength))
    .text(shortened(message, callLimits.callTextLength))
    .finish();
}

export function decodeFailure(bytes: Uint8Array): RemoteFailure | undefined {
  const reader = new Reader(bytes);
  // A character has at most three bytes for each unit of its length.
  const failure = {
    code: reader.text(3 * callLimits.callCodeLength),
    message: reader.text(3 * callLimits.callTextLength),
  };
  return reader.complete ? failure : undefined;
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** A cursor over the payload of a request or a reply, moved from one to the next: no object per frame. */
export class CallCursor {
  life = 0;
  lifeTail = 0;
  forLife = 0;
  timeoutMs = 0;
  service = '';
  status: ReplyStatus = ReplyStatus.done;
  load = 0;
  encoding = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private bodyStart = 0;
  private bodyEnd = 0;
  /** Requests of one asker mostly name one service: decoding its text each time would cost more than the rest. */
  private serviceBytes: Uint8Array = new Uint8Array(0);

  /** A view into the received chunk. */
  body(): Uint8Array {
    return this.bytes.subarray(this.bodyStart, this.bodyEnd);
  }

  get bodyBytes(): number {
    return this.bodyEnd - this.bodyStart;
  }

  /** False when the payload is not a request's. */
  readRequest({ bytes, payloadStart, payloadEnd }: Frame): boolean {
    const textStart = payloadStart + 19;
    if (textStart > payloadEnd) return false;
    const textBytes = bytes[textStart - 1] as number;
    const textEnd = textStart + textBytes;
    if (textBytes > limits.serviceBytesMax || textEnd + 1 > payloadEnd) return false;
    this.life = readU48(bytes, payloadStart);
    this.lifeTail = ((bytes[payloadStart + 6] as number) << 8) | (bytes[payloadStart + 7] as number);
    this.forLife = readU48(bytes, payloadStart + 8);
    this.timeoutMs = readU32(bytes, payloadStart + 14);
    if (!this.isSameService(bytes, textStart, textBytes) && !this.readService(bytes, textStart, textEnd))
      return false;
    this.encoding = bytes[textEnd] as number;
    this.holdBody(bytes, textEnd + 1, payloadEnd);
    return true;
  }

  /** False when the payload is not a reply's. */
  readReply({ bytes, payloadStart, payloadEnd }: Frame): boolean {
    if (payloadStart + 10 > payloadEnd) return false;
    const status = bytes[payloadStart + 6] as number;
    if (status > ReplyStatus.otherLife) return false;
    this.life = readU48(bytes, payloadStart);
    this.status = status as ReplyStatus;
    this.load =
      ((bytes[payloadStart + loadOffset] as number) << 8) | (bytes[payloadStart + loadOffset + 1] as number);
    this.encoding = bytes[payloadStart + 9] as number;
    this.holdBody(bytes, payloadStart + 10, payloadEnd);
    return true;
  }

  private holdBody(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.bodyStart = start;
    this.bodyEnd = end;
  }

  private isSameService(bytes: Uint8Array, start: number, length: number): boolean {
    const { serviceBytes } = this;
    if (serviceBytes.length !== length || length === 0) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== serviceBytes[i]) return false;
    return true;
  }

  private readService(bytes: Uint8Array, start: number, end: number): boolean {
    const reader = new Reader(bytes, start - 1, end);
    const service = reader.text(limits.serviceBytesMax);
    if (reader.failed || service === '') return false;
    this.service = service;
    this.serviceBytes = bytes.slice(start, end);
    return true;
  }
}
