import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHostedNode, createNode, type HostedNode } from '../../src/host/create-node.ts';
import { requestOf } from '../../src/host/options.ts';
import { preface } from '../../src/kernel/wire/frame.ts';
import type { NodeOptions, SkeinNode } from '../../src/node/node.ts';
import { freeUdpPort } from '../free-ports.ts';

let folder: string;
let udpPort: number;
const running: SkeinNode[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-host-'));
  udpPort = await freeUdpPort();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 0 })));
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string, options: NodeOptions = {}): Promise<SkeinNode> {
  const node = await createNode({ name, discoveryPort: udpPort, folder, ...options });
  running.push(node);
  return node;
}

async function host(name: string, options: NodeOptions = {}): Promise<HostedNode> {
  const hosted = await createHostedNode(requestOf({ name, discoveryPort: udpPort, folder, ...options }));
  running.push(hosted.node);
  return hosted;
}

async function collect(node: SkeinNode): Promise<AsyncIterator<{ from: string; body: unknown }>> {
  const messages = node.messages();
  await messages.opened;
  return messages[Symbol.asyncIterator]();
}

const portOf = (hosted: HostedNode) => Number(hosted.address.split(':').at(-1));

test('many that follow a node are no leak, and nothing is said about them', async () => {
  const node = await start('followed');
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  for (let i = 0; i < 30; i++) node.events.addEventListener('close', () => undefined);
  // Warnings come with the next tick.
  await new Promise(setImmediate);
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

describe('three nodes of one machine', () => {
  test('find each other, exchange messages, and notice when one is gone', async () => {
    const [a, b, c] = [await host('a'), await host('b'), await host('c')];
    // With all three links there is always another way when one node goes.
    await Promise.all([a, b, c].map(({ node }) => node.ready({ count: 3, links: 2, timeoutMs: 10_000 })));
    const [toB, toC] = [await collect(b.node), await collect(c.node)];
    const { delivered, missing } = await a.node.send(['b', 'c'], { text: 'hi' });
    expect([[...delivered].sort(), missing]).toEqual([['b', 'c'], []]);
    expect((await toB.next()).value).toMatchObject({ from: 'a', body: { text: 'hi' } });
    expect((await toC.next()).value).toMatchObject({ from: 'a', body: { text: 'hi' } });

    const gone = new Promise<string>((resolve) => {
      a.node.events.addEventListener('node:down', ({ detail }) => resolve(`${detail.name} ${detail.reason}`));
    });
    c.node.kill();
    expect(await gone).toBe('c lost');
    expect(await a.node.send('b', 1)).toMatchObject({ delivered: ['b'] });
    await expect(a.node.send('c', 1, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'SKEIN_UNDELIVERED',
    });
  });

  test('find each other by UDP alone', async () => {
    const found = { discoveryPort: udpPort, folder: false };
    const nodes = [await start('a', found), await start('b', found), await start('c', found)];
    await Promise.all(nodes.map((node) => node.ready({ count: 3, timeoutMs: 20_000 })));
  });

  test('find each other by the runtime folder alone', async () => {
    const found = { udp: false, folder };
    const nodes = [await start('a', found), await start('b', found), await start('c', found)];
    await Promise.all(nodes.map((node) => node.ready({ count: 3, timeoutMs: 10_000 })));
  });

  test('find each other by seeds alone, and over IPv6', async () => {
    const first = await host('a', { listen: '[::1]:0', udp: false, folder });
    const second = await start('b', { discovery: false, connect: [first.address] });
    await second.ready({ count: 2, timeoutMs: 10_000 });
    expect((await second.status()).links[0]).toMatchObject({ node: 'a', address: first.address });
  });

  test('leave with goodbye, and nothing of them stays', async () => {
    const [a, b] = [await host('a'), await host('b')];
    await a.node.ready({ count: 2 });
    const left = new Promise<string>((resolve) => {
      a.node.events.addEventListener('node:down', ({ detail }) => resolve(detail.reason));
    });
    await b.node.close();
    expect(await left).toBe('left');
    expect(readdirSync(folder)).toEqual(['a.json']);
    const socket = connect(portOf(b), '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a name', () => {
  test('that is chosen and in use on this machine is refused', async () => {
    await start('a');
    await expect(start('a')).rejects.toMatchObject({
      code: 'SKEIN_NAME_TAKEN',
      message: expect.stringContaining(`process ${process.pid}`),
    });
  });

  test('that is not chosen gets a suffix', async () => {
    const options = { discoveryPort: udpPort, folder };
    const first = await createNode(options);
    running.push(first);
    const second = await createNode(options);
    running.push(second);
    expect(second.name).toBe(`${first.name}-2`);
    await second.ready({ count: 2, timeoutMs: 10_000 });
  });

  test('that proves taken elsewhere in the mesh is followed by the entry in the folder', async () => {
    const other = mkdtempSync(join(tmpdir(), 'skein-host-'));
    try {
      const first = await createHostedNode(requestOf({ udp: false, folder: other }));
      running.push(first.node);
      const connected = { udp: false, folder, connect: [first.address] };
      const second = await createHostedNode(requestOf(connected));
      running.push(second.node);
      await second.node.ready({ count: 2, timeoutMs: 10_000 });
      expect(second.node.name).not.toBe(first.node.name);
      expect(second.registration.entry).toMatchObject({
        name: second.node.name,
        instance: second.node.instance,
      });
      expect(readdirSync(folder)).toEqual([`${second.node.name}.json`]);
      // Each feature goes by the kernel that has the new name.
      const came = new Promise((resolve) => first.node.handle(({ from }) => resolve(from)));
      const { delivered } = await second.node.send(first.node.name, 'hello');
      expect(delivered).toEqual([first.node.name]);
      expect(await came).toBe(second.node.name);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  test('is free again after its node was killed', async () => {
    const first = await host('a');
    const second = await start('b');
    await second.ready({ count: 2 });
    first.node.kill();
    const again = await start('a');
    // The old life may still seem to be there: it is the new one that must come.
    const instanceOfA = async () => (await second.nodes()).find((one) => one.name === 'a')?.instance;
    await expect.poll(instanceOfA, { timeout: 5000 }).toBe(again.instance);
    expect(await second.send('a', 1)).toMatchObject({ delivered: ['a'] });
  });
});

describe('a node without a key', () => {
  test.each(['0.0.0.0:0', ':0', '[::]:0', '192.0.2.1:0'])('does not listen on %s', async (listen) => {
    await expect(start('a', { listen })).rejects.toMatchObject({
      code: 'SKEIN_PROTECTED',
      message: expect.stringMatching(/skein key new.*insecure: true \(skein up --insecure\)/),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('listens where a name stands for loopback', async () => {
    expect((await host('a', { listen: 'localhost:0' })).address).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
  });

  test('does not dial elsewhere', async () => {
    const node = await start('a');
    await expect(node.dial('192.0.2.1:7400')).rejects.toMatchObject({ code: 'SKEIN_PROTECTED' });
  });

  test('may do all that with insecure', async () => {
    const { node, address } = await host('a', { insecure: true, listen: '0.0.0.0:0' });
    expect(address).toMatch(/^0\.0\.0\.0:\d+$/);
    for (const told of (await node.status()).addresses)
      expect(told).toMatch(new RegExp(`:${portOf({ address } as HostedNode)}$`));
  });
});

test('a machine without a usable runtime folder costs a warning, and a command an error', async () => {
  const warned: string[] = [];
  const quiet = () => undefined;
  const logger = {
    debug: quiet,
    info: quiet,
    warn: (_: object, text: string) => void warned.push(text),
    error: quiet,
  };
  vi.stubEnv('SKEIN_RUNTIME_DIR', '/dev/null/run');
  try {
    const node = await start('a', { folder: true, logger });
    await node.ready();
    expect(warned).toEqual([expect.stringContaining('/dev/null/run cannot be used')]);
    await expect(host('b', { folder: true })).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
    });
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a port that is taken is said so, and nothing stays behind', async () => {
  const first = await host('a');
  await expect(start('b', { listen: first.address })).rejects.toMatchObject({ code: 'SKEIN_ADDRESS_IN_USE' });
  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('what is advertised is what others are told', async () => {
  const node = await start('a', { advertise: ['203.0.113.5:7400', 'render7:0'], insecure: true });
  const { addresses } = await node.status();
  expect(addresses[0]).toBe('203.0.113.5:7400');
  expect(addresses[1]).toMatch(/^render7:[1-9]\d*$/);
});

describe('what strangers send leaves the node unharmed', () => {
  async function closedAfter(port: number, bytes: Uint8Array): Promise<void> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.on('close', resolve));
  }

  const garbage = (length: number, seed: number) =>
    Uint8Array.from({ length }, (_, i) => (Math.imul(i + seed, 2654435761) >>> 13) & 255);

  test('on its TCP and UDP ports', async () => {
    const [a, b] = [await host('a'), await host('b')];
    await a.node.ready({ count: 2 });
    const port = portOf(a);
    await closedAfter(port, garbage(100_000, 1));
    await closedAfter(port, Uint8Array.of(0x16, 3, 1, 2, 0));
    await closedAfter(port, Uint8Array.of(...preface, ...garbage(100_000, 7)));
    await closedAfter(port, Uint8Array.of(...preface, 0xff, 0xff, 0xff, 0xff));
    const stranger = createSocket('udp4');
    for (const length of [0, 1, 40, 1400, 1401, 9000]) {
      await new Promise((resolve) => stranger.send(garbage(length, length), udpPort, '127.0.0.1', resolve));
    }
    stranger.close();
    expect(a.counters()).toMatchObject({ 'tcp.turnedAway.tls': 1 });
    expect(await b.node.send('a', 'still here')).toMatchObject({ delivered: ['a'] });
  });
});
