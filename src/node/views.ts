/**
 * A node's kernel as a program sees it: links, nodes, readiness, in names and plain numbers.
 *
 * Who calls it: the local node, anew at each question. Invariant: nothing is kept; what is true of the
 * mesh is read off the kernel's parts at that moment.
 */
import type { Neighbor, NodeEntry } from '../kernel/contracts.ts';
import type { ReadyView } from '../kit/waiting.ts';
import type { LinkInfo, NodeInfo } from './node.ts';
import type { SkeinKernel } from './skein-kernel.ts';

export function reachableEntries({ table, records }: SkeinKernel): NodeEntry[] {
  return [...table.reachable()].flatMap((id) => records.get(id) ?? []);
}

export function readyView(core: SkeinKernel): ReadyView {
  const reachable = reachableEntries(core);
  const { self, neighbors } = core.kernel;
  const services = [...self.services, ...reachable.flatMap((entry) => entry.services)];
  const names = [self.name, ...reachable.map((entry) => entry.name)];
  return { nodes: new Set(names), services: new Set(services), links: neighbors.size };
}

export function linkInfos(core: SkeinKernel, now: number): LinkInfo[] {
  return [...core.kernel.neighbors.values()].map((neighbor) => linkInfo(core, neighbor, now));
}

export function linkInfo({ kernel }: SkeinKernel, neighbor: Neighbor, now: number): LinkInfo {
  const statistics = kernel.statistics(neighbor.link);
  return {
    node: neighbor.name,
    address: neighbor.address,
    direction: neighbor.direction,
    roundTripMs: statistics?.roundTripMs,
    stalled: statistics?.stalled ?? false,
    bytesIn: statistics?.bytesIn ?? 0,
    bytesOut: statistics?.bytesOut ?? 0,
    framesIn: statistics?.framesIn ?? 0,
    framesOut: statistics?.framesOut ?? 0,
    queuedBytes: statistics?.queuedBytes ?? 0,
    dropped: statistics?.dropped ?? 0,
    openForMs: Math.round(now - neighbor.openedAt),
    key: statistics?.key,
  };
}

export function nodeInfo({ kernel, table, records }: SkeinKernel, entry: NodeEntry, now: number): NodeInfo {
  const hops = table.distance(entry.id);
  return {
    name: entry.name,
    id: entry.id,
    namespace: entry.namespace,
    instance: entry.instance,
    version: entry.version,
    addresses: entry.addresses,
    links: entry.links.map((link) => records.get(link)?.name ?? String(link)).sort(),
    services: entry.services,
    self: entry.id === kernel.self.id,
    reachable: entry.reachable,
    left: entry.left,
    hops: Number.isFinite(hops) ? hops : undefined,
    forMs: Math.round(now - entry.since),
  };
}
