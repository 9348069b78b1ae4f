/** Wire samples of availability: its section of an announcement. A node in the usual state has none. */
import { availabilityFeature } from '../../src/features/availability/core/availability.ts';
import {
  type AvailabilityState,
  decodeState,
  encodeState,
  StateFlag,
} from '../../src/features/availability/core/state.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const state: Codec<AvailabilityState> = {
  encode: (given) => encodeState(given) ?? new Uint8Array(0),
  decode: (bytes) => decodeState(bytes),
};

export const availabilitySamples: WireSamples = {
  name: availabilityFeature,
  number: featureNumber(availabilityFeature),
  types: {},
  values: { StateFlag },
  samples: [
    sample('section (not available)', state, { available: false, active: true }),
    sample('section (not active)', state, { available: true, active: false }),
    sample('section (neither)', state, { available: false, active: false }),
  ],
};
