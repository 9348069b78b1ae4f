/**
 * What the cores of other features use: which identity a node has proven, and this node's own.
 *
 * Implemented by the identity behavior. Invariant: what is returned was proven by the incarnation that is there now.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import type { IdentityId } from './proof.ts';

export interface IdentityCore {
  /** False: nothing is signed here, and no node can prove an identity. */
  readonly canCheck: boolean;
  /** This node shows its identity from now on; its file is made where there is none. */
  use(): void;
  /** Of a reachable node, or of this one. Undefined: it has proven none. */
  identityOf(node: NodeId): IdentityId | undefined;
  /** Called in the turn in which a node has proven an identity. */
  onProven(follower: (node: NodeId) => void): void;
}
