/**
 * The hello: what each end says of itself before a link opens.
 *
 * Who calls it: the link. Invariant: decoding validates everything; a hello that does not fit its limits
 * or its name yields a text that says why, never an exception.
 *
 * ```
 * u8    wire version            u8  the lowest that it accepts
 * u48   id, then as text its name and its namespace
 * u64   instance, then as text its program's version
 * u32   feature that dialed     u8  that feature's own reason (both 0 in a listener's hello)
 * u8    flags: 1 it looks for links, 2 the link is to be of that feature alone
 * u48   uptime in ms            u32 stall tolerance in ms
 * list  features, as text       bytes  id of the mesh key
 * u32   nodes of its island
 * ```
 * That a link is private is a flag, not a reason: a listener must know it of features that it does not run. Between
 * nodes of one wire version fields may be added at the end, and flags, features and reasons: what is not known is
 * left alone (a flag), is nobody's (a feature) or counts as 0 (a reason). Any other change needs another version.
 */
import type { DialPurpose } from '../contracts.ts';
import { type Instance, idOf, type NodeId, nameProblem } from '../identity.ts';
import { limits } from '../limits.ts';
import { Reader, Writer } from '../wire/bytes.ts';

export interface Hello {
  readonly wireVersion: number;
  /** The lowest wire version it accepts. */
  readonly wireVersionMin: number;
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly version: string;
  /** Of the dialer; all zero in a listener's. */
  readonly purpose: DialPurpose;
  /** It looks for more links. */
  readonly solicits: boolean;
  /** How long it has been running. */
  readonly uptimeMs: number;
  readonly stallToleranceMs: number;
  readonly features: readonly string[];
  /** Names the mesh key that the proof is made with; empty on plain links. */
  readonly keyId: Uint8Array;
  /** How many nodes it has reached for a while, itself among them. */
  readonly islandNodes: number;
}

const Flag = { solicits: 1, isPrivate: 2 } as const;
const featuresMax = 256;
const textBytesMax = 256;

export function encodeHello(hello: Hello): Uint8Array {
  const { feature, reason, isPrivate } = hello.purpose;
  const writer = new Writer()
    .u8(hello.wireVersion)
    .u8(hello.wireVersionMin)
    .u48(hello.id)
    .text(hello.name)
    .text(hello.namespace)
    .instance(hello.instance)
    .text(hello.version)
    .u32(feature)
    .u8(reason)
    .u8((hello.solicits ? Flag.solicits : 0) | (isPrivate ? Flag.isPrivate : 0))
    .u48(hello.uptimeMs)
    .u32(hello.stallToleranceMs)
    .varint(hello.features.length);
  for (const name of hello.features) writer.text(name);
  return writer.bytes(hello.keyId).u32(hello.islandNodes).finish();
}

/** The hello, or what is wrong with it. Bytes after the known fields are a later version's and are left alone. */
export function decodeHello(bytes: Uint8Array): Hello | string {
  const reader = new Reader(bytes);
  const wireVersion = reader.u8();
  const wireVersionMin = reader.u8();
  const id = reader.u48();
  const name = reader.text(textBytesMax);
  const namespace = reader.text(textBytesMax);
  const instance = reader.instance();
  const version = reader.text(textBytesMax);
  const feature = reader.u32();
  const reason = reader.u8();
  const flags = reader.u8();
  const uptimeMs = reader.u48();
  const stallToleranceMs = Math.min(
    Math.max(reader.u32(), limits.stallToleranceMs),
    limits.stallToleranceMsMax,
  );
  const features: string[] = [];
  const count = reader.varint(featuresMax);
  for (let i = 0; i < count; i++) features.push(reader.text(textBytesMax));
  const keyId = reader.bytes(textBytesMax);
  const islandNodes = Math.min(Math.max(reader.u32(), 1), limits.recordsMax);
  if (reader.failed) return 'the hello is cut short or over its limits';
  const problem = nameProblem(name) ?? nameProblem(namespace);
  if (problem !== undefined) return `the hello's name is bad: ${problem}`;
  if (idOf(name) !== id) return `the hello's id does not belong to its name "${name}"`;
  return {
    wireVersion,
    wireVersionMin,
    id,
    name,
    namespace,
    instance,
    version,
    purpose: { feature, reason, isPrivate: (flags & Flag.isPrivate) !== 0 },
    solicits: (flags & Flag.solicits) !== 0,
    uptimeMs,
    stallToleranceMs,
    features,
    keyId,
    islandNodes,
  };
}
