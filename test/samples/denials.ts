/** Wire samples of denials: the lists that neighbors send each other. */
import type { Denial } from '../../src/features/denials/core/denial.ts';
import { denialsFeature } from '../../src/features/denials/core/denials.ts';
import { DenialType, decodeDenials, encodeDenials } from '../../src/features/denials/core/wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const list: Codec<readonly Denial[]> = { encode: encodeDenials, decode: decodeDenials };

export const denialsSamples: WireSamples = {
  name: denialsFeature,
  number: featureNumber(denialsFeature),
  types: DenialType,
  values: {},
  samples: [
    sample('list (empty)', list, []),
    sample('list', list, [
      {
        name: 'b',
        identity: '00112233445566778899aabbccddeeff',
        version: 3,
        isDenied: true,
        since: 1_795_000_000_000,
        by: 'a',
      },
      { name: 'render-7', identity: '', version: 1, isDenied: false, since: 0, by: 'a' },
    ]),
  ],
};
