/** The conversations feature: which nodes take part in which conversation, kept by the swarm. Letters are said in them. */
import { feature } from '../../kit/feature.ts';
import type { SwarmCore } from '../swarm/core/shared.ts';
import { conversationsFacade } from './api/facade.ts';
import { Conversations, conversationsFeature } from './core/conversations.ts';
import type { ConversationsFeatureShape } from './shape.ts';

export const conversations = feature<ConversationsFeatureShape>()({
  name: conversationsFeature,
  needs: ['swarm'],
  behavior: ({ needed }) => new Conversations(needed<SwarmCore>('swarm')),
  facade: conversationsFacade,
  // What programs ask of conversations they ask of letters.
  operations: {},
  attached: () => ({}),
});
