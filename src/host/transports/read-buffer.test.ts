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
async function pair(isSecure: boolean, before?: Uint8Array) {
  const server = createServer();
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = isSecure
    ? tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    : connect(port, '127.0.0.1');
  open.push(client);
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
  readInto(socket, (read) => {
    bytes.push(...read);
    memory.push(read.buffer);
  });
  socket.resume();
  return { client, socket, bytes, memory };
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

  test('the end of the stream is told after its last bytes', async () => {
    const { client, socket, bytes } = await pair(isSecure);
    const ended = once(socket, 'end').then(() => bytes.length);
    client.end(new Uint8Array(20_000));
    expect(await ended).toBe(20_000);
  });
});
