/** The log has no messages of its own: it speaks through the questions of the swarm, whose samples are there. */
import { logFeature } from '../../src/features/log/core/log.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import type { WireSamples } from './sample.ts';

export const logSamples: WireSamples = {
  name: logFeature,
  number: featureNumber(logFeature),
  types: {},
  values: {},
  samples: [],
};
