/** What the swarm's operations on the store mean: who was ever here. */
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import type { PageRequest, SeenNode, SwarmShape } from '../core/swarm-types.ts';

interface SwarmState {
  readonly nodes: Table<string, Omit<SeenNode, 'name'>>;
}

/** The others are verbs of every store itself. */
type Verbs = Pick<SwarmShape['store'], 'saw' | 'names' | 'nodes'>;

export const swarmModel = storeModel<Verbs, SwarmState>({
  name: 'swarm',
  initial: () => ({ nodes: new Table() }),
  operations: {
    saw({ nodes }, { sights, events }, log) {
      log.append(events);
      for (const { name, at, services, addresses } of sights) {
        const known = nodes.get(name);
        const firstSeen = known?.firstSeen ?? at;
        nodes.put(name, { firstSeen, lastSeen: Math.max(known?.lastSeen ?? at, at), services, addresses });
      }
    },
    names: ({ nodes }, request) => page(nodes, request).map(([name]) => name),
    nodes: ({ nodes }, request) => page(nodes, request).map(([name, node]) => ({ name, ...node })),
  },
});

function page(
  nodes: SwarmState['nodes'],
  { after, limit }: PageRequest,
): (readonly [string, Omit<SeenNode, 'name'>])[] {
  const found: (readonly [string, Omit<SeenNode, 'name'>])[] = [];
  for (const row of nodes.rows({ from: after })) {
    if (row[0] === after) continue;
    if (found.length === limit) break;
    found.push(row);
  }
  return found;
}
