/** The link's own messages: they travel under feature number 0, for the neighbor only. */
import type { DownReason } from '../contracts.ts';
import { encodeFrame, RouteKind } from '../wire/frame.ts';

export const ControlType = { hello: 1, proof: 2, accept: 3, refuse: 4, heartbeat: 5, goodbye: 6 } as const;

export function controlFrame(type: number, payload: Uint8Array): Uint8Array {
  return encodeFrame(
    { kind: RouteKind.link, type, feature: 0, destination: 0, source: 0, sequence: 0, flags: 0, ttl: 1 },
    payload,
  );
}

/** By their numbers on the wire. */
const goodbyeReasons: readonly DownReason[] = [
  'closed',
  'hangup',
  'leave',
  'replaced',
  'stopped',
  'protocol',
];

export function goodbyeOf(reason: DownReason): Uint8Array {
  return Uint8Array.of(Math.max(0, goodbyeReasons.indexOf(reason)));
}

/** A later version's reason counts as the plainest. */
export function goodbyeReason([number = 0]: Uint8Array): DownReason {
  return goodbyeReasons[number] ?? 'closed';
}
