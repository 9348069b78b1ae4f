/** The denials feature: nodes that all members shut out. What programs see of it is a part of the swarm. */
import { feature } from '../../kit/feature.ts';
import type { IdentityCore } from '../identity/core/shared.ts';
import { Denials, denialsFeature } from './core/denials.ts';
import type { DenialsFeatureShape } from './shape.ts';

export const denials = feature<DenialsFeatureShape>()({
  name: denialsFeature,
  needs: ['identity'],
  behavior: ({ settings, needed }) => new Denials(needed<IdentityCore>('identity'), settings.denialFile),
  facade: (node) => ({
    api: {},
    event: ({ why }) => node.warn(why.code, why.message),
  }),
  operations: {},
  attached: () => ({}),
});
