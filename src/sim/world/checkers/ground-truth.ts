/**
 * The network as it is, computed outside the nodes from what both ends of each link say.
 *
 * Who calls it: the checkers. Invariant: an edge counts only when both ends report the link and the
 * world holds an open connection between their hosts; distances are plain breadth-first search, so that
 * nothing here shares code, or a mistake, with the routing it judges.
 */
import type { NodeStatus } from '../../../node/node.ts';
import type { Life } from '../member.ts';
import type { Mesh } from '../mesh.ts';

/** Who is linked to whom at one instant, as the world sees it: what nodes say is compared with it. */
export class GroundTruth {
  /** Node names to the names they are linked to, both ends agreeing. */
  readonly edges: ReadonlyMap<string, ReadonlySet<string>>;
  /** Computed once for each node asked about: in a mesh of hundreds every checker asks for every node. */
  private readonly distances = new Map<string, ReadonlyMap<string, number>>();
  private readonly sortedLinks = new Map<string, readonly string[]>();

  constructor(edges: ReadonlyMap<string, ReadonlySet<string>>) {
    this.edges = edges;
  }

  /** Sorted by name, as `topology()` should say them. */
  linksOf(name: string): readonly string[] {
    let links = this.sortedLinks.get(name);
    if (links === undefined) {
      links = [...(this.edges.get(name) ?? [])].sort();
      this.sortedLinks.set(name, links);
    }
    return links;
  }

  /** Hops from a node to each that it can reach, itself included. */
  distancesFrom(start: string): ReadonlyMap<string, number> {
    let distances = this.distances.get(start);
    if (distances === undefined) {
      distances = this.search(start);
      this.distances.set(start, distances);
    }
    return distances;
  }

  private search(start: string): Map<string, number> {
    const distances = new Map([[start, 0]]);
    const queue = [start];
    for (const name of queue) {
      const next = (distances.get(name) as number) + 1;
      for (const neighbor of this.edges.get(name) ?? []) {
        if (distances.has(neighbor)) continue;
        distances.set(neighbor, next);
        queue.push(neighbor);
      }
    }
    return distances;
  }

  /** Sets of nodes that can reach each other. */
  components(): string[][] {
    const seen = new Set<string>();
    const found: string[][] = [];
    for (const name of this.edges.keys()) {
      if (seen.has(name)) continue;
      const component = [...this.distancesFrom(name).keys()];
      for (const member of component) seen.add(member);
      found.push(component.sort());
    }
    return found;
  }

  /** True: the same nodes with the same links. */
  equals(other: GroundTruth): boolean {
    return this.fingerprint() === other.fingerprint();
  }

  private fingerprint(): string {
    return JSON.stringify([...this.edges.keys()].sort().map((name) => [name, this.linksOf(name)]));
  }
}

/** Asks every running node for its links at one instant. */
export async function readGroundTruth(mesh: Mesh): Promise<GroundTruth> {
  const statuses = await mesh.ask((life) => life.node.status());
  const claims = new Map<string, Set<string>>();
  for (const [life, status] of statuses) claims.set(life.node.name, linkedNames(status));
  const connected = connectedPairs(mesh, statuses.keys());
  const edges = new Map<string, Set<string>>();
  for (const [name, claimed] of claims) {
    const agreed = [...claimed].filter(
      (other) => claims.get(other)?.has(name) && connected.has(`${name} ${other}`),
    );
    edges.set(name, new Set(agreed));
  }
  return new GroundTruth(edges);
}

function linkedNames(status: NodeStatus): Set<string> {
  return new Set(status.links.map((link) => link.node));
}

/** "a b" and "b a" for each two nodes whose programs hold a connection. */
function connectedPairs(mesh: Mesh, lives: Iterable<Life>): Set<string> {
  const nameByHost = new Map([...lives].map((life) => [life.member.host.name, life.node.name]));
  const pairs = new Set<string>();
  for (const stream of mesh.network.streams) {
    const dialer = nameByHost.get(stream.dialer.host.name);
    const listener = nameByHost.get(stream.listener.host.name);
    if (!stream.isOpen || dialer === undefined || listener === undefined) continue;
    pairs.add(`${dialer} ${listener}`).add(`${listener} ${dialer}`);
  }
  return pairs;
}
