/**
 * The proof that the other end of a TLS stream knows a mesh key, and ours to it.
 *
 * Made for each secured stream; the handshake in core asks it. The proof is
 * `HMAC-SHA-256(HKDF(key), role, exporter, length and bytes of both hellos)`: the exporter (RFC 8446,
 * section 7.5) is of this one TLS session, so that nobody in the middle can pass a proof on; the role keeps
 * one's own from being sent back. Invariant: compared in constant time; answered with the very key that the
 * other end has proven.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecureStage } from '../../core/contracts.ts';
import type { KeyRing } from './key-ring.ts';
import type { MeshKey } from './mesh-key.ts';

type Role = 'dialer' | 'listener';

/** Of the TLS exporter (IANA: labels for experiments and private use begin with EXPERIMENTAL). */
export const exporterLabel = 'EXPERIMENTAL-skein-1-link';
export const exporterBytes = 32;

export class LinkProof implements SecureStage {
  /** The key that the other end has proven to know. */
  provenBy: MeshKey | undefined;
  private readonly ring: KeyRing;
  private readonly exporter: Uint8Array;
  private readonly proven: () => void;

  /** @param proven Told once, when the other end's proof has held. */
  constructor(ring: KeyRing, exporter: Uint8Array, proven: () => void = () => undefined) {
    this.ring = ring;
    this.exporter = exporter;
    this.proven = proven;
  }

  get keyId(): string | undefined {
    return this.provenBy?.id;
  }

  proof(role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array {
    const key = this.provenBy ?? this.ring.first;
    // The last key was removed a moment ago: nothing is proven.
    return key === undefined ? new Uint8Array(0) : this.mac(key, role, dialerHello, listenerHello);
  }

  verify(role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array, proof: Uint8Array): boolean {
    for (const key of this.ring.all) {
      const expected = this.mac(key, role, dialerHello, listenerHello);
      if (proof.length !== expected.length || !timingSafeEqual(expected, proof)) continue;
      this.provenBy = key;
      this.proven();
      return true;
    }
    return false;
  }

  private mac(key: MeshKey, role: Role, dialerHello: Uint8Array, listenerHello: Uint8Array): Uint8Array {
    const hmac = createHmac('sha256', key.keyFor('link proof'));
    hmac.update(role === 'dialer' ? 'D' : 'L').update(this.exporter);
    for (const hello of [dialerHello, listenerHello]) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(hello.length);
      hmac.update(length).update(hello);
    }
    return new Uint8Array(hmac.digest());
  }
}
