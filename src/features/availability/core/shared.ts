/**
 * What the cores of other features use: which nodes take no work, and what changes.
 *
 * Implemented by the availability behavior. Invariant: a node that has said nothing is available.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { AvailabilityState } from './state.ts';

export interface AvailabilityCore {
  /** At least one node is not available: without any, nobody need be looked at. */
  readonly hasUnavailable: boolean;
  /** Of this node. */
  readonly own: AvailabilityState;
  /** Whether this node, or a reachable one, takes offers of work and requests that name no node. */
  isAvailable(node: NodeId): boolean;
  /** Of this node, or of a reachable one. */
  stateOf(node: NodeId): AvailabilityState;
  /** Nodes that are not available or not active. */
  unusualNodes(): Iterable<NodeId>;
  /** Is called when this node or a reachable one is in another state than before. */
  onChanged(changed: (node: { readonly name: string } & AvailabilityState) => void): void;
}
