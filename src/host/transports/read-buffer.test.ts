import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, connect as tlsConnect } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeCertificate } from '../keys/certificate.ts';
import { readInto } from './read-buffer.ts';

const open: (Socket | Server)[] = [];

afterEach(() => {
  for (const one of open.splice(0))
    if ('destroy' in one) one.destroy();
    else one.close();
});

/** A connection whose accepted end is read by `readInto`, plain or inside TLS. */
async function pair(isSecure: boolean, before?: Uint8Array, goesOn = true) {
  const server = createServer();
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = isSecure
    ? tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    : connect(port, '127.0.0.1');
  // The other end goes with bytes unread, which resets this one.
  client.on('error', () => undefined);
  open.push(client);
  // A test that destroys the other end resets it.
  client.on('error', () => undefined);
  const [raw] = await accepted;
  open.push(raw);
  let socket = raw;
  if (isSecure) {
    const secureContext = createSecureContext({ ...(await makeCertificate()) });
    socket = new TLSSocket(raw, { isServer: true, secureContext });
    await once(socket, 'secure');
    socket.pause();
  }
  if (before !== undefined) {
    client.write(before);
    socket.pause();
    await vi.waitFor(() => {
      socket.read(0);
      expect(socket.readableLength).toBe(before.length);
    });
  }
  const bytes: number[] = [];
  const memory: ArrayBufferLike[] = [];
  /** How much was read in each turn of the loop. */
  const turns = [0];
  readInto(socket, (read) => {
    bytes.push(...read);
    memory.push(read.buffer);
    if (turns.at(-1) === 0) setImmediate(() => turns.push(0));
    turns[turns.length - 1] = (turns.at(-1) as number) + read.length;
    return goesOn;
  });
  socket.resume();
  return { client, socket, bytes, memory, turns };
}

describe.each([
  ['plain', false],
  ['TLS', true],
])('%s', (_name, isSecure) => {
  test('every read comes in the same memory', async () => {
    const { client, bytes, memory } = await pair(isSecure);
    for (let i = 0; i < 5; i++) {
      client.write(Uint8Array.of(i, i, i));
      await vi.waitFor(() => expect(bytes).toHaveLength(3 * (i + 1)));
    }
    expect(bytes.filter((_, i) => i % 3 === 0)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(memory).size).toBe(1);
    expect(memory[0]?.byteLength).toBe(64 * 1024);
  });

  test('what came before is read first, and a large stream whole and in order', async () => {
    const { client, bytes } = await pair(isSecure, Uint8Array.of(9, 8, 7));
    client.write(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251));
    await vi.waitFor(() => expect(bytes).toHaveLength(300_003));
    expect(bytes.slice(0, 3)).toEqual([9, 8, 7]);
    expect(bytes.slice(3).every((byte, i) => byte === i % 251)).toBe(true);
  });

  test('a reader that has enough gets no more in this turn, and the rest whole and in order', async () => {
    const { client, bytes, turns } = await pair(isSecure, undefined, false);
    client.write(Uint8Array.from({ length: 300_000 }, (_, i) => i % 251));
    await vi.waitFor(() => expect(bytes).toHaveLength(300_000));
    expect(bytes.every((byte, i) => byte === i % 251)).toBe(true);
    // One buffer of the system's, or what TLS had decrypted by then.
    expect(Math.max(...turns)).toBeLessThanOrEqual(64 * 1024);
  });

  test.each([true, false])('the end of the stream is told after its last bytes (%s)', async (goesOn) => {
    const { client, socket, bytes } = await pair(isSecure, undefined, goesOn);
    const ended = once(socket, 'end').then(() => bytes.length);
    client.end(new Uint8Array(200_000));
    expect(await ended).toBe(200_000);
  });

  test('a socket that is destroyed while it is let be stays so', async () => {
    const { client, socket, bytes } = await pair(isSecure, undefined, false);
    client.write(new Uint8Array(300_000));
    await vi.waitFor(() => expect(bytes.length).toBeGreaterThan(0));
    const { length } = bytes;
    socket.destroy();
    await once(socket, 'close');
    await new Promise(setImmediate);
    expect(bytes).toHaveLength(length);
  });
});
