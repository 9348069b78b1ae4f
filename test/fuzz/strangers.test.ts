/**
 * Bad bytes against what a stranger reaches first: sealed datagrams, signed records, keys, proofs, the port of
 * a keyed node and the control socket. Nothing may throw or be believed, and the node answers as before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import { KeyedSeal } from '../../src/host/keys/datagram-seal.ts';
import { KeyRing } from '../../src/host/keys/key-ring.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { Ed25519Signer } from '../../src/host/keys/record-signer.ts';
import { instanceOf } from '../../src/kernel/identity.ts';
import { decodeSigned, encodeAnnouncement, isGenuine } from '../../src/kernel/routing/announcement.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { ControlClient } from '../../src/remote/client.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';
import { discoverySamples } from '../samples/discovery.ts';
import { linkSamples } from '../samples/link.ts';
import { announcement } from '../samples/topology.ts';
import { mutate, mutations, seed, times } from './mutations.ts';

const key = MeshKey.make();
const bytesOf = (text: string) => new TextEncoder().encode(text);
const [hello, solicitation] = [linkSamples, discoverySamples].map(({ samples }) => samples[0]?.bytes) as [
  Uint8Array,
  Uint8Array,
];

describe('mutated', () => {
  test('sealed datagrams are never opened', () => {
    const seal = new KeyedSeal(new KeyRing([key]));
    const sealed = seal.seal(solicitation) as Uint8Array;
    fc.assert(
      fc.property(mutations, (list) => {
        const changed = mutate(sealed, list);
        if (seal.open(changed).outcome === 'opened') expect(Buffer.compare(changed, sealed)).toBe(0);
      }),
      { seed, numRuns: times(3000) },
    );
  });

  test('signed records are genuine only where nothing that counts was changed', () => {
    const signer = new Ed25519Signer();
    const record = { ...announcement, instance: instanceOf(signer.publicKey) };
    const bytes = encodeAnnouncement(record, signer);
    fc.assert(
      fc.property(mutations, (list) => {
        const decoded = decodeSigned(mutate(bytes, list));
        if (decoded === undefined || !isGenuine(decoded, signer)) return;
        expect(decoded.record).toEqual(record);
      }),
      { seed, numRuns: times(2000) },
    );
  });

  test('keys are refused as keys, with an error that does not repeat them', () => {
    fc.assert(
      fc.property(mutations, (list) => {
        const text = Buffer.from(mutate(bytesOf(key.text), list)).toString('latin1');
        try {
          expect(MeshKey.parse(text, 'x').text).toBe(key.text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SKEIN_KEY' });
          expect((error as Error).message).not.toContain(key.text.slice(7, 30));
        }
      }),
      { seed, numRuns: times(3000) },
    );
  });
});

describe('a running node', () => {
  let folder: string;
  let node: LocalNode;
  let peer: SkeinNode;
  let server: ControlServer;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skein-fuzz-'));
    const options = { listen: '127.0.0.1:0', discovery: false, key: key.text } as const;
    node = await createNode({ name: 'a', ...options });
    const [address] = (await node.status()).addresses as [string];
    port = Number(address.split(':').at(-1));
    peer = await createNode({ name: 'b', ...options, connect: [address] });
    server = await serveControl(node, join(folder, 'a.sock'));
    await node.ready({ nodes: ['b'] });
  });
  afterAll(async () => {
    await Promise.all([node.close(), peer.close()]);
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes the bytes, ends, and waits for the end of the connection. */
  function say(target: { path: string } | { port: number; host: string }, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ ...target, allowHalfOpen: true });
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.resume();
      socket.end(bytes);
    });
  }

  const batches = async (count: number, one: (bytes: Uint8Array) => Promise<void>, samples: Uint8Array[]) => {
    const drawn = fc.sample(fc.tuple(fc.constantFrom(...samples), mutations), { seed, numRuns: count });
    const atOnce = 25;
    for (let i = 0; i < drawn.length; i += atOnce)
      await Promise.all(drawn.slice(i, i + atOnce).map(([sample, list]) => one(mutate(sample, list))));
  };

  test('is served as before after mutated openings of TLS and of skein on its port', async () => {
    const clientHello = await new Promise<Buffer>((resolve) => recordClientHello(resolve));
    const samples = [new Uint8Array(clientHello), hello, bytesOf('GET / HTTP/1.1\r\n\r\n')];
    await batches(times(300), (bytes) => say({ port, host: '127.0.0.1' }, bytes), samples);
    expect(await peer.send('a', 'still there')).toMatchObject({ delivered: ['a'] });
    expect((await node.status()).links).toHaveLength(1);
  });

  test('answers on its control socket as before after mutated requests', async () => {
    const body = '{"to":["b"],"body":"x"}';
    const head = `Host: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const samples = ['status', 'send', 'listen', 'set', 'why'].map((name) =>
      bytesOf(`POST /api/v1/${name} HTTP/1.1\r\n${head}`),
    );
    await batches(times(1000), (bytes) => say({ path: server.path }, bytes), samples);
    const client = new ControlClient(server.path);
    expect(await client.call('status', {})).toMatchObject({ name: 'a' });
    client.close();
  });
});

function recordClientHello(resolve: (bytes: Buffer) => void): void {
  void import('node:net').then(({ createServer }) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    }).listen(0, '127.0.0.1', async () => {
      const { connect: connectTls } = await import('node:tls');
      const { port } = server.address() as { port: number };
      connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => undefined);
    });
  });
}
