/** One link change among 5,000 nodes and 20,000 links: how long until the routes are computed anew (real time). */
import { idOf, type NodeId } from '../../src/kernel/identity.ts';
import type { Announcement } from '../../src/kernel/routing/announcement.ts';
import { LinkStateTable } from '../../src/kernel/routing/link-state.ts';
import { Records } from '../../src/kernel/routing/records.ts';
import { SeededRandom } from '../../src/sim/index.ts';
import { type Figure, median } from './figure.ts';

const nodes = 5000;
const links = 20_000;
const rounds = 101;
const noBytes = new Uint8Array(0);
const instance = '0123456789abcdef';

export function routesFigures(): Promise<readonly Figure[]> {
  const ids = Array.from({ length: nodes }, (_, i) => idOf(`n${i}`));
  const neighborsOf = randomGraph(ids);
  const records = new Records();
  const put = (id: NodeId, sequence: number): void => {
    records.put(
      announcementOf(`n${ids.indexOf(id)}`, neighborsOf.get(id) as Set<NodeId>, sequence),
      noBytes,
      0,
    );
  };
  for (const id of ids) put(id, 1);
  const self = ids[0] as NodeId;
  const table = new LinkStateTable(self, records);
  for (const neighbor of neighborsOf.get(self) as Set<NodeId>) table.linkUp(neighbor, instance);
  table.takeChanges(0);
  const times = Array.from({ length: rounds }, (_, round) => {
    const [a, b] = someLink(neighborsOf, ids, round);
    neighborsOf.get(a)?.delete(b);
    const begun = performance.now();
    put(a, round + 2);
    table.takeChanges((round + 1) * 1000);
    return performance.now() - begun;
  });
  if (table.reachableCount < nodes - rounds) throw new Error('the graph has fallen apart');
  return Promise.resolve([
    {
      name: `one link change among ${nodes} nodes and ${links} links, real time`,
      value: median(times),
      unit: 'ms',
      goal: 20,
      note: `median of ${rounds}; the slowest ${Math.max(...times).toFixed(1)} ms`,
    },
  ]);
}

function randomGraph(ids: readonly NodeId[]): Map<NodeId, Set<NodeId>> {
  const random = SeededRandom.fromSeed(1);
  const graph = new Map(ids.map((id) => [id, new Set<NodeId>()]));
  const connect = (a: NodeId, b: NodeId): number => {
    if (a === b || graph.get(a)?.has(b)) return 0;
    graph.get(a)?.add(b);
    graph.get(b)?.add(a);
    return 1;
  };
  let count = 0;
  // A ring holds all together; the rest is chance.
  for (const [i, id] of ids.entries()) count += connect(id, ids[(i + 1) % ids.length] as NodeId);
  while (count < links) count += connect(random.pick(ids), random.pick(ids));
  return graph;
}

function someLink(
  graph: ReadonlyMap<NodeId, ReadonlySet<NodeId>>,
  ids: readonly NodeId[],
  round: number,
): [NodeId, NodeId] {
  const from = ids[(round * 37 + 1) % ids.length] as NodeId;
  return [from, [...(graph.get(from) as ReadonlySet<NodeId>)].at(-1) as NodeId];
}

function announcementOf(name: string, neighbors: ReadonlySet<NodeId>, sequence: number): Announcement {
  const links = [...neighbors].sort((a, b) => a - b);
  const empty = { addresses: [], services: [], sections: new Map<string, Uint8Array>() };
  return {
    id: idOf(name),
    name,
    namespace: 'report',
    instance,
    epoch: 1,
    sequence,
    left: false,
    version: '1',
    links,
    ...empty,
  };
}
