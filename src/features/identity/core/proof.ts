/**
 * The proof that a node holds an identity: a signature over the incarnation that it is at the moment.
 *
 * ```
 * section  bytes public key (32), bytes signature (64)
 * signed   text "skein-1 identity", text namespace, text name, text instance
 * ```
 * It stands in the node's announcement. The instance is drawn at each start, and is the hash of a key with which only
 * that incarnation signs its announcements: so nobody else can show the proof as its own, and no proof outlives its
 * incarnation. Invariant: what is read is whole and within its limits, or undefined.
 */
import type { NodeEntry, RecordSigner } from '../../../kernel/contracts.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { Reader, Writer } from '../../../kernel/wire/bytes.ts';
import { identityLimits } from './limits.ts';

/** Names an identity: the first 128 bits of SHA-256 of its public key, 32 hexadecimal digits. */
export type IdentityId = string;

export interface Proof {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whom a proof is about. */
export type Bearer = Pick<NodeEntry, 'namespace' | 'name' | 'instance'>;

/** Nothing else that such a key signs begins like this. */
const label = 'skein-1 identity';

export function prove(bearer: Bearer, key: RecordSigner): Uint8Array {
  return encodeProof({ publicKey: key.publicKey, signature: key.sign(signedBytes(bearer)) });
}

/** Whose proof it is; undefined for one that does not hold. @param section As the bearer has announced it. */
export function provenBy(bearer: Bearer, section: Uint8Array, signer: RecordSigner): IdentityId | undefined {
  const proof = decodeProof(section);
  if (proof === undefined) return undefined;
  const { publicKey, signature } = proof;
  return signer.verify(publicKey, signedBytes(bearer), signature) ? digestOf(publicKey) : undefined;
}

export function encodeProof({ publicKey, signature }: Proof): Uint8Array {
  return new Writer(128).bytes(publicKey).bytes(signature).finish();
}

export function decodeProof(section: Uint8Array): Proof | undefined {
  const { identityKeyBytes, identitySignatureBytes } = identityLimits;
  const reader = new Reader(section);
  const publicKey = reader.bytes(identityKeyBytes);
  const signature = reader.bytes(identitySignatureBytes);
  const isWhole = publicKey.length === identityKeyBytes && signature.length === identitySignatureBytes;
  return reader.complete && isWhole ? { publicKey, signature } : undefined;
}

function signedBytes({ namespace, name, instance }: Bearer): Uint8Array {
  return new Writer(192).text(label).text(namespace).text(name).text(instance).finish();
}
