/** Signatures of a simulated world: they hold for whom they were made, and nobody can make another's. */
import { expect, test } from 'vitest';
import { instanceOf } from '../../src/kernel/identity.ts';
import { Mesh, SeededRandom, World } from '../../src/sim/index.ts';
import { Notary } from '../../src/sim/world/notary.ts';

const random = () => SeededRandom.fromSeed(3);

function pair() {
  const notary = new Notary();
  const chance = random();
  return { notary, one: notary.makeSigner(chance), other: notary.makeSigner(chance) };
}

test('a signature holds for its key and bytes, whoever checks it', () => {
  const { one, other } = pair();
  const bytes = random().bytes(101);
  const signature = one.sign(bytes);
  expect(one.verify(one.publicKey, bytes, signature)).toBe(true);
  expect(other.verify(one.publicKey, bytes, signature)).toBe(true);
  expect(other.verify(other.publicKey, bytes, signature)).toBe(false);
  expect(one.verify(one.publicKey, bytes, other.sign(bytes))).toBe(false);
});

test('no bit of what was signed can be changed, and no byte left out or added', () => {
  const { one } = pair();
  for (const length of [1, 4, 7, 64, 103]) {
    const bytes = random().bytes(length);
    const signature = one.sign(bytes);
    for (let bit = 0; bit < length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(one.verify(one.publicKey, changed, signature)).toBe(false);
    }
    expect(one.verify(one.publicKey, bytes.subarray(0, length - 1), signature)).toBe(false);
    expect(one.verify(one.publicKey, Uint8Array.of(...bytes, 0), signature)).toBe(false);
  }
});

test('what is no key or no signature is refused without an error', () => {
  const { one } = pair();
  const bytes = random().bytes(20);
  const empty = new Uint8Array(0);
  expect(one.verify(empty, bytes, one.sign(bytes))).toBe(false);
  expect(one.verify(random().bytes(32).reverse(), bytes, one.sign(bytes))).toBe(false);
  expect(one.verify(one.publicKey, bytes, empty)).toBe(false);
  expect(one.verify(one.publicKey, bytes, one.sign(bytes).fill(0))).toBe(false);
});

test('each life of a simulated node has a key of its own, and its instance is the hash of it', () => {
  const mesh = new Mesh(new World({ seed: 1 }), { degree: 2, network: {} });
  const member = mesh.add({ name: 'a' });
  const lives = [1, 2].map(() => {
    const life = mesh.start(member);
    mesh.crash(member);
    return life;
  });
  const keys = lives.map(({ platform }) => platform.signer?.publicKey ?? new Uint8Array(0));
  expect(lives.map(({ node }) => node.instance)).toEqual(keys.map(instanceOf));
  expect(new Set(lives.map(({ node }) => node.instance)).size).toBe(2);
});
