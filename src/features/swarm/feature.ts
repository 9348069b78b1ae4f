/** The swarm feature: the durable side of the mesh, kept by the formation's broker. */
import { feature } from '../../kit/feature.ts';
import type { DenialsCore } from '../denials/core/shared.ts';
import type { FormationCore } from '../formation/core/shared.ts';
import type { IdentityCore } from '../identity/core/shared.ts';
import { attachedSwarm } from './api/attached-swarm.ts';
import { swarmFacade } from './api/facade.ts';
import { Swarm, swarmFeature } from './core/swarm.ts';
import type { SwarmFeatureShape } from './shape.ts';

export const swarm = feature<SwarmFeatureShape>()({
  name: swarmFeature,
  needs: ['formation', 'identity', 'denials'],
  nodeEvents: ['swarm:keeper'],
  behavior: ({ needed }) =>
    new Swarm(
      needed<FormationCore>('formation'),
      needed<IdentityCore>('identity'),
      needed<DenialsCore>('denials'),
    ),
  facade: swarmFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedSwarm,
});
