/**
 * Availability, as a program sees it: which nodes take work, and at which somebody is active.
 *
 * Implemented by a node in this process and by an attached one; a part of every node.
 */

/** What availability adds to a node. */
export interface AvailabilityApi {
  /** Which nodes take work, and at which somebody is active. */
  readonly availability: Availability;
}

/** Which nodes take work, and at which somebody is active. */
export interface Availability {
  /**
   * Says it of this node, to all nodes; what is not named stays. A node that is not available gets no offers of work
   * and no requests that name no node; requests to it by name, messages and letters still arrive. That it is not active
   * is shown, nothing else. A node starts available and active.
   * @throws TypeError for anything but booleans.
   */
  set(change: AvailabilityChange): Promise<AvailabilityState>;
  /** Of all reachable nodes, this one included, by name. */
  list(): Promise<NodeAvailability[]>;
}

/** What is to change. */
export interface AvailabilityChange {
  /** No: no offers of work, no requests that name no node. */
  readonly available?: boolean;
  /** No: nobody is at it. */
  readonly active?: boolean;
}

/** Whether a node takes work, and whether somebody is at it. */
export interface AvailabilityState {
  /** No: it gets no offers of work and no requests that name no node. */
  readonly available: boolean;
  /** No: nobody is at it. It is shown, nothing else. */
  readonly active: boolean;
}

/** The state of one node. */
export interface NodeAvailability extends AvailabilityState {
  /** Its name. */
  readonly name: string;
}

/** What availability adds to `node.events`. */
export interface AvailabilityNodeEvents {
  /**
   * A node is in another state than before; it may be this one. A node that comes into reach and is not available, or
   * not active, is reported too.
   */
  'node:changed': {
    readonly name: string;
    readonly id: number;
    readonly available: boolean;
    readonly active: boolean;
  };
}
