/**
 * A TLS stream that says nothing but "I change my key" (RFC 8446, section 4.6.3): work for TLS, and not one
 * byte for whoever reads the stream.
 *
 * Used by the tests of limits. It makes the records itself, since no end of TLS does so unasked. Invariant:
 * every record is one that TLS has to take.
 */
import { createCipheriv, createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const suite = 'TLS_AES_128_GCM_SHA256';
const hashBytes = 32;
/** An update that asks for no answer, and the type of a handshake message behind it. */
const update = Uint8Array.of(24, 0, 0, 1, 0, 22);
/** What stands before each record, and is authenticated with it: application data, so many bytes. */
const recordHead = Uint8Array.of(23, 3, 3, 0, update.length + 16);

/** Has shaken hands in TLS and sends so many of them at once; what it sends on. */
export async function sendKeyUpdates(host: string, port: number, count: number): Promise<Socket> {
  const socket = connect({ host, port }).on('error', () => undefined);
  const options = { minVersion: 'TLSv1.3', ciphers: suite, ALPNProtocols: ['skein/1'] } as const;
  const secured = connectTls({ socket, rejectUnauthorized: false, ...options });
  secured.on('error', () => undefined);
  const secret = new Promise<Buffer>((resolve) =>
    secured.on('keylog', (line: Buffer) => {
      const [label, , value = ''] = line.toString().trim().split(' ');
      if (label === 'CLIENT_TRAFFIC_SECRET_0') resolve(Buffer.from(value, 'hex'));
    }),
  );
  await new Promise((resolve) => secured.once('secureConnect', resolve));
  // The last word of the handshake leaves at the end of this turn.
  await new Promise((resolve) => setImmediate(resolve));
  // Below what node:tls knows of: it has sent no record with this key.
  socket.write(updatesFrom(await secret, count));
  return socket;
}

function updatesFrom(first: Buffer, count: number): Buffer {
  const records: Buffer[] = [];
  let secret = first;
  for (let i = 0; i < count; i++) {
    // Each key seals its first record: its nonce is the vector itself.
    const cipher = createCipheriv('aes-128-gcm', expand(secret, 'key', 16), expand(secret, 'iv', 12));
    cipher.setAAD(recordHead);
    records.push(Buffer.from(recordHead), cipher.update(update), cipher.final(), cipher.getAuthTag());
    secret = expand(secret, 'traffic upd', hashBytes);
  }
  return Buffer.concat(records);
}

/** HKDF-Expand-Label without a context (RFC 8446, section 7.1); one block is enough. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const text = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Uint8Array.of(0, length, text.length), text, Uint8Array.of(0, 1)]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}
