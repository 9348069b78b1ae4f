/** The topology of a node in another process, over its operations. */
import { checkName } from '../../../kernel/identity.ts';
import type { Session } from '../../../kit/session.ts';
import type { TopologyApi } from '../api.ts';
import type { operations } from '../remote.ts';

export function attachedTopology(session: Session<typeof operations>): TopologyApi {
  return {
    topology: () => session.call('topology', {}),
    dot: async () => (await session.call('dot', {})).dot,
    nodes: async (options = {}) => (await session.call('node-list', options)).nodes,
    async route(to) {
      checkName(to, 'route: node');
      return (await session.call('route', { node: to })).route;
    },
    announce: async () => void (await session.call('announce', {})),
  };
}
