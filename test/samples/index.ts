/** All wire samples, one list for each feature and for what lies below features. A new feature adds its own. */
import { availabilitySamples } from './availability.ts';
import { callsSamples } from './calls.ts';
import { channelSamples } from './channel.ts';
import { conversationsSamples } from './conversations.ts';
import { denialsSamples } from './denials.ts';
import { discoverySamples } from './discovery.ts';
import { formationSamples } from './formation.ts';
import { frameSamples } from './frame.ts';
import { identitySamples } from './identity.ts';
import { keySamples } from './keys.ts';
import { lettersSamples } from './letters.ts';
import { linkSamples } from './link.ts';
import { logSamples } from './log.ts';
import { messagingSamples } from './messaging.ts';
import { nanomsgSamples } from './nanomsg.ts';
import { queriesSamples } from './queries.ts';
import type { WireSamples } from './sample.ts';
import { swarmSamples } from './swarm.ts';
import { tasksSamples } from './tasks.ts';
import { topologySamples } from './topology.ts';

export const wireSamples: readonly WireSamples[] = [
  frameSamples,
  linkSamples,
  keySamples,
  topologySamples,
  discoverySamples,
  messagingSamples,
  availabilitySamples,
  callsSamples,
  formationSamples,
  channelSamples,
  identitySamples,
  denialsSamples,
  swarmSamples,
  conversationsSamples,
  lettersSamples,
  queriesSamples,
  logSamples,
  tasksSamples,
  nanomsgSamples,
];
