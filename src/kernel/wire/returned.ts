/** A dropped frame, told to its source: reason, its type and sequence, and the nodes it did not reach. */
import type { DropReason, Returned } from '../contracts.ts';
import type { NodeId } from '../identity.ts';
import { limits } from '../limits.ts';
import { Reader, Writer } from './bytes.ts';

/** By their numbers on the wire. */
export const dropReasons: readonly DropReason[] = ['no-route', 'ttl', 'busy', 'refused'];

export function encodeReturned(returned: Omit<Returned, 'at'>): Uint8Array {
  const writer = new Writer()
    .u8(dropReasons.indexOf(returned.reason))
    .u8(returned.type)
    .u48(returned.sequence)
    .u16(returned.nodes.length);
  for (const node of returned.nodes) writer.u48(node);
  return writer.finish();
}

export function decodeReturned(bytes: Uint8Array, at: NodeId): Returned | undefined {
  const reader = new Reader(bytes);
  const reason = dropReasons[reader.u8()];
  const type = reader.u8();
  const sequence = reader.u48();
  const nodes: NodeId[] = [];
  const count = reader.u16();
  if (count > limits.recipientsPerFrameMax) return undefined;
  for (let i = 0; i < count; i++) nodes.push(reader.u48());
  return reason === undefined || !reader.complete ? undefined : { reason, at, type, sequence, nodes };
}
