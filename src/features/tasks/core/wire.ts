/**
 * Messages about tasks as bytes and back: what a member says is in wire-member.ts, what the broker says in wire-broker.ts.
 *
 * Called by the behavior for each message of a line. Invariant: bytes are exactly one message within its limits, or
 * undefined; and equal messages are equal bytes.
 */
import type { FromBroker, FromMember } from './messages.ts';
import { readFromBroker } from './wire-broker.ts';
import { TaskReader } from './wire-fields.ts';
import { readFromMember } from './wire-member.ts';

export { encodeFromBroker } from './wire-broker.ts';
export { encodeFromMember } from './wire-member.ts';

/** @param bytes The message holds views of them: inputs and results. */
export function decodeTaskMessage(bytes: Uint8Array): FromMember | FromBroker | undefined {
  const reader = new TaskReader(bytes);
  const kind = reader.u8();
  const message = readFromMember(kind, reader) ?? readFromBroker(kind, reader);
  return reader.complete ? message : undefined;
}
