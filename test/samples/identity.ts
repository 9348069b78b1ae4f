/** Wire samples of identities: the proof that stands in an announcement. */
import { identityFeature } from '../../src/features/identity/core/identity.ts';
import { decodeProof, encodeProof, type Proof } from '../../src/features/identity/core/proof.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const proof: Codec<Proof> = { encode: encodeProof, decode: decodeProof };

export const identitySamples: WireSamples = {
  name: identityFeature,
  number: featureNumber(identityFeature),
  types: {},
  values: {},
  samples: [
    sample('section', proof, {
      publicKey: Uint8Array.from({ length: 32 }, (_, i) => i),
      signature: Uint8Array.from({ length: 64 }, (_, i) => 255 - i),
    }),
  ],
};
