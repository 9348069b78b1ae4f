/**
 * How large a node's island is, for the argument about a name (`features/topology/core/claims.ts`).
 *
 * Who calls it: the neighborhood for each hello, the name watch for each probe. Invariant: what counts is the
 * island of a second ago: when two meet, nodes of the other come before its namesake does, and ways to one's
 * own are lost for a moment.
 */
import type { Directory, NodeEntry } from '../contracts.ts';
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';

/** Itself among them. */
export function islandNodes(directory: Directory, self: NodeId, now: number): number {
  let count = 1;
  for (const entry of directory.entries()) if (entry.id !== self && isSettled(entry, now)) count++;
  return count;
}

export function isSettled(entry: NodeEntry | undefined, now: number): boolean {
  if (entry === undefined || now - entry.steadySince < limits.islandSettledMs) return false;
  return entry.reachable || now - entry.since < limits.islandSettledMs;
}
