/**
 * Routes as a behavior sees them: where a frame goes, what is known of nodes, why a hop dropped a frame.
 *
 * A part of the contracts (`../contracts.ts`).
 */
import type { Instance, NodeId } from '../identity.ts';

export type Route =
  | { readonly to: 'node'; readonly node: NodeId }
  | { readonly to: 'key'; readonly key: NodeId }
  | { readonly to: 'service'; readonly service: string }
  | { readonly to: 'nodes'; readonly nodes: readonly NodeId[] }
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
  readonly reachableCount: number;
  /** Rises whenever any answer above may have changed. */
  readonly version: number;
  /** An older life's record of the neighbor must not make the link count. */
  linkUp(neighbor: NodeId, instance: Instance): void;
  linkDown(neighbor: NodeId): void;
  /** Smoothed round trip of a link; only breaks ties. */
  roundTrip(neighbor: NodeId, milliseconds: number): void;
  /** A stalled neighbor is passed by where that cannot loop. */
  stalled(neighbor: NodeId, stalled: boolean): void;
}

/** What is known of a node, reachable or not. */
export interface NodeEntry {
  readonly id: NodeId;
  readonly name: string;
  readonly namespace: string;
  readonly instance: Instance;
  readonly epoch: number;
  readonly sequence: number;
  readonly version: string;
  readonly addresses: readonly string[];
  readonly links: readonly NodeId[];
  readonly services: readonly string[];
  readonly reachable: boolean;
  /** It said goodbye itself. */
  readonly left: boolean;
  /** Kernel time at which `reachable` last changed. */
  readonly since: number;
  /** Kernel time at which it last came within reach, moments without a way left out. Infinity: never. */
  readonly steadySince: number;
}

/** Read access to all that is known of nodes: what discovery dials and messages print. */
export interface Directory {
  get(id: NodeId): NodeEntry | undefined;
  entries(): Iterable<NodeEntry>;
  /** Known, and out of reach at the moment. */
  unreachable(): Iterable<NodeEntry>;
}

/** Why a hop did not pass a frame on; `refused`: its recipient does not run the feature. */
export type DropReason = 'no-route' | 'ttl' | 'busy' | 'refused';

/** A frame that some hop could not forward, told to the feature that sent it. */
export interface Returned {
  readonly reason: DropReason;
  /** The hop that dropped it. */
  readonly at: NodeId;
  readonly type: number;
  readonly sequence: number;
  readonly nodes: readonly NodeId[];
}
