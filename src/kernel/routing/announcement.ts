/**
 * The announcement: a node's own record, as it is flooded and kept (meshage's MSA).
 *
 * Who calls it: the topology feature and the records. Invariant: what `decodeAnnouncement` lets through
 * is well-formed whoever made it: valid name, the id that belongs to it, sorted links without repeats
 * and without itself, everything within its limit. The encoded bytes are kept and passed on as they
 * came, so that a later version's fields (and a signature) survive a relay that does not know them.
 */

import type { RecordSigner } from '../contracts.ts';
import { type Instance, idOf, isId, isInstanceOf, type NodeId, nameProblem } from '../identity.ts';
import { limits } from '../limits.ts';
import { Reader, Writer } from '../wire/bytes.ts';

export interface Announcement {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  /** Rises when a new life takes over the name. */
  readonly epoch: number;
  /** Rises with each change within a life. */
  readonly sequence: number;
  /** The final record: it said goodbye. */
  readonly left: boolean;
  readonly version: string;
  readonly addresses: readonly string[];
  /** Ids of neighbors, ascending. */
  readonly links: readonly NodeId[];
  readonly services: readonly string[];
  readonly sections: ReadonlyMap<string, Uint8Array>;
}

const format = 1;
const publicKeyBytesMax = 64;
const signatureBytesMax = 128;
const textBytesMax = 256;
const none: readonly never[] = [];
const unsigned = new Uint8Array(0);
const noSections: ReadonlyMap<string, Uint8Array> = new Map();

/** @param signer Without one the record is unsigned: in a simulated world, or a test. */
export function encodeAnnouncement(record: Announcement, signer?: RecordSigner): Uint8Array {
  const writer = new Writer()
    .u8(format)
    .u48(record.id)
    .text(record.name)
    .text(record.namespace)
    .instance(record.instance)
    .u32(record.epoch)
    .u32(record.sequence)
    .u8(record.left ? 1 : 0)
    .text(record.version)
    .varint(record.addresses.length);
  for (const address of record.addresses) writer.text(address);
  writer.varint(record.links.length);
  for (const link of record.links) writer.u48(link);
  writer.varint(record.services.length);
  for (const service of record.services) writer.text(service);
  writer.varint(record.sections.size);
  for (const [feature, section] of record.sections) writer.text(feature).bytes(section);
  const signed = writer.bytes(signer?.publicKey ?? unsigned).finish();
  const signature = signer?.sign(signed) ?? unsigned;
  return new Writer(signed.length + signature.length + 2).raw(signed).bytes(signature).finish();
}

/** Whose record and which version this is, without reading the rest; undefined when that is not there. */
export function decodeHeading(bytes: Uint8Array): Heading | undefined {
  const reader = new Reader(bytes);
  if (reader.u8() !== format) return undefined;
  const id = reader.u48();
  const name = reader.text(textBytesMax);
  reader.bytes(textBytesMax);
  const heading = {
    id,
    name,
    instance: reader.instance(),
    epoch: reader.u32(),
    sequence: reader.u32(),
  };
  return reader.failed ? undefined : heading;
}

export type Heading = Pick<Announcement, 'id' | 'name' | 'instance' | 'epoch' | 'sequence'>;

/** The record, or undefined when anything in it is not as it must be. Its signature is not looked at. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | undefined {
  return decodeSigned(bytes)?.record;
}

export interface SignedAnnouncement {
  readonly record: Announcement;
  readonly publicKey: Uint8Array;
  /** What the signature is of. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether the very life that the record names has made it. */
export function isGenuine(
  { record, publicKey, signed, signature }: SignedAnnouncement,
  signer: RecordSigner,
): boolean {
  return isInstanceOf(record.instance, publicKey) && signer.verify(publicKey, signed, signature);
}

export function decodeSigned(bytes: Uint8Array): SignedAnnouncement | undefined {
  if (bytes.length > limits.recordBytesMax) return undefined;
  const reader = new Reader(bytes);
  if (reader.u8() !== format) return undefined;
  const record: Announcement = {
    id: reader.u48(),
    name: reader.text(textBytesMax),
    namespace: reader.text(textBytesMax),
    instance: reader.instance(),
    epoch: reader.u32(),
    sequence: reader.u32(),
    left: reader.u8() === 1,
    version: reader.text(textBytesMax),
    addresses: list(reader, limits.addressesPerRecordMax, () => reader.text(textBytesMax)),
    links: list(reader, limits.linksPerRecordMax, () => reader.u48()),
    services: list(reader, limits.servicesPerRecordMax, () => reader.text(textBytesMax)),
    sections: sectionsOf(list(reader, limits.sectionsPerRecordMax, () => section(reader))),
  };
  const publicKey = reader.bytes(publicKeyBytesMax);
  const signed = bytes.subarray(0, reader.position);
  const signature = reader.bytes(signatureBytesMax);
  return reader.failed || !isSound(record) ? undefined : { record, publicKey, signed, signature };
}

/** Positive when `a` is the newer: by epoch, then sequence; two lives at the same point by instance. */
export function compareVersions(a: RecordVersion, b: RecordVersion): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.sequence !== b.sequence) return a.sequence - b.sequence;
  return a.instance === b.instance ? 0 : a.instance > b.instance ? 1 : -1;
}

export type RecordVersion = Pick<Announcement, 'epoch' | 'sequence' | 'instance'>;

function isSound(record: Announcement): boolean {
  if (nameProblem(record.name) !== undefined || nameProblem(record.namespace) !== undefined) return false;
  if (!isId(record.id) || idOf(record.name) !== record.id || record.epoch === 0) return false;
  if (record.epoch > limits.recordVersionMax || record.sequence > limits.recordVersionMax) return false;
  return record.links.every(
    (link, i) => link !== record.id && (i === 0 || link > (record.links[i - 1] as number)),
  );
}

function section(reader: Reader): [string, Uint8Array] {
  const feature = reader.text(textBytesMax);
  return [feature, reader.bytes(limits.recordBytesMax)];
}

function sectionsOf(sections: readonly [string, Uint8Array][]): ReadonlyMap<string, Uint8Array> {
  return sections.length === 0 ? noSections : new Map(sections);
}

function list<Item>(reader: Reader, max: number, read: () => Item): readonly Item[] {
  const count = reader.varint(max);
  // Most records have neither services nor sections: thousands of them share one empty list.
  if (count === 0) return none;
  const items: Item[] = [];
  for (let i = 0; i < count && !reader.failed; i++) items.push(read());
  return items;
}
