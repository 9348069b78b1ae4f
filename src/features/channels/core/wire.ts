/**
 * What channel behaviors send each other, byte for byte. The frame's sequence is the channel's number.
 *
 * ```
 * every    u48 life of its sender, u48 life it is for, u8 side (1: its sender has opened the channel, 0: the other)
 * open     u32 window, text protocol
 * accepted u32 window
 * refused  u8 reason, text
 * data     u48 offset, bytes
 * credit   u48 received up to, u48 may be sent up to, u8 flags (1: again from there, 2: an answer is wanted)
 * end      u48 offset: nothing comes after it
 * reset    u8 reason, text
 * ```
 * Offsets count the bytes of one direction. The end takes one place after the last byte, as TCP's FIN does (RFC
 * 9293): who has "received up to" one more than the end's offset has all, and knows it.
 *
 * Invariant: decoders say no to whatever is not exactly one of these; the bytes of data are never looked into.
 * A *life* is the first 48 bits of an instance, one safe integer.
 */
import { limits } from '../../../kernel/limits.ts';
import { Reader, readU32, readU48, Writer, writeU48 } from '../../../kernel/wire/bytes.ts';
import { completeFrame, type Frame, headerBytes } from '../../../kernel/wire/frame.ts';
import { channelLimits } from './limits.ts';

export const ChannelType = {
  open: 1,
  accepted: 2,
  refused: 3,
  data: 4,
  credit: 5,
  end: 6,
  reset: 7,
} as const;

/** Why a request was refused, or a channel ended early: as a number, its place in the list. */
export const resetReasons = [
  /** The other end's program has refused it, or has given the channel up; the text is its own. */
  'program',
  /** Nobody there accepts that protocol. */
  'nobody',
  /** As many channels, or requests that wait, as there may be. */
  'busy',
  /** Nobody has accepted it, or waits for it, in time. */
  'late',
  /** No such channel there, or not any more. */
  'unknown',
  /** The node there leaves. */
  'closing',
  /** The node there counts this one as lost. */
  'lost',
] as const;
export type ResetReason = (typeof resetReasons)[number];

export const CreditFlag = { again: 1, answer: 2 } as const;

const headBytes = 13;
const dataHeadBytes = headBytes + 6;
/** Where the bytes of a data frame begin. */
export const dataFrameHeadBytes = headerBytes + dataHeadBytes;

/** Who says it to whom: the beginning of each message of a channel. */
export interface ChannelEnds {
  readonly life: number;
  readonly forLife: number;
  readonly isOpener: boolean;
}

function head({ life, forLife, isOpener }: ChannelEnds, capacity: number): Writer {
  return new Writer(headBytes + capacity)
    .u48(life)
    .u48(forLife)
    .u8(isOpener ? 1 : 0);
}

export function encodeOpen(ends: ChannelEnds, window: number, protocol: string): Uint8Array {
  return head(ends, 5 + protocol.length)
    .u32(window)
    .text(protocol)
    .finish();
}

export function encodeAccepted(ends: ChannelEnds, window: number): Uint8Array {
  return head(ends, 4).u32(window).finish();
}

/** A refusal or a reset. */
export function encodeReason(ends: ChannelEnds, reason: ResetReason, text: string): Uint8Array {
  const shown =
    text.length <= channelLimits.channelTextLength
      ? text
      : `${text.slice(0, channelLimits.channelTextLength - 1)}…`;
  return head(ends, 4 + shown.length)
    .u8(resetReasons.indexOf(reason))
    .text(shown)
    .finish();
}

/** The payload of a data frame up to its bytes; the offset is filled in by `completeData`. */
export function encodeDataHead(ends: ChannelEnds): Uint8Array {
  return head(ends, 6).u48(0).finish();
}

/** Fills in what the beginning of a data frame could not know. */
export function completeData(bytes: Uint8Array, length: number, number: number, offset: number): void {
  writeU48(bytes, headerBytes + headBytes, offset);
  completeFrame(bytes, 0, length, number);
}

export function encodeCredit(ends: ChannelEnds, received: number, limit: number, flags: number): Uint8Array {
  return head(ends, 13).u48(received).u48(limit).u8(flags).finish();
}

export function encodeEnd(ends: ChannelEnds, offset: number): Uint8Array {
  return head(ends, 6).u48(offset).finish();
}

/** A cursor over the payload of one message, moved from one to the next: no object per frame. */
export class ChannelCursor implements ChannelEnds {
  life = 0;
  forLife = 0;
  isOpener = false;
  window = 0;
  protocol = '';
  reason: ResetReason = 'unknown';
  text = '';
  offset = 0;
  received = 0;
  limit = 0;
  flags = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private bodyStart = 0;
  private bodyEnd = 0;

  /** The bytes of data: a view into what was received. */
  body(): Uint8Array {
    return this.bytes.subarray(this.bodyStart, this.bodyEnd);
  }

  /** False when the payload is not that of its type. */
  read({ type, bytes, payloadStart, payloadEnd }: Frame): boolean {
    const side = bytes[payloadStart + 12] as number;
    if (payloadStart + headBytes > payloadEnd || side > 1) return false;
    this.life = readU48(bytes, payloadStart);
    this.forLife = readU48(bytes, payloadStart + 6);
    this.isOpener = side === 1;
    return this.readRest(type, bytes, payloadStart + headBytes, payloadEnd);
  }

  private readRest(type: number, bytes: Uint8Array, at: number, end: number): boolean {
    const length = end - at;
    switch (type) {
      case ChannelType.data:
        if (length <= 6) return false;
        this.offset = readU48(bytes, at);
        this.bytes = bytes;
        this.bodyStart = at + 6;
        this.bodyEnd = end;
        return true;
      case ChannelType.credit:
        if (length !== 13) return false;
        this.received = readU48(bytes, at);
        this.limit = readU48(bytes, at + 6);
        this.flags = bytes[at + 12] as number;
        return true;
      case ChannelType.end:
        if (length !== 6) return false;
        this.offset = readU48(bytes, at);
        return true;
      case ChannelType.accepted:
        if (length !== 4) return false;
        this.window = readU32(bytes, at);
        return true;
      case ChannelType.open:
        return this.readOpen(new Reader(bytes, at, end));
      case ChannelType.refused:
      case ChannelType.reset:
        return this.readReason(new Reader(bytes, at, end));
      default:
        return false;
    }
  }

  private readOpen(reader: Reader): boolean {
    this.window = reader.u32();
    this.protocol = reader.text(limits.serviceBytesMax);
    return reader.complete;
  }

  private readReason(reader: Reader): boolean {
    // A later version's reason is told by its text.
    this.reason = resetReasons[reader.u8()] ?? 'program';
    this.text = reader.text(3 * channelLimits.channelTextLength);
    return reader.complete;
  }
}
