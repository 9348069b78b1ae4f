/**
 * Signs the announcements of one incarnation of a node, and checks those of others: Ed25519. A node's identity is one too.
 *
 * Made at each start; the private key never leaves this object, and only that of an identity (identity-file.ts) is stored. The instance of the life
 * is the hash of its public key (core's `instanceOf`), so a record shows by itself whose it is: no list of
 * keys, no chain of signatures. Invariant: `verify` never throws, whatever it is given.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto';
import type { RecordSigner } from '../../kernel/contracts.ts';

const publicKeyBytes = 32;
const signatureBytes = 64;
/** What stands before the 32 bytes in the DER form of such a key (RFC 8410). */
const derHead = Buffer.from('302a300506032b6570032100', 'hex');
/** The same before a private key. */
const privateHead = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Of a private key. */
export const seedBytes = 32;
/** Public keys are parsed once: each record of a node brings its own again. */
const parsedMax = 8192;
/** Signatures that held, for all nodes of this process: each of them gets every record of the mesh. */
const verifiedMax = 16_384;
const verified = new Set<string>();
/** How many signers there are: a node that is alone in its process looks at each signature once anyway. */
let signers = 0;

export class Ed25519Signer implements RecordSigner {
  readonly publicKey: Uint8Array;
  private readonly privateKey: KeyObject;
  private readonly parsed = new Map<string, KeyObject>();

  /** @param seed The private key (RFC 8032). Without one a new key is made. */
  constructor(seed?: Uint8Array) {
    signers++;
    const privateKey = seed === undefined ? generateKeyPairSync('ed25519').privateKey : privateKeyOf(seed);
    const publicKey = createPublicKey(privateKey);
    this.privateKey = privateKey;
    this.publicKey = new Uint8Array(
      publicKey.export({ format: 'der', type: 'spki' }).subarray(derHead.length),
    );
  }

  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(signWith(null, bytes, this.privateKey));
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    if (signers === 1) return this.holds(publicKey, bytes, signature);
    const name = digestOf(publicKey, bytes, signature);
    if (verified.has(name)) return true;
    if (!this.holds(publicKey, bytes, signature)) return false;
    if (verified.size >= verifiedMax) verified.clear();
    verified.add(name);
    return true;
  }

  private holds(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    try {
      return verifyWith(null, bytes, this.parse(publicKey), signature);
    } catch {
      return false;
    }
  }

  private parse(publicKey: Uint8Array): KeyObject {
    const name = Buffer.from(publicKey).toString('latin1');
    let key = this.parsed.get(name);
    if (key === undefined) {
      key = createPublicKey({ key: Buffer.concat([derHead, publicKey]), format: 'der', type: 'spki' });
      if (this.parsed.size >= parsedMax) this.parsed.clear();
      this.parsed.set(name, key);
    }
    return key;
  }
}

/** Of all three. The key and the signature must have their fixed lengths: else bytes could pass from one to the other. */
function digestOf(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): string {
  return createHash('sha256').update(publicKey).update(signature).update(bytes).digest('binary');
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privateHead, seed]), format: 'der', type: 'pkcs8' });
}
