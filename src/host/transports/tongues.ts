/**
 * Tells apart what strangers speak by their first bytes, so that one port can serve several protocols.
 *
 * Who calls it: the listener, with the first bytes of each connection. Invariant: the answer depends on
 * the bytes alone; a connection is undecided only while its bytes begin some known greeting.
 */
import { failure } from '../../kernel/errors.ts';
import { ControlType, controlFrame } from '../../kernel/link/control.ts';
import { encodeRefusal } from '../../kernel/link/refusal.ts';
import { preface } from '../../kernel/wire/frame.ts';

export type Tongue = 'skein' | 'tls' | 'nanomsg' | 'http' | 'unknown';

interface Greeting {
  readonly tongue: Tongue;
  readonly bytes: Uint8Array;
}

// PRI opens HTTP/2 without TLS.
const methods = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE', 'PRI'];
const encoder = new TextEncoder();

const greetings: readonly Greeting[] = [
  { tongue: 'skein', bytes: preface },
  // A TLS record of type handshake (RFC 8446, section 5.1).
  { tongue: 'tls', bytes: Uint8Array.of(0x16) },
  // NUL, S, P: the scalability protocols' greeting over TCP.
  { tongue: 'nanomsg', bytes: Uint8Array.of(0x00, 0x53, 0x50) },
  ...methods.map((method): Greeting => ({ tongue: 'http', bytes: encoder.encode(`${method} `) })),
];

/** The tongue, or undefined while more bytes are needed to tell. */
export function tongueOf(head: Uint8Array): Tongue | undefined {
  let possible = false;
  for (const { tongue, bytes } of greetings) {
    const common = Math.min(bytes.length, head.length);
    if (!agree(bytes, head, common)) continue;
    if (common === bytes.length) return tongue;
    possible = true;
  }
  return possible ? undefined : 'unknown';
}

const body =
  'This is a skein port: it speaks the skein wire protocol, not HTTP. Ask the node with `skein status`.\n';

/** What a web client is told before it is shown out. */
export const httpFarewell: Uint8Array = encoder.encode(
  'HTTP/1.1 426 Upgrade Required\r\nUpgrade: skein\r\nConnection: Upgrade, close\r\n' +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);

/** What a node without a key is told by one that has a key: a refusal of its handshake, in its own tongue. */
export const keyFarewell: Uint8Array = Uint8Array.of(
  ...preface,
  ...controlFrame(
    ControlType.refuse,
    encodeRefusal(failure('SKEIN_KEY', 'this mesh has a key, and the dialing node has none')),
  ),
);

function agree(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
