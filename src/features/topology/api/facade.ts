/** The topology of a node in this process: read off its kernel, or asked of its behavior. */
import { checkName } from '../../../kernel/identity.ts';
import type { Facade } from '../../../kit/feature.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { nodeInfo } from '../../../kit/views.ts';
import type { TopologyApi } from '../api.ts';
import type { Topology } from '../core/topology.ts';
import type { TopologyFeatureShape } from '../shape.ts';
import { toDot } from './dot.ts';

export function topologyFacade(
  node: NodePorts<TopologyFeatureShape, Topology>,
): Facade<TopologyFeatureShape> {
  const api: TopologyApi = {
    topology: () => node.ask('adjacency', undefined),
    dot: async () => toDot(node.namespace, node.name, await api.topology()),
    async nodes({ all = false } = {}) {
      node.checkOpen();
      const { mesh, now } = node;
      return [...mesh.records.entries()]
        .filter((entry) => all || entry.reachable || entry.id === mesh.self.id)
        .map((entry) => nodeInfo(mesh, entry, now))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async route(to) {
      checkName(to, 'route: node');
      return node.ask('route', to);
    },
    announce: () => node.ask('announce', undefined),
  };
  return { api, changed: () => node.ask('set-sync-period', node.settings.syncPeriodMs) };
}
