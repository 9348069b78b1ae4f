/** Conversations say nothing of their own on the wire: they are questions to the swarm, and letters. */
import { conversationsFeature } from '../../src/features/conversations/core/conversations.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import type { WireSamples } from './sample.ts';

export const conversationsSamples: WireSamples = {
  name: conversationsFeature,
  number: featureNumber(conversationsFeature),
  types: {},
  values: {},
  samples: [],
};
