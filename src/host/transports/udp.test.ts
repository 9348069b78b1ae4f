import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { multicastZones } from '../addresses.ts';
import { Datagrams, multicastGroup } from './udp.ts';

const opened: Datagrams[] = [];
const logged: string[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  logged.length = 0;
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

async function open(port: number, targets: string[], loopbackOnly = true): Promise<Datagrams> {
  const log = (_level: string, text: string) => void logged.push(text);
  const datagrams = await Datagrams.open({ port, targets, loopbackOnly, log });
  if (datagrams === undefined) throw new Error(`no UDP: ${logged}`);
  opened.push(datagrams);
  return datagrams;
}

type Heard = { bytes: Uint8Array; from: string };
const heardBy = (datagrams: Datagrams) =>
  new Promise<Heard>((resolve) => datagrams.start((bytes, from) => resolve({ bytes, from })));

const onLinux = process.platform === 'linux';
if (!onLinux) console.log('skipped: broadcast on 127.255.255.255: only Linux delivers it');

describe.skipIf(!onLinux)('a broadcast on this machine', () => {
  test('reaches every node that shares the port, and is answered to the sender alone', async () => {
    const port = await freePort();
    const targets = [`127.255.255.255:${port}`];
    const [a, b, c] = [await open(port, targets), await open(port, targets), await open(port, targets)];
    const [toA, toB, toC] = [heardBy(a), heardBy(b), heardBy(c)];
    a.broadcast(Uint8Array.of(1, 2, 3));
    const { bytes, from } = await toB;
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(from).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(from).not.toBe(`127.0.0.1:${port}`);
    await Promise.all([toA, toC]);

    const answered = heardBy(a);
    b.send(from, Uint8Array.of(9));
    expect((await answered).bytes).toEqual(Uint8Array.of(9));
    expect(c.counters.received).toBe(1);
  });
});

test('what is too large is counted, neither sent nor heard', async () => {
  const port = await freePort();
  const a = await open(port, [`127.0.0.1:${port}`]);
  a.broadcast(new Uint8Array(1401));
  expect(a.counters).toMatchObject({ tooLarge: 1, sent: 0 });
  const stranger = createSocket('udp4');
  const heard = heardBy(a);
  stranger.send(new Uint8Array(1401), port, '127.0.0.1');
  stranger.send(Uint8Array.of(1), port, '127.0.0.1');
  expect((await heard).bytes).toEqual(Uint8Array.of(1));
  expect(a.counters).toMatchObject({ tooLarge: 2, received: 1 });
  stranger.close();
});

test('a protected node sends nowhere else', async () => {
  const a = await open(await freePort(), ['10.255.255.255:7077']);
  a.broadcast(Uint8Array.of(1));
  a.send('10.0.0.1:7077', Uint8Array.of(1));
  a.send('nonsense', Uint8Array.of(1));
  a.send('[::1]:7077', Uint8Array.of(1));
  a.send('localhost:7077', Uint8Array.of(1));
  expect(a.counters).toMatchObject({ sendErrors: 5, sent: 0 });
});

test('trouble with a target is logged once and harms nobody', async () => {
  const port = await freePort();
  // Class E: no system sends there.
  const a = await open(port, ['255.255.255.254:7077', `127.0.0.1:${port}`], false);
  for (let i = 0; i < 3; i++) {
    const heard = heardBy(a);
    a.broadcast(Uint8Array.of(i));
    expect((await heard).bytes).toEqual(Uint8Array.of(i));
  }
  expect(logged.length).toBeLessThanOrEqual(1);
});

test('a port that another program keeps for itself means no UDP', async () => {
  const owner = createSocket({ type: 'udp4', reuseAddr: false }).bind(0);
  await once(owner, 'listening');
  const log = (_level: string, text: string) => void logged.push(text);
  const port = owner.address().port;
  expect(await Datagrams.open({ port, targets: [], loopbackOnly: true, log })).toBeUndefined();
  expect(logged).toEqual([expect.stringMatching(/^no UDP solicitation on port \d+: .*EADDRINUSE/)]);
  owner.close();
});

const outside = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find((one) => one.family === 'IPv4' && !one.internal);
if (outside === undefined) console.log('skipped: datagrams from elsewhere: no interface but loopback');

test.skipIf(outside === undefined)('a protected node does not hear what comes from elsewhere', async () => {
  const port = await freePort();
  const a = await open(port, []);
  const heard = heardBy(a);
  const stranger = createSocket('udp4').bind(0, outside?.address);
  await once(stranger, 'listening');
  await new Promise((resolve) => stranger.send(Uint8Array.of(1), port, outside?.address, resolve));
  stranger.close();
  const neighbor = createSocket('udp4');
  neighbor.send(Uint8Array.of(2), port, '127.0.0.1');
  expect((await heard).bytes).toEqual(Uint8Array.of(2));
  neighbor.close();
  expect(a.counters).toMatchObject({ foreign: 1, received: 1 });
});

const zone = multicastZones('::')[0];
if (zone === undefined) console.log('skipped: IPv6 multicast: no interface with a link-local address');

test.skipIf(zone === undefined)('the IPv6 group reaches every node that shares the port', async () => {
  const port = await freePort();
  const targets = [`[${multicastGroup}%${zone}]:${port}`];
  const [a, b] = [await open(port, targets, false), await open(port, targets, false)];
  const heard = heardBy(b);
  a.broadcast(Uint8Array.of(6));
  const { bytes, from } = await heard;
  expect(bytes).toEqual(Uint8Array.of(6));
  const answered = heardBy(a);
  b.send(from, Uint8Array.of(7));
  expect((await answered).bytes).toEqual(Uint8Array.of(7));
});
