/**
 * The mesh as a program sees it: links and nodes, in names and plain numbers.
 *
 * Who calls it: the node and the features' facades, again at each question. Invariant: nothing is kept; what is true
 * of the mesh is read off the kernel's parts at that moment.
 */
import type { Directory, Neighbor, NodeEntry } from '../kernel/contracts.ts';
import { formatId, type NodeId } from '../kernel/identity.ts';
import type { MeshView } from './node-ports.ts';

/** What is known of a node of the mesh. */
export interface NodeInfo {
  /** Unique in the mesh. */
  readonly name: string;
  /** First 48 bits of SHA-256 of the name. */
  readonly id: number;
  /** Only nodes of one namespace find each other by solicitation. */
  readonly namespace: string;
  /** 16 hexadecimal digits, new at each of its starts. */
  readonly instance: string;
  /** What it says of its version. */
  readonly version: string;
  /** Where it can be dialed, `host:port` each. */
  readonly addresses: readonly string[];
  /** Names of those it has links to, by its own account. */
  readonly links: readonly string[];
  /** What it offers. */
  readonly services: readonly string[];
  /** It is the node that was asked. */
  readonly self: boolean;
  /** There is a route to it. */
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Hops from here; undefined without a route. */
  readonly hops: number | undefined;
  /** Milliseconds since `reachable` last changed. */
  readonly forMs: number;
}

/** A link to a neighbor, and what has passed over it. */
export interface LinkInfo {
  /** Who is at the other end. */
  readonly node: string;
  /** Its address, `host:port`. */
  readonly address: string;
  /** Who has dialed: `outgoing`: this node. */
  readonly direction: 'incoming' | 'outgoing';
  /** Of the last heartbeats; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** The neighbor takes nothing at the moment. */
  readonly stalled: boolean;
  /** Since it is open, with headers and heartbeats. */
  readonly bytesIn: number;
  /** The same, to the neighbor. */
  readonly bytesOut: number;
  /** Since it is open, heartbeats among them. */
  readonly framesIn: number;
  /** The same, to the neighbor. */
  readonly framesOut: number;
  /** Wait to be written. */
  readonly queuedBytes: number;
  /** Frames that were dropped since the queue was full. */
  readonly dropped: number;
  /** Milliseconds since the handshake. */
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
