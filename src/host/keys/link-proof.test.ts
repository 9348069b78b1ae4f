import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { KeyRing } from './key-ring.ts';
import { LinkProof } from './link-proof.ts';
import { MeshKey } from './mesh-key.ts';

const key = MeshKey.make();
const exporter = new Uint8Array(randomBytes(32));
const [dialerHello, listenerHello] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
const proofOf = (by = exporter, ...keys: MeshKey[]) =>
  new LinkProof(new KeyRing(keys.length === 0 ? [key] : keys), by);
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
    for (const bytes of [new Uint8Array(0), made.subarray(0, 31), Uint8Array.of(...made, 0)])
      expect(holds(proofOf(), bytes)).toBe(false);
    expect(holds(new LinkProof(new KeyRing([]), exporter), new Uint8Array(0))).toBe(false);
  });

  test('is answered with the key that was proven, although another is the first here', () => {
    const other = MeshKey.make();
    let told = 0;
    const listener = new LinkProof(new KeyRing([other, key]), exporter, () => told++);
    expect(holds(listener)).toBe(true);
    expect(told).toBe(1);
    expect(listener.provenBy?.id).toBe(key.id);
    const answer = listener.proof('listener', dialerHello, listenerHello);
    expect(holds(proofOf(), answer, 'listener')).toBe(true);
  });
});
