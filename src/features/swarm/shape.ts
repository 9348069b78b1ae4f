/** The one type argument of the swarm feature. */
import type { SwarmNode, SwarmNodeApi, SwarmNodeEvents } from './api.ts';
import type { SwarmShape } from './core/swarm-types.ts';

/** What features that need the swarm may use in the node's process. */
export interface SwarmShared {
  /** A page of all nodes that the swarm has ever seen, by name, from this name on, itself excluded. */
  nodesAfter(name: string): Promise<SwarmNode[]>;
  /** Asks the broker. @returns JSON of its making. @throws SkeinError */
  ask(verb: string, input: unknown): Promise<string>;
  /** Calls back when something about these topics may have changed. The returned function ends it. @throws SkeinError */
  watch(topics: readonly string[], changed: () => void): () => void;
}

export interface SwarmFeatureShape extends SwarmShape {
  readonly api: SwarmNodeApi;
  readonly settings: object;
  readonly nodeEvents: SwarmNodeEvents;
  readonly shared: SwarmShared;
}
