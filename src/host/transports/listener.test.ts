import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { preface } from '../../kernel/wire/frame.ts';
import { hostLimits } from '../limits.ts';
import { Listener } from './listener.ts';
import { tongueOf } from './tongues.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('the tongue of a stream', () => {
  test.each<[string, Uint8Array, ReturnType<typeof tongueOf>]>([
    ['our preface', preface, 'skein'],
    ['our preface and more', Uint8Array.of(...preface, 1, 2, 3), 'skein'],
    ['a TLS record', Uint8Array.of(0x16, 3, 1), 'tls'],
    ['a nanomsg greeting', Uint8Array.of(0, 0x53, 0x50, 0, 0, 16, 0, 0), 'nanomsg'],
    ['a web request', bytesOf('GET / HTTP/1.1\r\n'), 'http'],
    ['HTTP/2 with prior knowledge', bytesOf('PRI * HTTP/2.0\r\n'), 'http'],
    ['another text', bytesOf('EHLO'), 'unknown'],
    ['lower case', bytesOf('get / '), 'unknown'],
    ['a preface with a wrong end', Uint8Array.of(0xf5, 0x53, 0x4b, 0x4f), 'unknown'],
  ])('%s', (_what, bytes, tongue) => {
    expect(tongueOf(bytes)).toBe(tongue);
  });

  test('is undecided while the bytes begin a known greeting', () => {
    for (const begin of [
      new Uint8Array(0),
      preface.subarray(0, 3),
      Uint8Array.of(0),
      bytesOf('P'),
      bytesOf('OPTION'),
    ]) {
      expect(tongueOf(begin)).toBeUndefined();
    }
  });
});

describe('the listener', () => {
  let listener: Listener;
  const sockets: Socket[] = [];
  const streams: { socket: Socket; head: Uint8Array }[] = [];
  let streamed: () => void;

  beforeEach(async () => {
    listener = await Listener.open({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    for (const socket of [...sockets.splice(0), ...streams.splice(0).map((one) => one.socket)])
      socket.destroy();
    await listener.close();
  });

  const start = () =>
    listener.start((socket, head) => {
      streams.push({ socket, head });
      streamed?.();
    });
  const nextStream = () =>
    new Promise<void>((resolve) => {
      streamed = resolve;
    });

  async function dialed(...parts: Uint8Array[]): Promise<Socket> {
    const socket = connect({ ...listener.address, noDelay: true });
    sockets.push(socket);
    await once(socket, 'connect');
    for (const part of parts) socket.write(part);
    return socket;
  }

  async function answerTo(...parts: Uint8Array[]): Promise<string> {
    const socket = await dialed(...parts);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A reset is as good an end as any: unread bytes make the system send one.
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.on('close', resolve));
    return Buffer.concat(chunks).toString();
  }

  test('hands on a stream with every byte that came, however they were cut', async () => {
    start();
    const arrived = nextStream();
    const socket = await dialed();
    for (const byte of preface) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await arrived;
    expect([...(streams[0]?.head ?? [])].slice(0, preface.length)).toEqual([...preface]);
    const rest = once(streams[0]?.socket as Socket, 'data');
    socket.write(bytesOf('and on'));
    expect(String((await rest)[0])).toBe('and on');
    expect(listener.undecidedCount).toBe(0);
  });

  test('hands on what came before its start', async () => {
    await dialed(preface);
    const later = await dialed(preface);
    const gone = await dialed(preface);
    gone.resetAndDestroy();
    await new Promise((resolve) => setImmediate(resolve));
    start();
    while (streams.length < 2) await nextStream();
    expect([...(streams[1]?.head ?? [])]).toEqual([...preface]);
    expect(later.destroyed).toBe(false);
  });

  test('turns others away, counts them, and says to web clients what this is', async () => {
    start();
    expect(await answerTo(bytesOf('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toMatch(
      /^HTTP\/1.1 426 .*skein port/s,
    );
    expect(await answerTo(Uint8Array.of(0x16, 3, 1, 2, 0))).toBe('');
    expect(await answerTo(Uint8Array.of(0, 0x53, 0x50, 0, 0, 16, 0, 0))).toBe('');
    expect(await answerTo(Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7 + 1) & 255))).toBe('');
    expect(listener.counters.turnedAway).toEqual({ skein: 0, http: 1, tls: 1, nanomsg: 1, unknown: 1 });
    expect(streams).toEqual([]);
  });

  test('drops the connection that was silent for longest when there are too many', async () => {
    start();
    const oldest = await dialed();
    const closed = once(oldest, 'close');
    for (let i = 0; i < hostLimits.undecidedMax; i++) await dialed();
    await closed;
    expect(listener.undecidedCount).toBe(hostLimits.undecidedMax);
    const arrived = nextStream();
    await dialed(preface);
    await arrived;
    expect(listener.counters.dropped).toBe(2);
  });

  test('tells so many at once why they are turned away; the oldest makes room', async () => {
    start();
    const count = hostLimits.farewellsMax + 20;
    let most = 0;
    for (let i = 0; i < count; i++) {
      // It neither reads its answer nor closes.
      const socket = connect({ ...listener.address, allowHalfOpen: true }).pause();
      sockets.push(socket.on('error', () => undefined));
      socket.write('GET / HTTP/1.1\r\n\r\n');
    }
    while (listener.counters.turnedAway.http < count) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, listener.leavingCount);
    }
    expect(most).toBe(hostLimits.farewellsMax);
  });

  test('says that an address is taken', async () => {
    await expect(Listener.open(listener.address)).rejects.toMatchObject({
      code: 'SKEIN_ADDRESS_IN_USE',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ is taken .*port/),
    });
  });

  test('says that an address is not of this machine', async () => {
    await expect(Listener.open({ host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'SKEIN_ADDRESS',
      message: 'listen: cannot listen on 192.0.2.1:0: this machine has no such address',
    });
  });
});
