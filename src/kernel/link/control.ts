/** The link's own messages: they travel under feature number 0, for the neighbor only. */
import type { DownReason } from '../contracts.ts';
import { Reader, Writer } from '../wire/bytes.ts';
import { encodeFrame, RouteKind } from '../wire/frame.ts';

export const ControlType = { hello: 1, proof: 2, accept: 3, refuse: 4, heartbeat: 5, goodbye: 6 } as const;

/**
 * Variables, not literals. V8 copies a header of literals from a sample whose fields hold small integers only; after the
 * first large id elsewhere such a header is migrated each time that one is written.
 */
const none = 0;
const oneHop = 1;

export function controlFrame(type: number, payload: Uint8Array): Uint8Array {
  const kind = RouteKind.link;
  const nobody = none;
  return encodeFrame(
    {
      kind,
      type,
      feature: none,
      destination: nobody,
      source: nobody,
      sequence: none,
      flags: none,
      ttl: oneHop,
    },
    payload,
  );
}

/** What `RoundTrip` measures by: see there. */
export interface Heartbeat {
  readonly sent: number;
  readonly echo: number;
  readonly held: number;
}

export function encodeHeartbeat({ sent, echo, held }: Heartbeat): Uint8Array {
  return new Writer(16).u32(sent).u32(echo).u32(held).finish();
}

/** Bytes after the known fields are a later version's. */
export function decodeHeartbeat(bytes: Uint8Array): Heartbeat | undefined {
  const reader = new Reader(bytes);
  const beat = { sent: reader.u32(), echo: reader.u32(), held: reader.u32() };
  return reader.failed ? undefined : beat;
}

/** @param hasAnother Its sender holds another link to the same node. */
export function acceptanceOf(hasAnother: boolean): Uint8Array {
  return Uint8Array.of(hasAnother ? 1 : 0);
}

export function saysAnother([another]: Uint8Array): boolean {
  return another === 1;
}

/** By their numbers on the wire. */
export const goodbyeReasons: readonly DownReason[] = [
  'closed',
  'hangup',
  'leave',
  'replaced',
  'stopped',
  'protocol',
  'surplus',
];

export function goodbyeOf(reason: DownReason): Uint8Array {
  return Uint8Array.of(Math.max(0, goodbyeReasons.indexOf(reason)));
}

/** A later version's reason counts as the plainest. */
export function goodbyeReason([number = 0]: Uint8Array): DownReason {
  return goodbyeReasons[number] ?? 'closed';
}
