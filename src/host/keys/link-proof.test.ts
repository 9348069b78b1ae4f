import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyRing } from './key-ring.ts';
import { LinkProof } from './link-proof.ts';
import { MeshKey } from './mesh-key.ts';
import { Ed25519Signer } from './record-signer.ts';

const key = MeshKey.make();
const exporter = new Uint8Array(randomBytes(32));
const [dialerHello, listenerHello] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
const signer = new Ed25519Signer();
const proofOf = (by = exporter, ...keys: MeshKey[]) =>
  new LinkProof({ ring: new KeyRing(keys.length === 0 ? [key] : keys), exporter: by, signer });
const made = proofOf().proof('dialer', dialerHello, listenerHello);
const holds = (proof: LinkProof, bytes = made, role: 'dialer' | 'listener' = 'dialer') =>
  proof.verify(role, dialerHello, listenerHello, bytes);

describe('the proof of a key', () => {
  test('holds for whoever has the key', () => {
    expect(holds(proofOf())).toBe(true);
    expect(holds(proofOf(exporter, MeshKey.make(), key))).toBe(true);
    expect(holds(proofOf(exporter, MeshKey.make()))).toBe(false);
  });

  test('cannot be sent back: the other end must prove its own role', () => {
    expect(holds(proofOf(), made, 'listener')).toBe(false);
  });

  test('is of this one session: in another, as somebody in the middle would have, it is worth nothing', () => {
    expect(holds(proofOf(new Uint8Array(randomBytes(32))))).toBe(false);
  });

  test('covers both hellos, byte for byte, and where one ends', () => {
    const proof = proofOf();
    expect(proof.verify('dialer', Uint8Array.of(1, 2, 4), listenerHello, made)).toBe(false);
    expect(proof.verify('dialer', dialerHello, Uint8Array.of(4, 6), made)).toBe(false);
    expect(proof.verify('dialer', Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5), made)).toBe(false);
    expect(proof.verify('dialer', listenerHello, dialerHello, made)).toBe(false);
  });

  test('of another length, or empty, never holds', () => {
    for (const bytes of [
      new Uint8Array(0),
      made.subarray(0, 32),
      made.subarray(1),
      Uint8Array.of(...made, 0),
    ])
      expect(holds(proofOf(), bytes)).toBe(false);
    expect(holds(new LinkProof({ ring: new KeyRing([]), exporter, signer }), new Uint8Array(0))).toBe(false);
  });

  test('is answered with the key that was proven, although another is the first here', () => {
    const other = MeshKey.make();
    let told = 0;
    const listener = new LinkProof({
      ring: new KeyRing([other, key]),
      exporter,
      signer,
      proven: () => told++,
    });
    expect(holds(listener)).toBe(true);
    expect(told).toBe(1);
    expect(listener.provenBy?.id).toBe(key.id);
    const answer = listener.proof('listener', dialerHello, listenerHello);
    expect(holds(proofOf(), answer, 'listener')).toBe(true);
  });

  test('names the life that has made it', () => {
    const listener = proofOf();
    expect(holds(listener)).toBe(true);
    expect(listener.publicKey).toEqual(signer.publicKey);
  });

  test('is signed by nobody when a member puts the public key of another life into it, or its signature', () => {
    const other = new Ed25519Signer();
    const withKey = Uint8Array.of(...made.subarray(0, 32), ...other.publicKey, ...made.subarray(64));
    const passedOn = proofOf(new Uint8Array(randomBytes(32))).proof('dialer', dialerHello, listenerHello);
    const withSignature = Uint8Array.of(...made.subarray(0, 64), ...passedOn.subarray(64));
    for (const bytes of [withKey, withSignature]) {
      const listener = proofOf();
      expect(holds(listener, bytes)).toBe(true);
      expect(listener.publicKey).toBeUndefined();
    }
  });
});
