/**
 * Which denials a store keeps: the one rule of all its implementations.
 *
 * Invariant: a row only gives way to one that outranks it, and the table keeps within the limit of one list.
 */
import { compareDenials, type Denial } from '../../denials/core/shared.ts';
import { swarmLimits } from './limits.ts';

/** @param known What the store has of the same name and identity. */
export function isNewDenial(denial: Denial, known: Denial | undefined): boolean {
  return known === undefined || compareDenials(denial, known) > 0;
}

/** Those that go, once one more was written: first what was taken back longest ago, then what was denied last. */
export function tooManyDenials(rows: readonly Denial[]): readonly Denial[] {
  const over = rows.length - swarmLimits.swarmDenialsMax;
  if (over <= 0) return [];
  return [...rows].sort(byUselessness).slice(0, over);
}

function byUselessness(a: Denial, b: Denial): number {
  if (a.isDenied !== b.isDenied) return a.isDenied ? 1 : -1;
  const age = a.isDenied ? b.since - a.since : a.since - b.since;
  return age || (a.name < b.name ? -1 : a.name > b.name ? 1 : a.identity < b.identity ? -1 : 1);
}
