/** The identity feature: durable keys of nodes, shown and checked by announcements. */
import { feature } from '../../kit/feature.ts';
import { Identity, identityFeature } from './core/identity.ts';
import type { IdentityFeatureShape } from './shape.ts';

export const identity = feature<IdentityFeatureShape>()({
  name: identityFeature,
  needs: [],
  behavior: ({ settings, signer }) => new Identity({ signer, key: settings.identityKey }),
  facade: () => ({ api: {} }),
  operations: {},
  attached: () => ({}),
});
