/**
 * The proof that the other end of a TLS stream knows a mesh key and is the life that its hello names, and
 * ours to it.
 *
 * Made for each secured stream; the handshake in core asks it. The proof is
 * `HMAC-SHA-256(HKDF(key), role, exporter, length and bytes of both hellos)`, then the life's public key and
 * its Ed25519 signature over the HMAC: the exporter (RFC 8446, section 7.5) is of this one TLS session, so
 * that nobody in the middle can pass a proof on; the role keeps one's own from being sent back; the signature
 * keeps a member, who knows the mesh key, from naming another in its hello. Invariant: compared in constant
 * time; answered with the very key that the other end has proven.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RecordSigner, SecureStage } from '../../kernel/contracts.ts';
import type { KeyRing } from './key-ring.ts';
import type { MeshKey } from './mesh-key.ts';

type Role = 'dialer' | 'listener';

/** Of the TLS exporter (IANA: labels for experiments and private use begin with EXPERIMENTAL). */
export const exporterLabel = 'EXPERIMENTAL-skein-1-link';
export const exporterBytes = 32;

const macBytes = 32;
const publicKeyBytes = 32;
const signatureBytes = 64;
const proofBytes = macBytes + publicKeyBytes + signatureBytes;
/** Nothing else that a life signs begins like this: a record begins with its length and an id. */
const signedLabel = new TextEncoder().encode('skein-1 link proof');

export interface LinkProofOptions {
  readonly ring: KeyRing;
  readonly exporter: Uint8Array;
  /** Of the life whose hello goes with it. */
  readonly signer: RecordSigner;
  /** Told once, when the other end's proof has held. */
  readonly proven?: (() => void) | undefined;
}

export class LinkProof implements SecureStage {
  /** The key that the other end has proven to know. */
  provenBy: MeshKey | undefined;
  publicKey: Uint8Array | undefined;
  private readonly options: LinkProofOptions;

  constructor(options: LinkProofOptions) {
    this.options = options;
  }

  get keyId(): string | undefined {
    return this.provenBy?.id;
  }

  proof(role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array {
    const { ring, signer } = this.options;
    const key = this.provenBy ?? ring.first;
    // The last key was removed a moment ago: nothing is proven.
    if (key === undefined) return new Uint8Array(0);
    const mac = this.mac(key, role, dialerHello, listenerHello);
    return joined(mac, signer.publicKey, signer.sign(joined(signedLabel, mac)));
  }

  verify(role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array, proof: Uint8Array): boolean {
    if (proof.length !== proofBytes) return false;
    const mac = proof.subarray(0, macBytes);
    for (const key of this.options.ring.all) {
      if (!timingSafeEqual(this.mac(key, role, dialerHello, listenerHello), mac)) continue;
      this.provenBy = key;
      this.publicKey = this.signedBy(mac, proof);
      this.options.proven?.();
      return true;
    }
    return false;
  }

  /** Whose signature it is; undefined when it does not hold. */
  private signedBy(mac: Uint8Array, proof: Uint8Array): Uint8Array | undefined {
    const publicKey = proof.slice(macBytes, macBytes + publicKeyBytes);
    const signature = proof.subarray(macBytes + publicKeyBytes);
    const isGenuine = this.options.signer.verify(publicKey, joined(signedLabel, mac), signature);
    return isGenuine ? publicKey : undefined;
  }

  private mac(key: MeshKey, role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array {
    const hmac = createHmac('sha256', key.keyFor('link proof'));
    hmac.update(role === 'dialer' ? 'D' : 'L').update(this.options.exporter);
    for (const hello of [dialerHello, listenerHello]) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(hello.length);
      hmac.update(length).update(hello);
    }
    return new Uint8Array(hmac.digest());
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
