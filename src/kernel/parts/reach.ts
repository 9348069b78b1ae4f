/**
 * Whether a node that there is no way to may be back in a moment.
 *
 * Who calls it: features that keep what they have for a node rather than give it up at once.
 */
import type { BehaviorAgent } from '../contracts.ts';
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';

/**
 * Out of reach only for a moment: its link is open and its announcement on the way, or the mesh is just finding
 * the way around a dead node. For `routeGraceMs` after it was lost.
 */
export function mayComeBack({ neighbors, directory, now }: BehaviorAgent, node: NodeId): boolean {
  if (neighbors.has(node)) return true;
  const entry = directory.get(node);
  if (entry === undefined || entry.left) return false;
  // In reach by the directory alone: its last link was lost in this very turn.
  return entry.reachable || now - entry.since < limits.routeGraceMs;
}
