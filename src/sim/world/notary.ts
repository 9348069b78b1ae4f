/**
 * Signatures of a simulated world: as good as real ones to whoever lives in it, and a hundred times as fast.
 *
 * Who calls it: the mesh, for a signer for each life, and liars, for keys of their own. A signature is a keyed
 * hash of 64 bits; the secret belongs to the public key and is known to the notary alone, which checks for
 * all. Invariant: nothing that a simulated machine sees leads from a public key to its secret, so nobody signs
 * for another but by chance; keys follow from the random numbers they are drawn from.
 */
import type { RecordSigner } from '../../kernel/contracts.ts';
import type { SeededRandom } from './random.ts';

/** As long as those of Ed25519, so that records are as large as real ones. */
const publicKeyBytes = 32;
const signatureBytes = 64;
/** Of the signature only this much is looked at; the rest is there for its length. */
const hashBytes = 8;

type Secret = readonly [number, number];

export class Notary {
  /** By the first 48 bits of the public key. */
  private readonly secrets = new Map<number, Secret>();

  /** A key pair that nobody has yet. */
  makeSigner(random: SeededRandom): RecordSigner {
    const publicKey = random.bytes(publicKeyBytes);
    const secret: Secret = [word(random.bytes(4), 0), word(random.bytes(4), 0)];
    this.secrets.set(numberOf(publicKey), secret);
    return {
      publicKey,
      sign: (bytes) => signatureOf(bytes, secret),
      verify: (key, bytes, signature) => this.verify(key, bytes, signature),
    };
  }

  private verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== publicKeyBytes || signature.length !== signatureBytes) return false;
    const secret = this.secrets.get(numberOf(publicKey));
    if (secret === undefined) return false;
    const [a, b] = keyedHash(bytes, secret);
    return word(signature, 0) === a && word(signature, 4) === b;
  }
}

function signatureOf(bytes: Uint8Array, secret: Secret): Uint8Array {
  const signature = new Uint8Array(signatureBytes);
  const view = new DataView(signature.buffer);
  for (const [i, hash] of keyedHash(bytes, secret).entries()) view.setInt32(i * 4, hash, true);
  // No run of zeros: what is sent must look like what it stands for.
  for (let i = hashBytes; i < signatureBytes; i++) signature[i] = (signature[i - hashBytes] as number) ^ i;
  return signature;
}

/** Two lanes over 32-bit words, each step one to one in the word, with murmur3's finalizer at the end. */
function keyedHash(bytes: Uint8Array, [first, second]: Secret): [number, number] {
  let a = first ^ bytes.length;
  let b = second;
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const next = word(bytes, i);
    a = Math.imul(a ^ next, 0x01000193);
    a ^= a >>> 15;
    b = Math.imul((b << 13) | (b >>> 19), 0x85ebca6b) + next;
  }
  for (let i = whole; i < bytes.length; i++) {
    a = Math.imul(a ^ (bytes[i] as number), 0x01000193);
    b = Math.imul((b << 13) | (b >>> 19), 0x85ebca6b) + (bytes[i] as number);
  }
  return [mixed(a ^ second), mixed(b ^ first)];
}

function mixed(value: number): number {
  let mix = value ^ (value >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function numberOf(publicKey: Uint8Array): number {
  return (word(publicKey, 0) >>> 0) + ((publicKey[4] as number) | ((publicKey[5] as number) << 8)) * 2 ** 32;
}
