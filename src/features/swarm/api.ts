/**
 * The swarm, as a program sees it: who was ever here.
 *
 * Implemented by a node in this process (`api/facade.ts`) and by an attached one (`api/attached-swarm.ts`); a part of
 * every node. Invariant: whatever is here works the same through both.
 */

/** What a swarm adds to a node. */
export interface SwarmNodeApi {
  /** The durable side of the mesh, kept by the formation's broker. */
  readonly swarm: SwarmApi;
}

/** The durable side of the mesh. */
export interface SwarmApi {
  /**
   * All nodes that the swarm has ever seen, by name; those that can be reached now among them.
   * @throws SkeinError SKEIN_TIMEOUT without a broker that answers in 10 s; SKEIN_STORE, SKEIN_STORE_FULL: its store
   * cannot be used.
   */
  nodes(): Promise<SwarmNode[]>;
}

/** A node that the swarm has seen. */
export interface SwarmNode {
  /** Its name. */
  readonly name: string;
  /** Unix milliseconds, by the clock of the broker that has seen it. */
  readonly firstSeen: number;
  /** Unix milliseconds: when it came or went last, as its broker has noted it. */
  readonly lastSeen: number;
  /** What it offered when it was seen last. */
  readonly services: readonly string[];
  /** Where it could be dialed when it was seen last, `host:port`. */
  readonly addresses: readonly string[];
  /** It can be reached from the node that was asked. */
  readonly isReachable: boolean;
}
