/**
 * The frame: a fixed header of 30 bytes, then the payload. This file is the wire format's one page.
 *
 * ```
 *  0  u32  length of what follows this field
 *  4  u8   wire version (high nibble), flags (low nibble)
 *  5  u8   ttl: hops left
 *  6  u8   route kind
 *  7  u8   type: the feature's own message number
 *  8  u32  feature: first 32 bits of SHA-256 of the feature's name
 * 12  u48  destination: a node id, a key, or a service's id; unused for link and many
 * 18  u48  source: the node that made the frame
 * 24  u48  sequence: the source's own number
 * 30  ...  payload; for route kind many it begins with u16 count and that many u48 recipients
 * ```
 * With flag `traced` the payload ends in the ids of the hops so far (u48 each) and their count (u8).
 *
 * Who calls it: the link (to cut a stream into frames), the kernel (to route). Invariant: the header is
 * read in place and a payload in transit is never parsed. Rejected: feature numbers agreed per link; a
 * relay that does not have the feature would need a table per link to translate them.
 */
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';
import { readU48, viewU48, writeU32, writeU48 } from './bytes.ts';

/** The highest wire version that this build speaks; it writes it into each frame. */
export const wireVersion = 1;
/** The lowest wire version that this build accepts. */
export const wireVersionMin = 1;
export const headerBytes = 30;
/** The first bytes of every skein stream. 0xF5 begins no UTF-8 text, no TLS record and no nanomsg greeting. */
export const preface = Uint8Array.of(0xf5, 0x53, 0x4b, 0x4e);

/**
 * How a frame finds its recipients; numbers on the wire.
 * - `link`: the neighbor at the other end, never forwarded
 * - `node`: the node with the id `destination`
 * - `key`: the node whose id is closest to `destination`
 * - `service`: the best provider of the service with the id `destination`
 * - `many`: the nodes listed at the beginning of the payload
 */
export const RouteKind = { link: 0, node: 1, key: 2, service: 3, many: 4 } as const;
/** The number of one kind of route. */
export type RouteKind = (typeof RouteKind)[keyof typeof RouteKind];

/** Bits of `Frame.flags` and `Header.flags`. */
export const Flag = {
  /** The source wants to be told when a hop drops this frame. */
  wantsReturn: 1,
  /** Each hop appends its id to the payload. */
  traced: 2,
  /** This frame tells of a dropped one (see `encodeReturned`). */
  returned: 4,
} as const;

const offset = {
  version: 4,
  ttl: 5,
  kind: 6,
  type: 7,
  feature: 8,
  destination: 12,
  source: 18,
  sequence: 24,
} as const;
const recipientBytes = 6;

/**
 * A cursor over one frame inside a larger chunk. The kernel owns a single one and moves it: whoever is
 * handed a Frame must not keep it, nor its `payload`, beyond the call.
 */
export class Frame {
  /** The chunk that contains the frame. Everything outside `start` to `end` belongs to others. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Of the same chunk: a number read by it costs half of one put together from bytes. */
  view = new DataView(this.bytes.buffer);
  /** Index in `bytes` of the frame's first byte, which is the first of its header. */
  start = 0;
  /** Index in `bytes` after the frame's last byte. */
  end = 0;
  /** The low nibble of byte 4: bits of `Flag`. */
  flags = 0;
  /** Links that it may still pass. A hop that would forward a frame of ttl 1 drops it. */
  ttl = 0;
  /** How it finds its recipients. */
  kind: RouteKind = RouteKind.link;
  /** The feature's own message number, 0 to 255. */
  type = 0;
  /** Number of the feature it belongs to: `featureNumber` of its name. 0: a control frame of the link. */
  feature = 0;
  /** A node id, a key, or a service's id, by `kind`; 0 for link and many. */
  destination: NodeId = 0;
  /** Id of the node that made the frame. Relays do not check it. */
  source: NodeId = 0;
  /** The source's own number of the frame; 0 where it set none. */
  sequence = 0;

  /** Points the cursor at a frame; false when its header is not one of ours. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < headerBytes) return false;
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const { view } = this;
    const version = bytes[start + offset.version] as number;
    const kind = bytes[start + offset.kind] as number;
    if (version >>> 4 < wireVersionMin || version >>> 4 > wireVersion || kind > RouteKind.many) return false;
    this.start = start;
    this.end = end;
    this.flags = version & 0x0f;
    this.ttl = bytes[start + offset.ttl] as number;
    this.kind = kind as RouteKind;
    this.type = bytes[start + offset.type] as number;
    this.feature = view.getUint32(start + offset.feature);
    this.destination = viewU48(view, start + offset.destination);
    this.source = viewU48(view, start + offset.source);
    this.sequence = viewU48(view, start + offset.sequence);
    return kind !== RouteKind.many || this.recipientsEnd <= end;
  }

  /** Bytes of the whole frame, header included. */
  get length(): number {
    return this.end - this.start;
  }

  /** Recipients that a frame of kind many names; 0 for other kinds. */
  get recipientCount(): number {
    if (this.kind !== RouteKind.many) return 0;
    if (this.end - this.start < headerBytes + 2) return Number.MAX_SAFE_INTEGER;
    return (
      ((this.bytes[this.start + headerBytes] as number) << 8) |
      (this.bytes[this.start + headerBytes + 1] as number)
    );
  }

  /** The ids of all recipients as they lie in the frame: a view, for `readRecipients`. */
  get recipientBytes(): Uint8Array {
    const { buffer, byteOffset } = this.bytes;
    return new Uint8Array(
      buffer,
      byteOffset + this.start + headerBytes + 2,
      this.recipientCount * recipientBytes,
    );
  }

  /** Id of one recipient of a frame of kind many, by index from 0 to `recipientCount` - 1. The index is not checked. */
  recipient(index: number): NodeId {
    return readU48(this.bytes, this.start + headerBytes + 2 + index * recipientBytes);
  }

  /** Where the recipients end and the feature's own payload begins. */
  get payloadStart(): number {
    return this.kind === RouteKind.many ? this.recipientsEnd : this.start + headerBytes;
  }

  /** The feature's payload, without recipients and trace: a view, not a copy. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadStart, this.payloadEnd);
  }

  /** Index in `bytes` after the feature's payload: where a traced frame's trace begins, otherwise `end`. */
  get payloadEnd(): number {
    return this.end - this.traceBytes;
  }

  /** The ids of the hops that a traced frame passed, its source excluded. */
  get trace(): NodeId[] {
    const hops: NodeId[] = [];
    for (let at = this.payloadEnd; at + recipientBytes < this.end; at += recipientBytes)
      hops.push(readU48(this.bytes, at));
    return hops;
  }

  /** One hop less, written into the frame itself: the chunk is ours. */
  takeHop(): void {
    this.ttl--;
    this.bytes[this.start + offset.ttl] = this.ttl;
  }

  private get recipientsEnd(): number {
    return this.start + headerBytes + 2 + this.recipientCount * recipientBytes;
  }

  private get traceBytes(): number {
    if ((this.flags & Flag.traced) === 0) return 0;
    const count = this.bytes[this.end - 1] as number;
    const bytes = 1 + count * recipientBytes;
    return this.payloadStart + bytes <= this.end ? bytes : 0;
  }
}

/** The wire version that a frame says it is of, whether that is spoken here or not. */
export function headerVersion(bytes: Uint8Array, start: number): number {
  return (bytes[start + offset.version] as number) >>> 4;
}

/** The header fields of a frame to encode; as those of `Frame`. */
export interface Header {
  readonly kind: RouteKind;
  readonly type: number;
  readonly feature: number;
  readonly destination: NodeId;
  readonly source: NodeId;
  readonly sequence: number;
  readonly flags: number;
  readonly ttl: number;
}

/** A whole frame as a new array. With `recipients` the kind is many; a traced payload already ends in its trace. */
export function encodeFrame(header: Header, payload: Uint8Array, recipients?: readonly NodeId[]): Uint8Array {
  const listBytes = recipients === undefined ? 0 : 2 + recipients.length * recipientBytes;
  const bytes = new Uint8Array(headerBytes + listBytes + payload.length);
  writeHeader(bytes, header);
  if (recipients !== undefined) writeRecipients(bytes, recipients);
  bytes.set(payload, headerBytes + listBytes);
  return bytes;
}

/** The ids in what `Frame.recipientBytes` gave. */
export function readRecipients(bytes: Uint8Array): NodeId[] {
  const ids: NodeId[] = [];
  for (let at = 0; at + recipientBytes <= bytes.length; at += recipientBytes) ids.push(readU48(bytes, at));
  return ids;
}

/** The same frame to fewer recipients: what one next hop gets. */
export function withRecipients(frame: Frame, recipients: readonly NodeId[]): Uint8Array {
  const body = frame.bytes.subarray(frame.payloadStart, frame.end);
  const bytes = new Uint8Array(headerBytes + 2 + recipients.length * recipientBytes + body.length);
  bytes.set(frame.bytes.subarray(frame.start, frame.start + headerBytes));
  writeU32(bytes, 0, bytes.length - 4);
  writeRecipients(bytes, recipients);
  bytes.set(body, bytes.length - body.length);
  return bytes;
}

/** The same frame with one more hop in its trace. */
export function withHop(frame: Frame, hop: NodeId): Uint8Array {
  const count = frame.bytes[frame.end - 1] as number;
  const full = count >= limits.traceHopsMax || frame.length + recipientBytes > limits.frameBytesMax;
  if (full) return frame.bytes.subarray(frame.start, frame.end);
  const bytes = new Uint8Array(frame.length + recipientBytes);
  bytes.set(frame.bytes.subarray(frame.start, frame.end));
  writeU32(bytes, 0, bytes.length - 4);
  writeU48(bytes, frame.length - 1, hop);
  bytes[bytes.length - 1] = count + 1;
  return bytes;
}

/** Fills in what a prepared frame could not know. */
export function completeFrame(bytes: Uint8Array, at: number, length: number, sequence: number): void {
  writeU32(bytes, at, length - 4);
  writeU48(bytes, at + offset.sequence, sequence);
}

function writeHeader(bytes: Uint8Array, header: Header): void {
  writeU32(bytes, 0, bytes.length - 4);
  bytes[offset.version] = (wireVersion << 4) | header.flags;
  bytes[offset.ttl] = header.ttl;
  bytes[offset.kind] = header.kind;
  bytes[offset.type] = header.type;
  writeU32(bytes, offset.feature, header.feature);
  writeU48(bytes, offset.destination, header.destination);
  writeU48(bytes, offset.source, header.source);
  writeU48(bytes, offset.sequence, header.sequence);
}

function writeRecipients(bytes: Uint8Array, recipients: readonly NodeId[]): void {
  bytes[headerBytes] = recipients.length >>> 8;
  bytes[headerBytes + 1] = recipients.length;
  let at = headerBytes + 2;
  for (const id of recipients) {
    writeU48(bytes, at, id);
    at += recipientBytes;
  }
}
