import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ed25519Signer } from '../../../host/keys/record-signer.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { type Bearer, decodeProof, encodeProof, prove, provenBy } from './proof.ts';

const bearer: Bearer = { namespace: 'default', name: 'b', instance: '0123456789abcdef' };
const key = new Ed25519Signer();
const checker = new Ed25519Signer();
const proof = prove(bearer, key);

describe('a proof', () => {
  test('names the identity of its key', () => {
    expect(provenBy(bearer, proof, checker)).toBe(digestOf(key.publicKey));
  });

  test.each<Partial<Bearer>>([{ namespace: 'other' }, { name: 'c' }, { instance: '0123456789abcdee' }])(
    'does not hold for %o',
    (change) => {
      expect(provenBy({ ...bearer, ...change }, proof, checker)).toBeUndefined();
    },
  );

  test('does not hold under another key', () => {
    const { signature } = decodeProof(proof) as { signature: Uint8Array };
    expect(
      provenBy(bearer, encodeProof({ publicKey: checker.publicKey, signature }), checker),
    ).toBeUndefined();
  });

  test('does not hold once any bit of it has changed', () => {
    void fc.assert(
      fc.property(
        fc.integer({ min: 0, max: proof.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (at, bit) => {
          const changed = proof.slice();
          changed[at] = (changed[at] as number) ^ (1 << bit);
          expect(provenBy(bearer, changed, checker)).toBeUndefined();
        },
      ),
    );
  });

  test('of any other bytes, or of another length, is none', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(provenBy(bearer, bytes, checker)).toBeUndefined();
      }),
    );
    expect(decodeProof(proof.subarray(0, -1))).toBeUndefined();
    expect(decodeProof(Uint8Array.of(...proof, 0))).toBeUndefined();
    const long = encodeProof({ publicKey: new Uint8Array(33), signature: new Uint8Array(64) });
    expect(decodeProof(long)).toBeUndefined();
  });
});
