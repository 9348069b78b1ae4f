/**
 * What the cores of other features use: who is denied, and how that is changed.
 *
 * Implemented by the denials' behavior. Invariant: what is returned counts at this member now; other members hear of a
 * change by their links.
 */
import type { Failure } from '../../../kernel/errors.ts';
import { compareDenials, type Denial } from './denial.ts';
import { withoutRoom } from './ranked-denials.ts';

/** Followers may keep and store them. */
export { compareDenials, type Denial, withoutRoom };

export interface DenialsCore {
  /** Those that count, by name. */
  denied(): readonly Denial[];
  /** Those too that were taken back. */
  entries(): readonly Denial[];
  /** What this member knows of the identity of a node: what it has proven, else the one that is denied with its name. */
  identityOf(name: string): string | undefined;
  /**
   * Denies a name and an identity from now on; what is denied already stays as it is. @param identity Empty: the name
   * alone.
   */
  deny(name: string, identity: string): Denial | Failure;
  /** Takes back all denials of this name, or of this identity. */
  allow(nameOrIdentity: string): readonly Denial[] | Failure;
  /** What another member, or a store, knows. */
  learn(denials: readonly Denial[]): void;
  /** Called in the turn in which some have changed at this member, by itself or by others. */
  onChanged(follower: (changed: readonly Denial[]) => void): void;
  /**
   * Called in the turn in which this node finds that it is denied itself, by the list or by members that turn it away,
   * and once it is not any more. @param why Undefined: it is not.
   */
  onOwn(follower: (why: Failure | undefined) => void): void;
}
