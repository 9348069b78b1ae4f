/**
 * Which denials a store keeps: the one rule of all its implementations.
 *
 * Invariant: a row only gives way to one that outranks it, and the table keeps what the list of a member would.
 */
import { compareDenials, type Denial, withoutRoom } from '../../denials/core/shared.ts';

/** Those that go, once some were written. */
export { withoutRoom };

/** @param known What the store has of the same name and identity. */
export function isNewDenial(denial: Denial, known: Denial | undefined): boolean {
  return known === undefined || compareDenials(denial, known) > 0;
}
