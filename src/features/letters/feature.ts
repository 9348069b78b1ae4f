/** The letters feature: messages that the swarm keeps until their recipients have handled them. */
import { feature } from '../../kit/feature.ts';
import type { SwarmCore } from '../swarm/core/shared.ts';
import { attachedLetters } from './api/attached-letters.ts';
import { lettersFacade } from './api/facade.ts';
import { Letters, lettersFeature } from './core/letters.ts';
import type { LettersFeatureShape } from './shape.ts';

export const letters = feature<LettersFeatureShape>()({
  name: lettersFeature,
  needs: ['swarm', 'conversations'],
  nodeEvents: ['letter:undelivered'],
  awaitedEvents: ['letter:undelivered'],
  behavior: ({ needed }) => new Letters(needed<SwarmCore>('swarm')),
  facade: lettersFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedLetters,
});
