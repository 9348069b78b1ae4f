/**
 * The seal of a datagram: what is inside is for holders of the key only, made lately, and taken once.
 *
 * Who calls it: discovery, through core's `DatagramSeal`. Encrypt-then-MAC: AES-256-CTR, then HMAC-SHA-256
 * over everything, each with a key of its own. Invariant: nothing is decrypted, let alone parsed, before the
 * MAC has held; a datagram that was taken is not taken again, whoever sends it; a full memory of those drops.
 * ```
 *  0  5 bytes  magic      5  u48  Unix time in ms     11  16 bytes  nonce (also the counter block)
 * 27  ...      encrypted  end - 32  MAC
 * ```
 */
import { createCipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DatagramSeal, OpenedDatagram } from '../../kernel/contracts.ts';
import { hostLimits } from '../limits.ts';
import type { KeyRing } from './key-ring.ts';
import type { MeshKey } from './mesh-key.ts';

const magic = Uint8Array.of(0xf5, 0x53, 0x4b, 0x55, 2);
const timeAt = magic.length;
const nonceAt = timeAt + 6;
const nonceBytes = 16;
const bodyAt = nonceAt + nonceBytes;
const macBytes = 32;

export class KeyedSeal implements DatagramSeal {
  readonly overheadBytes = bodyAt + macBytes;
  private readonly ring: KeyRing;
  private readonly wallNow: () => number;
  private readonly steadyNow: () => number;
  /** Nonces taken, by the time at which they are too old to be taken again, oldest first. */
  private readonly taken = new Map<string, number>();

  /** @param steadyNow A clock that nobody sets, in ms: who sets the other one empties no memory. */
  constructor(ring: KeyRing, wallNow: () => number = Date.now, steadyNow = () => performance.now()) {
    this.ring = ring;
    this.wallNow = wallNow;
    this.steadyNow = steadyNow;
  }

  seal(bytes: Uint8Array): Uint8Array | undefined {
    const key = this.ring.first;
    if (key === undefined) return undefined;
    const sealed = Buffer.alloc(bodyAt + bytes.length + macBytes);
    sealed.set(magic);
    sealed.writeUIntBE(Math.max(0, Math.round(this.wallNow())), timeAt, 6);
    sealed.set(randomBytes(nonceBytes), nonceAt);
    sealed.set(crypt(key, sealed.subarray(nonceAt, bodyAt), bytes), bodyAt);
    sealed.set(macOf(key, sealed.subarray(0, -macBytes)), sealed.length - macBytes);
    return new Uint8Array(sealed);
  }

  open(bytes: Uint8Array): OpenedDatagram {
    if (bytes.length < this.overheadBytes || !magic.every((byte, i) => bytes[i] === byte))
      return { outcome: 'foreign' };
    const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const key = this.keyOf(sealed);
    if (key === undefined) return { outcome: 'other-key' };
    const aheadMs = sealed.readUIntBE(timeAt, 6) - this.wallNow();
    const nonce = sealed.subarray(nonceAt, bodyAt);
    const body = () => new Uint8Array(crypt(key, nonce, sealed.subarray(bodyAt, -macBytes)));
    if (Math.abs(aheadMs) > hostLimits.clockToleranceMs) return { outcome: 'clock', aheadMs, bytes: body() };
    if (!this.takeOnce(nonce.toString('latin1'))) return { outcome: 'replay' };
    return { outcome: 'opened', bytes: body() };
  }

  private keyOf(sealed: Buffer): MeshKey | undefined {
    const mac = sealed.subarray(-macBytes);
    return this.ring.all.find((key) => timingSafeEqual(macOf(key, sealed.subarray(0, -macBytes)), mac));
  }

  /** A nonce is remembered for as long as its datagram could still pass for a new one. */
  private takeOnce(nonce: string): boolean {
    const now = this.steadyNow();
    for (const [old, until] of this.taken) {
      if (until > now) break;
      this.taken.delete(old);
    }
    if (this.taken.has(nonce) || this.taken.size >= hostLimits.noncesMax) return false;
    this.taken.set(nonce, now + 2 * hostLimits.clockToleranceMs);
    return true;
  }
}

function crypt(key: MeshKey, nonce: Uint8Array, bytes: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ctr', key.keyFor('datagram encryption'), nonce);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function macOf(key: MeshKey, bytes: Uint8Array): Buffer {
  return createHmac('sha256', key.keyFor('datagram authentication')).update(bytes).digest();
}
