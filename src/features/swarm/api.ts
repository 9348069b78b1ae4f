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
  /**
   * Takes a name out of the register of all nodes that were ever here, and its pin: the next identity that a node of that
   * name proves is the one that gets its letters. Letters that wait for the name stay.
   * @throws SkeinError SKEIN_REFUSED: that node is here; SKEIN_UNKNOWN_NODE: it was never seen; else as `nodes`.
   */
  forget(name: string): Promise<ForgottenNode>;
  /**
   * Shuts a node out of the mesh, by its name and by the identity that the swarm knows the name by: every member closes its
   * links, refuses new ones, and ignores its announcements and messages. Every member keeps the list, also where nobody
   * keeps the swarm, and any member may change it. What is denied already stays as it is.
   *
   * A machine that has the mesh key can come back under a new name and a new identity: only a new key keeps it out.
   * @throws TypeError for a name or an identity that is none. SkeinError SKEIN_INVALID: it is this node itself;
   * SKEIN_UNKNOWN_NODE: nobody has seen that name, and no identity was given; SKEIN_BUSY: 1,000 are denied already.
   */
  deny(name: string, options?: DenyOptions): Promise<DeniedNode>;
  /** Takes back every denial of this name or identity: those nodes may join again. @returns What was taken back.
   * @throws SkeinError SKEIN_UNKNOWN_NODE: it is not denied. */
  allow(nameOrIdentity: string): Promise<DeniedNode[]>;
  /** Who is denied, by name, as this member knows it. */
  denied(): Promise<DeniedNode[]>;
  /**
   * The store of this node's machine becomes the one in which the swarm is kept, in place of the one before, which is
   * abandoned with all that waits in it. For when the machine of that one is gone for good. Where it is so already,
   * nothing happens.
   * @throws SkeinError SKEIN_INVALID: this node has no store; SKEIN_STORE: its file cannot be used.
   */
  adopt(): Promise<SwarmHome>;
}

/** Options of `swarm.deny`. */
export interface DenyOptions {
  /** The identity to deny with the name, 32 hexadecimal digits. Default: what the name has proven, or is pinned to. */
  readonly identity?: string;
}

/** A node that the members shut out. */
export interface DeniedNode {
  /** Its name. */
  readonly name: string;
  /** Its identity, 32 hexadecimal digits; empty: none was known, and the name alone is denied. */
  readonly identity: string;
  /** Unix milliseconds, by the clock of the node that denied it, or has taken that back. */
  readonly since: number;
  /** Name of that node. */
  readonly by: string;
}

/** What became of a name that was to be forgotten. */
export interface ForgottenNode {
  /** It was in the register. */
  readonly wasSeen: boolean;
  /** It was pinned to an identity. */
  readonly wasPinned: boolean;
}

/** In which store a swarm is kept. */
export interface SwarmHome {
  /** Id of the store, 32 hexadecimal digits. */
  readonly store: string;
  /** How often a store was adopted in place of another one, and one more. */
  readonly generation: number;
  /** When it became the swarm's, in Unix milliseconds. */
  readonly since: number;
  /** What people call its machine. */
  readonly host: string;
}

/** What the swarm adds to `node.events`. */
export interface SwarmNodeEvents {
  /** Another node keeps the swarm than before, or nobody does. */
  'swarm:keeper': SwarmKeeper;
}

/** Who keeps the swarm. */
export interface SwarmKeeper {
  /** Name of the node whose store is used. Undefined: nobody is known. */
  readonly keeper?: string;
  /**
   * Why nobody here can keep it, as of a `SkeinError`: without it, it is to be decided in a moment. The details of
   * SKEIN_STORE_ELSEWHERE: `host`, what people call the machine of the store, and `store`, its id.
   */
  readonly problem?: { readonly code: string; readonly message: string; readonly details?: unknown };
}

/** A node that the swarm has seen. */
export interface SwarmNode {
  /** Its name. */
  readonly name: string;
  /** Unix milliseconds, by the clock of the broker that has seen it. */
  readonly firstSeen: number;
  /** Unix milliseconds: when it came, went, or changed what it offers last, as its broker has noted it. */
  readonly lastSeen: number;
  /** What it offered when it was seen last; of one that has left, before its goodbye. */
  readonly services: readonly string[];
  /** Where it could be dialed when it was seen last, `host:port`. */
  readonly addresses: readonly string[];
  /** The identity that its name is pinned to, 32 hexadecimal digits; empty: it has proven none. */
  readonly identity: string;
  /** It can be reached from the node that was asked. */
  readonly isReachable: boolean;
}
