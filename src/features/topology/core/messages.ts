/**
 * What topology behaviors say to each other, byte for byte.
 *
 * All but the two probes are for the neighbor only (route kind link). Invariant: decoders return
 * undefined for whatever is not exactly one of these.
 */
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { bucketCount } from '../../../kernel/routing/digests.ts';
import { Reader, Writer } from '../../../kernel/wire/bytes.ts';
import type { Claim } from './claims.ts';

export const TopologyType = {
  /** Records, each with how long it has been unreachable for the sender. */
  records: 1,
  /** (id, epoch, sequence, life, check) of all records, or of those in some buckets. */
  summary: 2,
  /** Ids whose records are asked for. */
  want: 3,
  /** The root digest; sent each sync period. */
  digest: 4,
  /** All bucket digests: the answer to a root that differs. */
  buckets: 5,
  /** "Is this life of my name still there?" Routed. */
  probe: 6,
  probeReply: 7,
} as const;

export interface CarriedRecord {
  readonly bytes: Uint8Array;
  /** 0: reachable for the sender. */
  readonly unreachableForMs: number;
}

export function encodeRecords(records: readonly CarriedRecord[]): Uint8Array {
  const writer = new Writer(1024).varint(records.length);
  for (const record of records) writer.varint(Math.round(record.unreachableForMs)).bytes(record.bytes);
  return writer.finish();
}

export function decodeRecords(bytes: Uint8Array): CarriedRecord[] | undefined {
  const reader = new Reader(bytes);
  const records: CarriedRecord[] = [];
  const count = reader.varint(limits.recordsMax);
  for (let i = 0; i < count && !reader.failed; i++) {
    records.push({
      unreachableForMs: reader.varint(limits.unreachableKeptMs * 2),
      bytes: reader.bytes(limits.recordBytesMax),
    });
  }
  return reader.complete ? records : undefined;
}

export interface SummaryEntry {
  readonly id: NodeId;
  readonly epoch: number;
  readonly sequence: number;
  /** The first 32 bits of the instance: two lives can stand at the same (epoch, sequence). */
  readonly life: number;
  /** Of the record's bytes: a forged one can stand at the version of the true one. */
  readonly check: number;
}

export interface Summary {
  /** Undefined: everything, the unreachable included. */
  readonly buckets: readonly number[] | undefined;
  readonly entries: readonly SummaryEntry[];
}

export function lifeOf(instance: Instance): number {
  return Number.parseInt(instance.slice(0, 8), 16);
}

export function encodeSummary(summary: Summary): Uint8Array {
  const writer = new Writer(1024).u8(summary.buckets === undefined ? 0 : 1);
  if (summary.buckets !== undefined) {
    writer.u8(summary.buckets.length);
    for (const bucket of summary.buckets) writer.u8(bucket);
  }
  writer.varint(summary.entries.length);
  for (const entry of summary.entries)
    writer.u48(entry.id).u32(entry.epoch).u32(entry.sequence).u32(entry.life).u32(entry.check);
  return writer.finish();
}

export function decodeSummary(bytes: Uint8Array): Summary | undefined {
  const reader = new Reader(bytes);
  const scope = reader.u8();
  let buckets: number[] | undefined;
  if (scope === 1) {
    buckets = [];
    const count = reader.u8();
    for (let i = 0; i < count; i++) buckets.push(reader.u8());
  }
  const entries: SummaryEntry[] = [];
  const count = reader.varint(limits.recordsMax);
  for (let i = 0; i < count && !reader.failed; i++) {
    entries.push({
      id: reader.u48(),
      epoch: reader.u32(),
      sequence: reader.u32(),
      life: reader.u32(),
      check: reader.u32(),
    });
  }
  const sound = scope <= 1 && (buckets?.every((bucket) => bucket < bucketCount) ?? true);
  return reader.complete && sound ? { buckets, entries } : undefined;
}

export function encodeIds(ids: readonly NodeId[]): Uint8Array {
  const writer = new Writer().varint(ids.length);
  for (const id of ids) writer.u48(id);
  return writer.finish();
}

export function decodeIds(bytes: Uint8Array): NodeId[] | undefined {
  const reader = new Reader(bytes);
  const ids: NodeId[] = [];
  const count = reader.varint(limits.recordsMax);
  for (let i = 0; i < count && !reader.failed; i++) ids.push(reader.u48());
  return reader.complete ? ids : undefined;
}

export function encodeWords(words: ArrayLike<number>): Uint8Array {
  const writer = new Writer();
  for (let i = 0; i < words.length; i++) writer.u32(words[i] as number);
  return writer.finish();
}

export function decodeWords(bytes: Uint8Array, count: number): Uint32Array | undefined {
  if (bytes.length !== count * 4) return undefined;
  const reader = new Reader(bytes);
  return Uint32Array.from({ length: count }, () => reader.u32());
}

/** Asked for one life of a name, of whichever other has it. */
export interface Probe {
  readonly nonce: number;
  /** The node that the reply goes to: it knows the prober by its link. */
  readonly via: NodeId;
  /** Of the life that asks, or is asked for. */
  readonly claim: Claim;
  /** The life that asks has told the other already that it stays. */
  readonly stays: boolean;
}

export function encodeProbe({ nonce, via, claim, stays }: Probe): Uint8Array {
  return new Writer()
    .u48(nonce)
    .u48(via)
    .instance(claim.instance)
    .u48(claim.uptimeMs)
    .u32(claim.islandNodes)
    .u8(stays ? 1 : 0)
    .finish();
}

export function decodeProbe(bytes: Uint8Array): Probe | undefined {
  const reader = new Reader(bytes);
  const [nonce, via] = [reader.u48(), reader.u48()];
  const claim = {
    instance: reader.instance(),
    uptimeMs: reader.u48(),
    islandNodes: Math.min(reader.u32(), limits.recordsMax),
  };
  const stays = reader.u8();
  return reader.complete && stays <= 1 ? { nonce, via, claim, stays: stays === 1 } : undefined;
}

export interface ProbeReply {
  readonly nonce: number;
  readonly prober: Instance;
  readonly instance: Instance;
  /** Its word that it keeps the name: the prober must end. Else the prober may stay. */
  readonly stays: boolean;
}

export function encodeProbeReply(reply: ProbeReply): Uint8Array {
  return new Writer()
    .u48(reply.nonce)
    .instance(reply.prober)
    .instance(reply.instance)
    .u8(reply.stays ? 1 : 0)
    .finish();
}

export function decodeProbeReply(bytes: Uint8Array): ProbeReply | undefined {
  const reader = new Reader(bytes);
  const [nonce, prober, instance] = [reader.u48(), reader.instance(), reader.instance()];
  const stays = reader.u8();
  return reader.complete && stays <= 1 ? { nonce, prober, instance, stays: stays === 1 } : undefined;
}
