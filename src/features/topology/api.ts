/**
 * The topology, as a program sees it: which nodes there are, who is linked to whom, and the hops to a node.
 *
 * Implemented by a node in this process and by an attached one; a part of every node.
 */
import type { NodeInfo } from '../../kit/views.ts';

/** Which nodes there are, who is linked to whom, and the hops to a node. */
export interface TopologyApi {
  /** The effective network as an adjacency list by name; this node is always in it. */
  topology(): Promise<Topology>;
  /** The same as Graphviz. */
  dot(): Promise<string>;
  /** What is known of the mesh's nodes; with `all`, of those out of reach too. */
  nodes(options?: { all?: boolean }): Promise<NodeInfo[]>;
  /** The names of the hops to a node, the node last. @throws SkeinError SKEIN_NO_ROUTE, SKEIN_UNKNOWN_NODE */
  route(to: string): Promise<string[]>;
  /** Announces this node's record to its neighbors now. */
  announce(): Promise<void>;
}

/** Names to the sorted names they are linked to, both ends agreeing. */
export type Topology = Readonly<Record<string, readonly string[]>>;
