/**
 * Routes as a behavior sees them: where a frame goes, what is known of nodes, why a hop dropped a frame.
 *
 * A part of the contracts (`../contracts.ts`).
 */
import type { Instance, NodeId } from '../identity.ts';

/** Where a frame goes. Each hop looks up the next one in its own routing table. */
export type Route =
  /** To one node. This node itself is a valid destination. */
  | { readonly to: 'node'; readonly node: NodeId }
  /** To the reachable node whose id is closest to the key by XOR distance, possibly this one. */
  | { readonly to: 'key'; readonly key: NodeId }
  /** To the best provider of the service with this name, possibly this node. */
  | { readonly to: 'service'; readonly service: string }
  /** To each of these nodes; those behind one next hop share frames of at most 4,096 recipients. */
  | { readonly to: 'nodes'; readonly nodes: readonly NodeId[] }
  /** To every node that is reachable when it is sent, this one excluded. */
  | { readonly to: 'all' };

/** `next` names the neighbor; `local` is this node; `reject` means there is no way. */
export type RouteAction =
  | { readonly action: 'reject' }
  | { readonly action: 'local' }
  | { readonly action: 'next'; readonly neighbor: NodeId };

/**
 * Decides where a frame goes. Injected into the kernel, which tells it of its own links; what else it
 * knows is its own affair (link-state in `routing/link-state.ts`).
 */
export interface RoutingTable {
  /** The next hop to a node; `local` for this node itself. */
  pathToNode(destination: NodeId): RouteAction;
  /** The node whose id is closest to the key. */
  pathToKey(key: NodeId): RouteAction;
  /** The best node that offers the service with this id. */
  pathToService(service: NodeId): RouteAction;
  /** The nodes that offer it, the best first; oneself among them. */
  providers(service: NodeId): readonly NodeId[];
  /** Hops to the node: 0 for oneself, Infinity where there is no way. */
  distance(destination: NodeId): number;
  /** All nodes with a route, oneself excluded. */
  reachable(): Iterable<NodeId>;
  /** How many nodes have a route, this one excluded. */
  readonly reachableCount: number;
  /** Rises whenever any answer above may have changed. */
  readonly version: number;
  /** An older life's record of the neighbor must not make the link count. */
  linkUp(neighbor: NodeId, instance: Instance): void;
  /** The link to this neighbor has ended: no route may use it. */
  linkDown(neighbor: NodeId): void;
  /** Smoothed round trip of a link; only breaks ties. */
  roundTrip(neighbor: NodeId, milliseconds: number): void;
  /** A stalled neighbor is passed by where that cannot loop. */
  stalled(neighbor: NodeId, stalled: boolean): void;
}

/** What is known of a node, reachable or not. */
export interface NodeEntry {
  /** First 48 bits of SHA-256 of the name. */
  readonly id: NodeId;
  /** Name of the node, unique in the mesh. */
  readonly name: string;
  /** Namespace that the node was started in. */
  readonly namespace: string;
  /** Incarnation of the node that made this record. */
  readonly instance: Instance;
  /** First part of the record's version: rises when a new incarnation takes over the name. */
  readonly epoch: number;
  /** Second part of the record's version: rises with each record of one epoch. */
  readonly sequence: number;
  /** Version text of the node's program. */
  readonly version: string;
  /** Where the node says that it can be dialed, `host:port`; at most 16. */
  readonly addresses: readonly string[];
  /** Ids of the neighbors that the node announces, ascending. A link counts only if both ends announce it. */
  readonly links: readonly NodeId[];
  /** Names of the services that the node offers. */
  readonly services: readonly string[];
  /** This node has a route to it. True for this node itself. */
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Kernel time at which `reachable` last changed. */
  readonly since: number;
  /** Kernel time at which this life of it last came within reach, moments without a way left out. Infinity: never. */
  readonly steadySince: number;
}

/** Read access to all that is known of nodes: what discovery dials and messages print. */
export interface Directory {
  /** What is known of the node with this id. Undefined: never heard of, or forgotten after an hour without a route. */
  get(id: NodeId): NodeEntry | undefined;
  /** All nodes that are known, reachable or not; this one among them once it has announced itself. */
  entries(): Iterable<NodeEntry>;
  /** Known, and out of reach at the moment. */
  unreachable(): Iterable<NodeEntry>;
}

/** Why a hop did not pass a frame on; `refused`: its recipient does not run the feature. */
export type DropReason = 'no-route' | 'ttl' | 'busy' | 'refused';

/** A frame that some hop could not forward, told to the feature that sent it. */
export interface Returned {
  /** Why the hop dropped it. */
  readonly reason: DropReason;
  /** The hop that dropped it. */
  readonly at: NodeId;
  /** The `type` of the dropped frame. */
  readonly type: number;
  /** The `sequence` of the dropped frame. */
  readonly sequence: number;
  /**
   * The destinations that this copy of the frame did not reach: node ids, the key, or the service's id. For
   * `refused` it is the node that does not run the feature.
   */
  readonly nodes: readonly NodeId[];
}
