/** The one type argument of the swarm feature. */
import type { SwarmNode, SwarmNodeApi, SwarmNodeEvents } from './api.ts';
import type { SwarmShape } from './core/swarm-types.ts';

/** What features that need the swarm may use. */
interface SwarmShared {
  /** A page of all nodes that the swarm has ever seen, by name, from this name on, itself excluded. */
  nodesAfter(name: string): Promise<SwarmNode[]>;
}

export interface SwarmFeatureShape extends SwarmShape {
  readonly api: SwarmNodeApi;
  readonly settings: object;
  readonly nodeEvents: SwarmNodeEvents;
  readonly shared: SwarmShared;
}
