/**
 * What the cores of features that need the formation may use of it: who the broker is, and when that changes.
 *
 * Implemented by the formation's behavior. Invariant: followers are called in the turn of the change, with the agent of
 * the formation, which they may read but not act by.
 */
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';

/** A broker that is a node of the mesh. */
export interface BrokerOfNodes {
  readonly node: NodeId;
  readonly name: string;
  /** Of two brokers the one with the higher epoch is followed. */
  readonly epoch: number;
}

export interface FormationCore {
  /** Undefined: none is known, or it is a program that is no node. */
  readonly brokerOfNodes: BrokerOfNodes | undefined;
  /** This node is the broker. */
  readonly isBroker: boolean;
  /** Joins the formation that this node may join, where it is in none yet. */
  want(): void;
  /** While it stands aside this node is no broker and becomes none: it lets the address go, and looks for a broker. */
  standAside(isAside: boolean): void;
  /** Another broker than before, or none. */
  onBrokerChanged(follower: (agent: Pick<BehaviorAgent, 'now'>) => void): void;
}
