/**
 * Recipients of one message in groups: those behind one next hop, and as many as one frame may carry.
 *
 * Who calls it: the forwarder and the prepared frames. Invariant: the order of recipients is kept.
 */
import type { NodeId } from './identity.ts';
import { limits } from './limits.ts';

/** By next hop. */
export type Groups = Map<NodeId, NodeId[]>;

export function addTo(groups: Groups, neighbor: NodeId, recipient: NodeId): void {
  const group = groups.get(neighbor);
  if (group === undefined) groups.set(neighbor, [recipient]);
  else group.push(recipient);
}

/** As many as one frame may carry. */
export function partsOf(recipients: readonly NodeId[]): (readonly NodeId[])[] {
  const { recipientsPerFrameMax: most } = limits;
  if (recipients.length <= most) return [recipients];
  const count = Math.ceil(recipients.length / most);
  return Array.from({ length: count }, (_, i) => recipients.slice(i * most, (i + 1) * most));
}
