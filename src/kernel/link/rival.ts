/**
 * Two links to one node that lead to different lives of it. Who calls it: the neighborhood, when the second opens.
 */
import type { Link } from './link.ts';

/**
 * Behaviors were asked about a life that was linked by then. Of one whose handshake was under way at the same
 * moment nobody knew: the older keeps its link, and the other is asked about as soon as it dials again.
 */
export function mayReplace(old: Link, fresh: Link): boolean {
  return fresh.rival === old.peer?.instance || bornAt(fresh) < bornAt(old);
}

/** By our clock, and by what its hello says. */
function bornAt({ startedAt, peer }: Link): number {
  return startedAt - (peer?.uptimeMs ?? 0);
}
