/**
 * The solicitation: a datagram that asks for links, or (as a beacon) only says "this component is here".
 *
 * Who calls it: the discovery behavior. Invariant: it carries the addresses at which
 * its node is dialed; origin.ts says when that of its sender counts. Where there is a key it travels inside a seal
 * (`DatagramSeal`).
 */
import { type Instance, type NodeId, nameProblem } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { Reader, Writer } from '../../../kernel/wire/bytes.ts';

export interface Solicitation {
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  /** Links it still wants; 0 in a beacon. */
  readonly wants: number;
  /** The lowest id of the sender's component, and its size. */
  readonly component: NodeId;
  readonly componentSize: number;
  readonly wallTimeMs: number;
  readonly nonce: Uint8Array;
  readonly addresses: readonly string[];
}

/** 0xF5 as on streams, so that no text can be taken for one. */
const magic = Uint8Array.of(0xf5, 0x53, 0x4b, 0x55, 1);
/** What stands in the last byte of the magic where the rest is sealed. */
const sealedKind = 2;
const textBytesMax = 256;
const nonceBytes = 8;

export function encodeSolicitation(solicitation: Solicitation): Uint8Array {
  const writer = new Writer()
    .raw(magic)
    .text(solicitation.name)
    .text(solicitation.namespace)
    .instance(solicitation.instance)
    .u16(solicitation.wants)
    .u48(solicitation.component)
    .u32(solicitation.componentSize)
    .u48(Math.max(0, solicitation.wallTimeMs))
    .raw(solicitation.nonce)
    .varint(solicitation.addresses.length);
  for (const address of solicitation.addresses) writer.text(address);
  return writer.bytes(new Uint8Array(0)).finish();
}

export function isSolicitation(bytes: Uint8Array): boolean {
  return bytes.length > magic.length && magic.every((byte, i) => bytes[i] === byte);
}

/** Of a mesh with a key. */
export function isSealed(bytes: Uint8Array): boolean {
  const last = magic.length - 1;
  return bytes[last] === sealedKind && magic.every((byte, i) => i === last || bytes[i] === byte);
}

export function decodeSolicitation(bytes: Uint8Array): Solicitation | undefined {
  if (!isSolicitation(bytes) || bytes.length > limits.datagramBytesMax) return undefined;
  const reader = new Reader(bytes, magic.length);
  const name = reader.text(textBytesMax);
  const namespace = reader.text(textBytesMax);
  const instance = reader.instance();
  const wants = reader.u16();
  const component = reader.u48();
  const componentSize = reader.u32();
  const wallTimeMs = reader.u48();
  const nonce = reader.raw(nonceBytes).slice();
  const addresses: string[] = [];
  const count = reader.varint(limits.addressesPerRecordMax);
  for (let i = 0; i < count; i++) addresses.push(reader.text(textBytesMax));
  reader.bytes(textBytesMax);
  if (reader.failed || nameProblem(name) !== undefined || nameProblem(namespace) !== undefined)
    return undefined;
  return { name, namespace, instance, wants, component, componentSize, wallTimeMs, nonce, addresses };
}
