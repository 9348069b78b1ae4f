/**
 * The mesh as a program sees it: links and nodes, in names and plain numbers.
 *
 * Who calls it: the node and the features' facades, again at each question. Invariant: nothing is kept; what is true
 * of the mesh is read off the kernel's parts at that moment.
 */
import type { Directory, Neighbor, NodeEntry } from '../kernel/contracts.ts';
import { formatId, type NodeId } from '../kernel/identity.ts';
import type { MeshView } from './node-ports.ts';

export interface NodeInfo {
  readonly name: string;
  readonly id: number;
  readonly namespace: string;
  readonly instance: string;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly links: readonly string[];
  readonly services: readonly string[];
  readonly self: boolean;
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Hops from here; undefined without a route. */
  readonly hops: number | undefined;
  /** Milliseconds since `reachable` last changed. */
  readonly forMs: number;
}

export interface LinkInfo {
  readonly node: string;
  readonly address: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly roundTripMs: number | undefined;
  readonly stalled: boolean;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly framesIn: number;
  readonly framesOut: number;
  readonly queuedBytes: number;
  readonly dropped: number;
  readonly openForMs: number;
  /** Id of the mesh key that the link was proven with; undefined on plain links. */
  readonly key: string | undefined;
}

export function reachableEntries({ table, records }: MeshView): NodeEntry[] {
  return [...table.reachable()].flatMap((id) => records.get(id) ?? []);
}

export function linkInfos(mesh: MeshView, now: number): LinkInfo[] {
  return [...mesh.neighbors.values()].map((neighbor) => linkInfo(mesh, neighbor, now));
}

export function linkInfo(mesh: MeshView, neighbor: Neighbor, now: number): LinkInfo {
  const statistics = mesh.statistics(neighbor.link);
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

export function nodeInfo({ self, table, records }: MeshView, entry: NodeEntry, now: number): NodeInfo {
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
    self: entry.id === self.id,
    reachable: entry.reachable,
    left: entry.left,
    hops: Number.isFinite(hops) ? hops : undefined,
    forMs: Math.round(now - entry.since),
  };
}

/** By what it is known; by its id while no record of it has come. */
export function nameOf(id: NodeId, directory: Directory): string {
  return directory.get(id)?.name ?? formatId(id);
}
