/** The topology feature: which nodes there are, and the shortest paths to them. */
import { feature } from '../../kit/feature.ts';
import { attachedTopology } from './api/attached-topology.ts';
import { topologyFacade } from './api/facade.ts';
import { Topology, topologyFeature } from './core/topology.ts';
import type { TopologyFeatureShape } from './shape.ts';

export const topology = feature<TopologyFeatureShape>()({
  name: topologyFeature,
  needs: [],
  behavior: ({ records, table, settings, signer }) =>
    new Topology(records, table, settings.syncPeriodMs, signer),
  facade: topologyFacade,
  operations: () => import('./remote.ts').then(({ operations }) => operations),
  attached: attachedTopology,
});
