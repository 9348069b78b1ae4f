import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LinkId, SecureStage } from '../../kernel/contracts.ts';
import type { Failure } from '../../kernel/errors.ts';
import { preface } from '../../kernel/wire/frame.ts';
import { formatAddress } from '../addresses.ts';
import { type Certificate, makeCertificate } from '../keys/certificate.ts';
import { KeyRing } from '../keys/key-ring.ts';
import { exporterBytes, exporterLabel, LinkProof } from '../keys/link-proof.ts';
import { MeshKey } from '../keys/mesh-key.ts';
import { Ed25519Signer } from '../keys/record-signer.ts';
import { hostLimits } from '../limits.ts';
import { Listener } from './listener.ts';
import { TcpTransport, type TransportEvents } from './tcp.ts';
import { Tls } from './tls.ts';

const key = MeshKey.make();
const certificate: Certificate = await makeCertificate();
const signer = new Ed25519Signer();
const hellos = [Uint8Array.of(1), Uint8Array.of(2)] as const;

/** One end with a key; what its transport reports is kept. */
class End implements TransportEvents {
  readonly stages = new Map<LinkId, LinkProof>();
  readonly chunks: Buffer[] = [];
  readonly closedDetails: (string | undefined)[] = [];
  readonly failures: Failure[] = [];
  readonly ring: KeyRing;
  readonly tls: Tls;
  readonly transport: TcpTransport;
  readonly listener: Listener;

  constructor(listener: Listener, ...keys: MeshKey[]) {
    this.listener = listener;
    this.ring = new KeyRing(keys);
    this.tls = new Tls(this.ring, signer, certificate);
    this.transport = new TcpTransport(this, true, this.tls);
    listener.start((socket, head, proven) => this.transport.accept(socket, head, proven), {
      speaks: 'tls',
    });
  }

  get address(): string {
    return formatAddress(this.listener.address.host, this.listener.address.port);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  accepted(_address: string, stage?: SecureStage): LinkId {
    const link = 1000 + this.stages.size;
    this.stages.set(link, stage as LinkProof);
    return link;
  }

  dialed(link: LinkId, _address: string, stage?: SecureStage): void {
    this.stages.set(link, stage as LinkProof);
  }

  dialFailed(_link: LinkId, failure: Failure): void {
    this.failures.push(failure);
  }

  received(_link: LinkId, bytes: Uint8Array): void {
    this.chunks.push(Buffer.from(bytes));
  }

  flushed(): void {}

  closed(_link: LinkId, detail?: string): void {
    this.closedDetails.push(detail);
  }
}

const ends: End[] = [];
const servers: Server[] = [];
const sockets: Socket[] = [];

async function open(...keys: MeshKey[]): Promise<End> {
  const end = new End(await Listener.open({ host: '127.0.0.1', port: 0 }), ...keys);
  ends.push(end);
  return end;
}

let a: End;
let b: End;

beforeEach(async () => {
  [a, b] = [await open(key), await open(key)];
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(ends.splice(0).flatMap((end) => [end.listener.close(), end.transport.release()]));
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A dial from one to the other; the stages of both ends. */
async function linked(from: End, to: End, address = to.address): Promise<[LinkProof, LinkProof]> {
  from.transport.dial(1, address, 3000);
  await vi.waitFor(() => expect([from.stages.size, to.stages.size]).toEqual([1, 1]));
  return [from.stages.get(1) as LinkProof, to.stages.get(1000) as LinkProof];
}

async function rawTls(to: End, options: object = {}): Promise<TLSSocket> {
  const { host, port } = to.listener.address;
  const socket = connectTls({ host, port, rejectUnauthorized: false, ...options });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('secureConnect', resolve).on('close', resolve));
  return socket;
}

describe('a secured stream', () => {
  test('carries bytes both ways, those that came with the first record included', async () => {
    await linked(a, b);
    a.transport.write(1, [Buffer.from('to b')], 4);
    b.transport.write(1000, [Buffer.from('to '), Buffer.from('a')], 4);
    await vi.waitFor(() => expect([a.text, b.text]).toEqual(['to a', 'to b']));
  });

  test('gives both ends the same exporter: the proof of each holds at the other', async () => {
    const [dialer, listener] = await linked(a, b);
    expect(listener.verify('dialer', ...hellos, dialer.proof('dialer', ...hellos))).toBe(true);
    expect(dialer.verify('listener', ...hellos, listener.proof('listener', ...hellos))).toBe(true);
  });

  test('carries a megabyte once the key is proven', async () => {
    const [dialer, listener] = await linked(a, b);
    expect(listener.verify('dialer', ...hellos, dialer.proof('dialer', ...hellos))).toBe(true);
    a.transport.write(1, [Buffer.alloc(1_000_000, 'x')], 1_000_000);
    await vi.waitFor(() => expect(b.text).toHaveLength(1_000_000));
  });

  test('is TLS 1.3 or nothing', async () => {
    const old = await rawTls(b, { maxVersion: 'TLSv1.2' });
    expect(old.getProtocol()).not.toBe('TLSv1.2');
    await vi.waitFor(() => expect(b.tls.counters.failed).toBe(1));
    expect((await rawTls(b)).getProtocol()).toBe('TLSv1.3');
    await vi.waitFor(() => expect(b.stages.size).toBe(1));
  });
});

describe('somebody in the middle', () => {
  test('with two TLS sessions cannot pass the proof on', async () => {
    const server = createServer(async (socket) => {
      socket.on('error', () => undefined);
      const inner = new TLSSocket(socket, { isServer: true, ...certificate, ALPNProtocols: ['skein/1'] });
      const outer = await rawTls(b, { ALPNProtocols: ['skein/1'] });
      inner.on('error', () => undefined);
      inner.pipe(outer).pipe(inner);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const [dialer, listener] = await linked(a, b, `127.0.0.1:${port}`);
    a.transport.write(1, [Buffer.from('through')], 7);
    await vi.waitFor(() => expect(b.text).toBe('through'));
    expect(listener.verify('dialer', ...hellos, dialer.proof('dialer', ...hellos))).toBe(false);
    a.transport.close(1);
    b.transport.close(1000);
  });

  test('who recorded a session cannot play it again', async () => {
    const recorded: Buffer[] = [];
    const server = createServer((socket) => {
      const { host, port } = b.listener.address;
      const onward = connect({ host, port });
      for (const one of [socket, onward]) one.on('error', () => undefined);
      socket.on('data', (chunk) => recorded.push(Buffer.from(chunk)));
      socket.pipe(onward).pipe(socket);
      sockets.push(socket, onward);
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    await linked(a, b, `127.0.0.1:${(server.address() as { port: number }).port}`);
    a.transport.write(1, [Buffer.from('once')], 4);
    await vi.waitFor(() => expect(b.text).toBe('once'));
    const { host, port } = b.listener.address;
    const again = connect({ host, port });
    sockets.push(again);
    again.on('error', () => undefined);
    again.resume();
    again.write(Buffer.concat(recorded));
    await once(again, 'close');
    expect([b.text, b.stages.size]).toEqual(['once', 1]);
    for (const socket of sockets) socket.destroy();
  });
});

describe('who is let no further', () => {
  test('a node without a key is told so in its own tongue', async () => {
    const { host, port } = b.listener.address;
    const socket = connect({ host, port });
    sockets.push(socket);
    const answer: Buffer[] = [];
    socket.on('data', (chunk) => answer.push(chunk));
    socket.write(preface);
    await once(socket, 'close');
    expect(Buffer.concat(answer).toString('latin1')).toContain('SKEIN_KEY');
    expect(b.listener.counters.turnedAway.skein).toBe(1);
    expect(b.stages.size).toBe(0);
  });

  test('a dial of a port without TLS says what is there', async () => {
    const plain = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    servers.push(plain);
    await once(plain, 'listening');
    a.transport.dial(1, `127.0.0.1:${(plain.address() as { port: number }).port}`, 3000);
    await vi.waitFor(() =>
      expect(a.failures).toMatchObject([
        { code: 'SKEIN_KEY', message: expect.stringMatching(/a node without a key/) },
      ]),
    );
  });

  test('a dial of a port that accepts and says nothing ends in time', async () => {
    const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    servers.push(mute);
    await once(mute, 'listening');
    a.transport.dial(1, `127.0.0.1:${(mute.address() as { port: number }).port}`, 200);
    await vi.waitFor(() => expect(a.failures).toMatchObject([{ code: 'SKEIN_TIMEOUT' }]));
    for (const socket of sockets) socket.destroy();
  });

  test('handshakes that are begun and left: at most so many at once, the oldest makes room', async () => {
    const { host, port } = b.listener.address;
    const begin = () => {
      const socket = connect({ host, port });
      socket.on('error', () => undefined);
      socket.write(Uint8Array.of(0x16, 3, 1, 2, 0));
      sockets.push(socket);
      return socket;
    };
    const first = begin();
    await vi.waitFor(() => expect(b.listener.undecidedCount).toBe(0));
    for (let i = 1; i < hostLimits.tlsHandshakesMax + 3; i++) begin();
    await once(first, 'close');
    await vi.waitFor(() => expect(b.tls.counters.refused).toBe(3));
    // While all places are taken by those that say nothing more, who has the key comes in at once.
    await linked(a, b);
    expect(b.tls.counters.refused).toBe(4);
  });

  test('garbage inside TLS reaches the link, which refuses it; garbage instead of TLS reaches nobody', async () => {
    const { host, port } = b.listener.address;
    const socket = connect({ host, port });
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(Uint8Array.from({ length: 4000 }, (_, i) => (i === 0 ? 0x16 : (i * 7) & 255)));
    await once(socket, 'close');
    expect([b.stages.size, b.tls.counters.failed]).toEqual([0, 1]);
  });
});

describe('one other machine', () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test('has so many connections that have proven nothing, and more once they have', async ({ skip }) => {
    if (outside === undefined) skip('this machine has no address but loopback');
    const wide = new End(await Listener.open({ host: outside as string, port: 0 }), key);
    ends.push(wide);
    const { port } = wide.listener.address;
    const begin = () => {
      const socket = connect({ host: outside as string, port });
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(Uint8Array.of(0x16));
      sockets.push(socket);
    };
    for (let i = 0; i < hostLimits.unprovenPerAddressMax + 2; i++) begin();
    await vi.waitFor(() => expect(wide.listener.counters.crowded).toBe(2));
    await vi.waitFor(() => expect(sockets[0]?.closed).toBe(true));
    for (const socket of sockets.splice(0)) socket.destroy();
    await vi.waitFor(() => expect(wide.tls.counters.failed).toBe(hostLimits.unprovenPerAddressMax + 2));
    // Those that prove themselves do not count: twice as many may stay.
    for (let i = 0; i < 2; i++) {
      const before = wide.stages.size;
      const opened = Array.from({ length: hostLimits.unprovenPerAddressMax }, () =>
        rawTls(wide, { host: outside }),
      );
      await Promise.all(opened);
      await vi.waitFor(() => expect(wide.stages.size).toBe(before + hostLimits.unprovenPerAddressMax));
      for (const stage of wide.stages.values())
        stage.verify('dialer', ...hellos, stage.proof('dialer', ...hellos));
    }
    expect(wide.listener.counters.crowded).toBe(2);
  });
});

test('of many handshakes that begin in one turn each ends another of the oldest', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted: Socket[] = [];
  const all = hostLimits.tlsHandshakesMax + 5;
  server.on('connection', (socket) => accepted.push(socket.on('error', () => undefined)));
  for (let i = 0; i < all; i++) {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket.on('error', () => undefined));
  }
  await vi.waitFor(() => expect(accepted).toHaveLength(all));
  for (const socket of accepted) void b.tls.accept(socket, Uint8Array.of(0x16), () => undefined);
  await vi.waitFor(() => expect(accepted.filter(({ destroyed }) => destroyed)).toHaveLength(5));
  expect(accepted.slice(0, 5).every(({ destroyed }) => destroyed)).toBe(true);
  for (const socket of accepted) socket.destroy();
  server.close();
});

describe('a key that is removed', () => {
  test('takes the links with it that were proven by it, and no others', async () => {
    const other = MeshKey.make();
    const rotating = await open(other, key);
    const [dialer, listener] = await linked(a, rotating);
    listener.verify('dialer', ...hellos, dialer.proof('dialer', ...hellos));
    expect(listener.provenBy?.id).toBe(key.id);
    rotating.ring.replace([key, other]);
    expect(rotating.closedDetails).toEqual([]);
    rotating.ring.replace([other]);
    await vi.waitFor(() =>
      expect(rotating.closedDetails).toEqual(['the key that it was proven with was removed']),
    );
    await vi.waitFor(() => expect(a.closedDetails).toHaveLength(1));
  });

  test('takes them one after the other, and no more of them when it is back', async () => {
    const other = MeshKey.make();
    const rotating = await open(other, key);
    for (let i = 0; i < 4; i++) {
      const dialer = await rawTls(rotating);
      await vi.waitFor(() => expect(rotating.stages.size).toBe(i + 1));
      const exporter = dialer.exportKeyingMaterial(exporterBytes, exporterLabel, Buffer.alloc(0));
      const proof = new LinkProof({ ring: new KeyRing([key]), exporter, signer }).proof('dialer', ...hellos);
      expect(rotating.stages.get(1000 + i)?.verify('dialer', ...hellos, proof)).toBe(true);
    }
    const begun = performance.now();
    rotating.ring.replace([other]);
    await vi.waitFor(() => expect(rotating.closedDetails).toHaveLength(1));
    await vi.waitFor(() => expect(rotating.closedDetails).toHaveLength(2), 3 * hostLimits.keyCutGapMs);
    expect(performance.now() - begun).toBeGreaterThan(hostLimits.keyCutGapMs / 2);
    rotating.ring.replace([other, key]);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * hostLimits.keyCutGapMs));
    expect(rotating.closedDetails).toHaveLength(2);
    // Nobody is to be let in any more: at once.
    rotating.ring.replace([]);
    await vi.waitFor(() => expect(rotating.closedDetails).toHaveLength(4));
  });

  test('was the last: nothing is dialed any more, and the reason is told', async () => {
    a.ring.replace([]);
    a.transport.dial(1, b.address, 3000);
    await vi.waitFor(() =>
      expect(a.failures).toMatchObject([
        { code: 'SKEIN_KEY', message: expect.stringMatching(/skein key add/) },
      ]),
    );
  });
});
