/** The queries feature: questions by name to a node or to the swarm. */
import { feature } from '../../kit/feature.ts';
import type { CallsCore } from '../calls/core/shared.ts';
import type { SwarmCore } from '../swarm/core/shared.ts';
import { attachedQueries } from './api/attached-queries.ts';
import { queriesFacade } from './api/facade.ts';
import { Queries, queriesFeature } from './core/queries.ts';
import type { QueriesFeatureShape } from './shape.ts';

export const queries = feature<QueriesFeatureShape>()({
  name: queriesFeature,
  needs: ['calls', 'swarm', 'letters', 'tasks'],
  behavior: ({ needed }) => new Queries(needed<CallsCore>('calls'), needed<SwarmCore>('swarm')),
  facade: queriesFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedQueries,
});
