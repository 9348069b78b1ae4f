/**
 * What the cores of other features use: which nodes take no work.
 *
 * Implemented by the availability behavior. Invariant: a node that has said nothing is available.
 */
import type { NodeId } from '../../../kernel/identity.ts';

export interface AvailabilityCore {
  /** At least one node is not available: without any, nobody need be looked at. */
  readonly hasUnavailable: boolean;
  /** Whether this node, or a reachable one, takes offers of work and requests that name no node. */
  isAvailable(node: NodeId): boolean;
}
