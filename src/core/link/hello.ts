/**
 * The hello: what each end says of itself before a link opens.
 *
 * Who calls it: the link. Invariant: decoding validates everything; a hello that does not fit its limits
 * or its name yields a text that says why, never an exception.
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
  readonly purpose: DialPurpose;
  /** It looks for more links. */
  readonly solicits: boolean;
  /** How long it has been running. */
  readonly uptimeMs: number;
  /** How many nodes it has reached for a while, itself among them. */
  readonly islandNodes: number;
  readonly stallToleranceMs: number;
  readonly features: readonly string[];
  /** Names the mesh key that the proof is made with; empty on plain links. */
  readonly keyId: Uint8Array;
}

const purposes: readonly DialPurpose[] = ['direct', 'seed', 'answer', 'degree', 'reunite', 'channel'];
const featuresMax = 256;
const textBytesMax = 256;

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new Writer()
    .u8(hello.wireVersion)
    .u8(hello.wireVersionMin)
    .u48(hello.id)
    .text(hello.name)
    .text(hello.namespace)
    .instance(hello.instance)
    .text(hello.version)
    .u8(purposes.indexOf(hello.purpose))
    .u8(hello.solicits ? 1 : 0)
    .u48(hello.uptimeMs)
    .u32(hello.islandNodes)
    .u32(hello.stallToleranceMs)
    .varint(hello.features.length);
  for (const feature of hello.features) writer.text(feature);
  return writer.bytes(hello.keyId).finish();
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
  const purpose = purposes[reader.u8()];
  const solicits = reader.u8() === 1;
  const uptimeMs = reader.u48();
  const islandNodes = Math.min(Math.max(reader.u32(), 1), limits.recordsMax);
  const stallToleranceMs = Math.min(
    Math.max(reader.u32(), limits.stallToleranceMs),
    limits.stallToleranceMsMax,
  );
  const features: string[] = [];
  const count = reader.varint(featuresMax);
  for (let i = 0; i < count; i++) features.push(reader.text(textBytesMax));
  const keyId = reader.bytes(textBytesMax);
  if (reader.failed) return 'the hello is cut short or over its limits';
  if (purpose === undefined) return 'the hello names an unknown purpose';
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
    purpose,
    solicits,
    uptimeMs,
    islandNodes,
    stallToleranceMs,
    features,
    keyId,
  };
}
