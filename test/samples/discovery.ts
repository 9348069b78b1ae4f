/** Wire samples of discovery, which sends datagrams only: the solicitation, and as a beacon. */
import { dialReasons } from '../../src/features/discovery/core/dial-reason.ts';
import { discoveryFeature } from '../../src/features/discovery/core/discovery.ts';
import {
  decodeSolicitation,
  encodeSolicitation,
  type Solicitation,
} from '../../src/features/discovery/core/solicitation.ts';
import { featureNumber, idOf } from '../../src/kernel/identity.ts';
import { byPlace, sample, type WireSamples } from './sample.ts';

const solicitation: Solicitation = {
  name: 'x',
  namespace: 'test',
  instance: '0123456789abcdef',
  wants: 0x0102,
  component: idOf('a'),
  componentSize: 0x01020304,
  wallTimeMs: 1_700_000_000_000,
  nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  addresses: ['x', '10.0.0.1:7000'],
};
const codec = { encode: encodeSolicitation, decode: decodeSolicitation };

export const discoverySamples: WireSamples = {
  name: discoveryFeature,
  number: featureNumber(discoveryFeature),
  types: {},
  values: { dialReasons: byPlace(dialReasons) },
  samples: [
    sample('solicitation', codec, solicitation),
    sample('beacon', codec, { ...solicitation, wants: 0, addresses: [] }),
  ],
};
