import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LinkId } from '../../kernel/contracts.ts';
import type { Failure } from '../../kernel/errors.ts';
import { preface } from '../../kernel/wire/frame.ts';
import { formatAddress } from '../addresses.ts';
import { isSelfConnected } from './dial.ts';
import { Listener } from './listener.ts';
import { TcpTransport, type TransportEvents } from './tcp.ts';

/** One end: a listener and a transport, and what the transport reports. */
class End extends EventEmitter implements TransportEvents {
  readonly transport: TcpTransport;
  readonly listener: Listener;
  readonly chunks = new Map<LinkId, Buffer[]>();
  receivedBytes = 0;
  flushedBytes = 0;
  private lastLink = 1000;

  constructor(listener: Listener, loopbackOnly = true) {
    super();
    this.listener = listener;
    this.transport = new TcpTransport(this, loopbackOnly);
    listener.start((socket, head) => this.transport.accept(socket, head));
  }

  static async open(loopbackOnly = true): Promise<End> {
    return new End(await Listener.open({ host: '127.0.0.1', port: 0 }), loopbackOnly);
  }

  get address(): string {
    return formatAddress(this.listener.address.host, this.listener.address.port);
  }

  accepted(address: string): LinkId {
    this.lastLink++;
    this.emit('accepted', this.lastLink, address);
    return this.lastLink;
  }

  dialed(link: LinkId, address: string): void {
    this.emit('dialed', link, address);
  }

  dialFailed(link: LinkId, failure: Failure): void {
    this.emit('dialFailed', link, failure);
  }

  received(link: LinkId, bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    const chunks = this.chunks.get(link) ?? [];
    if (this.receivedBytes < 1e6) this.chunks.set(link, [...chunks, Buffer.from(bytes)]);
    this.emit('received', link, bytes);
  }

  flushed(link: LinkId, byteLength: number): void {
    this.flushedBytes += byteLength;
    this.emit('flushed', link, byteLength);
  }

  closed(link: LinkId, detail?: string): void {
    this.emit('closed', link, detail);
  }

  text(link: LinkId): string {
    return Buffer.concat(this.chunks.get(link) ?? []).toString('latin1');
  }

  async release(): Promise<void> {
    await Promise.all([this.listener.close(), this.transport.release()]);
  }
}

let left: End;
let right: End;
const hello = Buffer.from(preface).toString('latin1');

beforeEach(async () => {
  left = await End.open();
  right = await End.open();
});
afterEach(async () => {
  await left.release();
  await right.release();
});

const write = (end: End, link: LinkId, ...parts: (string | Uint8Array)[]) => {
  const chunks = parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part));
  const byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  end.transport.write(link, chunks, byteLength);
};

/** A link from left (1) to right (the returned). */
async function linked(): Promise<LinkId> {
  const accepted = once(right, 'accepted');
  const dialed = once(left, 'dialed');
  left.transport.dial(1, right.address, 3000);
  expect((await dialed).slice(0, 2)).toEqual([1, right.address]);
  write(left, 1, hello);
  return (await accepted)[0];
}

async function dialFailure(address: string, timeoutMs = 3000, end = left): Promise<Failure> {
  const failed = once(end, 'dialFailed');
  end.transport.dial(1, address, timeoutMs);
  return (await failed)[1];
}

describe('a link', () => {
  test('carries bytes both ways, the preface included', async () => {
    const link = await linked();
    write(right, link, 'back');
    write(left, 1, ' a', ' b', ' c');
    while (right.text(link).length < hello.length + 6 || left.text(1).length < 4) {
      await Promise.race([once(right, 'received'), once(left, 'received')]);
    }
    expect(right.text(link)).toBe(`${hello} a b c`);
    expect(left.text(1)).toBe('back');
  });

  test('that came over IPv4 to a listener on all interfaces has an IPv4 address', async () => {
    const all = new End(await Listener.open({ host: '', port: 0 }));
    const accepted = once(all, 'accepted');
    left.transport.dial(1, `127.0.0.1:${all.listener.address.port}`, 3000);
    await once(left, 'dialed');
    write(left, 1, hello);
    expect((await accepted)[1]).toMatch(/^127\.0\.0\.1:\d+$/);
    await all.release();
  });

  test('hands on plain arrays, which core may keep', async () => {
    await linked();
    const received = once(right, 'received');
    write(left, 1, 'x');
    expect((await received)[1].constructor).toBe(Uint8Array);
  });

  test('reports every byte of 64 MiB as flushed, one report per write, and delivers it all', async () => {
    await linked();
    const chunk = new Uint8Array(256 * 1024).fill(7);
    const writes = 256;
    let reports = 0;
    left.on('flushed', (_link, bytes) => {
      if (bytes === chunk.length) reports++;
      if (reports < writes) write(left, 1, chunk.subarray(0, 100_000), chunk.subarray(100_000));
    });
    write(left, 1, chunk);
    const total = hello.length + writes * chunk.length;
    while (right.receivedBytes < total) await once(right, 'received');
    while (left.flushedBytes < total) await once(left, 'flushed');
    expect([right.receivedBytes, left.flushedBytes, reports]).toEqual([total, total, writes]);
  });

  test('says nothing of flushing before the system takes the bytes', async () => {
    const link = await linked();
    (right.transport as unknown as { open: Map<LinkId, { socket: Socket }> }).open.get(link)?.socket.pause();
    await new Promise((resolve) => setImmediate(resolve));
    const before = left.flushedBytes;
    write(left, 1, new Uint8Array(64 * 1024 * 1024));
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(left.flushedBytes).toBe(before);
  });

  test('sends what was written before it closes, and the other end hears that it closed', async () => {
    const link = await linked();
    const closed = once(right, 'closed');
    write(left, 1, new Uint8Array(1_000_000));
    left.transport.close(1);
    expect(await closed).toEqual([link, 'the other end closed the connection']);
    expect(right.receivedBytes).toBe(hello.length + 1_000_000);
    expect([left.transport.openCount, right.transport.openCount]).toEqual([0, 0]);
  });

  test('reports nothing after its close, even while the other end goes on sending', async () => {
    const link = await linked();
    left.on('received', () => expect.unreachable('received after close'));
    left.on('closed', () => expect.unreachable('closed after close'));
    const closed = once(right, 'closed');
    left.transport.close(1);
    write(right, link, 'late');
    await closed;
    await left.transport.release();
  });

  test('is dead for the other end at once when its process goes', async () => {
    const link = await linked();
    const closed = once(right, 'closed');
    await left.release();
    expect((await closed)[0]).toBe(link);
  });

  test('ignores writes to links that are gone', async () => {
    await linked();
    const closed = once(left, 'closed');
    await right.release();
    await closed;
    write(left, 1, 'x');
    write(left, 99, 'x');
    left.transport.close(99);
  });
});

describe('a dial', () => {
  let server: Server;
  let port: number;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as { port: number }).port;
  });
  afterEach(() => server.close());

  test('that is refused says so', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await dialFailure(`127.0.0.1:${port}`)).toMatchObject({
      code: 'SKEIN_UNREACHABLE',
      message: expect.stringContaining('refused the connection'),
      details: { reason: 'refused' },
    });
  });

  test('of a name that nobody knows says so', async () => {
    expect(await dialFailure('no-such-name.invalid:7400')).toMatchObject({
      code: 'SKEIN_UNREACHABLE',
      message: expect.stringContaining('the name no-such-name.invalid is not known'),
      details: { reason: 'unknown-name' },
    });
  });

  test('tries all addresses of a name', async () => {
    // localhost is ::1 and 127.0.0.1, in either order; the server listens on one of them.
    const dialed = once(left, 'dialed');
    left.transport.dial(5, `localhost:${port}`, 3000);
    expect((await dialed).slice(0, 2)).toEqual([5, `127.0.0.1:${port}`]);
  });

  test('of what is no address says so', async () => {
    expect(await dialFailure('nowhere')).toMatchObject({ code: 'SKEIN_ADDRESS' });
    expect(await dialFailure('127.0.0.1:0')).toMatchObject({ code: 'SKEIN_ADDRESS' });
  });

  test('of another machine is refused in protected mode', async () => {
    expect(await dialFailure('192.0.2.1:7400')).toMatchObject({
      code: 'SKEIN_PROTECTED',
      message: expect.stringContaining('--insecure'),
    });
  });

  test('without an answer ends in time', async () => {
    const open = await End.open(false);
    // TEST-NET-1 (RFC 5737): routed nowhere, or to a black hole.
    const failure = await dialFailure('192.0.2.1:7400', 50, open);
    expect(['SKEIN_TIMEOUT', 'SKEIN_UNREACHABLE']).toContain(failure.code);
    await open.release();
  });

  test('that connected to itself is told from one that did not', async () => {
    await new Promise((resolve) => server.close(resolve));
    // Dialing the very port one dials from, as the system does by chance in its ephemeral range.
    const self = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.1', localPort: port });
    await once(self, 'connect');
    expect(isSelfConnected(self)).toBe(true);
    self.destroy();
    const { host, port: other } = right.listener.address;
    const honest = connect({ host, port: other });
    await once(honest, 'connect');
    expect(isSelfConnected(honest)).toBe(false);
    honest.destroy();
  });

  test('that was closed meanwhile reports nothing', async () => {
    left.on('dialed', () => expect.unreachable('dialed after close'));
    left.on('dialFailed', () => expect.unreachable('dialFailed after close'));
    left.transport.dial(1, `127.0.0.1:${port}`, 3000);
    left.transport.close(1);
    left.transport.dial(2, 'localhost:1', 3000);
    left.transport.close(2);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await left.transport.release();
  });
});
