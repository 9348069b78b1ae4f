/** Channels between real processes: big pipes, ends that are killed, links that are cut, readers that stand still. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import type { Channel, PairRequest } from '../../src/features/channels/api.ts';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { freeTcpPorts } from '../free-ports.ts';
import { program, type RunningNode, Site } from './helpers.ts';

const megabyte = 1024 * 1024;
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function twoNodes(): Promise<{ site: Site; a: RunningNode; b: RunningNode }> {
  const site = await Site.open();
  closing.push(() => site.close());
  const [a, b] = await Promise.all([site.up('a'), site.up('b')]);
  for (const [name, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    await (await attachTo(site, name)).ready({ nodes: [other] });
  return { site, a, b };
}

/** Its listener is there once requests do not meet nobody. */
async function isHeard(site: Site, to: string): Promise<void> {
  const client = await attachTo(site, to);
  await expect.poll(() => client.status().then(({ features }) => featureOf(features).accepts)).toBe(true);
}

function featureOf(features: Readonly<Record<string, unknown>>): { accepts: boolean } {
  return features.channel as { accepts: boolean };
}

async function attachTo(site: Site, node: string): Promise<SkeinNode> {
  const before = process.env.SKEIN_RUNTIME_DIR;
  process.env.SKEIN_RUNTIME_DIR = site.environment().SKEIN_RUNTIME_DIR;
  try {
    const client = await attach({ node });
    closing.push(() => client.close());
    return client;
  } finally {
    if (before === undefined) delete process.env.SKEIN_RUNTIME_DIR;
    else process.env.SKEIN_RUNTIME_DIR = before;
  }
}

/** Pseudo-random bytes, so that none can stand for another; as fast as the other end takes them. */
async function pour(into: Writable, byteLength: number): Promise<string> {
  const hash = createHash('sha256');
  const block = Buffer.alloc(megabyte);
  let state = 1;
  for (let written = 0; written < byteLength; written += block.length) {
    for (let at = 0; at < block.length; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      block.writeUInt32LE(state, at);
    }
    hash.update(block);
    if (!into.write(Buffer.from(block))) await once(into, 'drain');
  }
  into.end();
  return hash.digest('hex');
}

async function hashOf(from: Readable): Promise<string> {
  const hash = createHash('sha256');
  from.on('data', (chunk: Buffer) => hash.update(chunk));
  await once(from, 'end');
  return hash.digest('hex');
}

/** `skein pair --listen` whose output is bytes: nobody else reads it, as lines or otherwise. */
function listen(
  site: Site,
  ...flags: string[]
): { process: ChildProcess; read: Promise<string>; exitCode: Promise<number> } {
  const args = [program, 'pair', '--node', 'b', '--listen', ...flags];
  const env = { ...process.env, ...site.environment() };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  closing.push(async () => child.kill('SIGKILL'));
  const exitCode = once(child, 'close').then(([code]) => code as number);
  return { process: child, read: hashOf(child.stdout), exitCode };
}

/** The most that a process has held, in MiB. */
function peakOf({ process: { pid } }: RunningNode): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

test('100 MB from standard input to standard output of another machine: every byte, and little memory', async () => {
  const { site, a, b } = await twoNodes();
  const before = [peakOf(a), peakOf(b)];
  const listener = listen(site);
  await isHeard(site, 'b');
  const sender = site.start('pair', 'b', '--node', 'a');
  const written = await pour(sender.process.stdin as Writable, 100 * megabyte);
  expect(await listener.read).toBe(written);
  expect([(await sender.ended).exitCode, await listener.exitCode]).toEqual([0, 0]);
  expect((await sender.ended).stderr).toBe('');
  // Both windows, what sockets hold, and what waits to be collected.
  expect(Math.max(peakOf(a) - (before[0] as number), peakOf(b) - (before[1] as number))).toBeLessThan(80);
});

test('the reader is stopped in the middle: its node holds a window, and all comes once it goes on', async () => {
  const { site, b } = await twoNodes();
  const listener = listen(site, '--protocol', 'copy');
  await isHeard(site, 'b');
  const a = await attachTo(site, 'a');
  const channel = await a.pair('b', { protocol: 'copy' });
  const before = peakOf(b);
  listener.process.kill('SIGSTOP');
  const pouring = pour(channel, 60 * megabyte);
  await standsStill(channel);
  expect(channel.counters.writtenBytes).toBeLessThan(30 * megabyte);
  expect(peakOf(b) - before).toBeLessThan(60);
  listener.process.kill('SIGCONT');
  expect(await listener.read).toBe(await pouring);
  channel.resume();
  expect(await listener.exitCode).toBe(0);
});

/** Nothing more is acknowledged from one report to a later one. */
async function standsStill(channel: Channel): Promise<void> {
  let before = -1;
  await expect
    .poll(
      () => {
        const { acknowledgedBytes } = channel.counters;
        const isSame = acknowledgedBytes > 0 && acknowledgedBytes === before;
        before = acknowledgedBytes;
        return isSame;
      },
      { interval: 1500, timeout: 30_000 },
    )
    .toBe(true);
}

test('the other node is killed: SKEIN_LOST, and exit code 1', async () => {
  const { site, b } = await twoNodes();
  const listener = site.start('pair', '--node', 'b', '--listen');
  await isHeard(site, 'b');
  const sender = site.start('pair', 'b', '--node', 'a');
  sender.process.stdin?.write('hello\n');
  expect((await listener.lines.next()).value).toBe('hello');
  b.process.kill('SIGKILL');
  const { exitCode, stderr } = await sender.ended;
  expect(exitCode).toBe(1);
  expect(stderr).toContain('(SKEIN_LOST)');
  expect((await listener.ended).exitCode).toBe(1);
});

test('each half ends by itself; Ctrl-C ends both', async () => {
  const { site } = await twoNodes();
  const listener = site.start('pair', '--node', 'b', '--listen');
  await isHeard(site, 'b');
  const sender = site.start('pair', 'b', '--node', 'a');
  sender.process.stdin?.end('question\n');
  expect((await listener.lines.next()).value).toBe('question');
  listener.process.stdin?.end('answer\n');
  expect((await sender.ended).stdout).toBe('answer\n');
  expect([(await sender.ended).exitCode, (await listener.ended).exitCode]).toEqual([0, 0]);

  const waiting = site.start('pair', '--node', 'b', '--listen');
  await isHeard(site, 'b');
  const again = site.start('pair', 'b', '--node', 'a');
  again.process.stdin?.write('x\n');
  expect((await waiting.lines.next()).value).toBe('x');
  again.process.kill('SIGINT');
  expect((await again.ended).exitCode).toBe(0);
  expect((await waiting.ended).stderr).toContain('(SKEIN_LOST)');
});

test('nobody accepts, nobody of that name, oneself: each is one line that says so', async () => {
  const { site } = await twoNodes();
  const refused = await site.run(['pair', 'b', '--node', 'a', '--protocol', 'copy'], { input: '' });
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: 'skein: no program at b accepts channels for protocol copy (SKEIN_REFUSED)\n',
  });
  const unknown = await site.run(['pair', 'zz', '--node', 'a'], { input: '' });
  expect([unknown.exitCode, unknown.stderr]).toEqual([
    1,
    'skein: zz is no node of this mesh, and this node is in no formation (SKEIN_UNKNOWN_NODE)\n',
  ]);
  expect((await site.run(['pair', 'a', '--node', 'a'], { input: '' })).stderr).toContain('(SKEIN_SELF)');
  expect((await site.run(['pair'], { input: '' })).exitCode).toBe(2);
});

test('attached programs have channels as any other: accept, refuse, destroy', async () => {
  const { site } = await twoNodes();
  const [a, b] = [await attachTo(site, 'a'), await attachTo(site, 'b')];
  const requests = b.pairs({ protocol: 'talk' });
  await requests.opened;
  const iterator = requests[Symbol.asyncIterator]();
  const next = async () => (await iterator.next()).value as PairRequest;

  const refused = a.pair('b', { protocol: 'talk' });
  refused.catch(() => {});
  (await next()).refuse('not today');
  await expect(refused).rejects.toThrow('not today');

  const opening = a.pair('b', { protocol: 'talk' });
  const far = (await next()).accept();
  const near = await opening;
  far.on('data', (bytes: Buffer) => far.write(bytes));
  far.on('end', () => far.end());
  near.end('there and back');
  let read = '';
  near.on('data', (bytes: Buffer) => {
    read += String(bytes);
  });
  await Promise.all([once(near, 'close'), once(far, 'close')]);
  expect(read).toBe('there and back');

  const second = a.pair('b', { protocol: 'talk' });
  const other = (await next()).accept();
  const lost = once(other, 'error');
  (await second).destroy();
  expect(((await lost)[0] as { code: string }).code).toBe('SKEIN_LOST');
});

test('a direct link that is cut in the middle loses nothing; the mesh carries on', async () => {
  const relay = await node({ name: 'relay' });
  const addressOf = async (of: SkeinNode) => (await of.status()).addresses[0] as string;
  const toRelay = [await addressOf(relay)];
  const [port] = (await freeTcpPorts(1)) as [number];
  const proxy = new Middlebox(port);
  closing.push(() => proxy.close());
  const far = await node({
    name: 'far',
    connect: toRelay,
    listen: `127.0.0.1:${port}`,
    advertise: [await proxy.listen()],
  });
  const near = await node({ name: 'near', connect: toRelay });
  await Promise.all([near.ready({ nodes: ['far'] }), far.ready({ nodes: ['near'] })]);
  const requests = far.pairs()[Symbol.asyncIterator]();
  const opening = near.pair('far');
  const accepted = ((await requests.next()).value as PairRequest).accept();
  accepted.on('error', () => {});
  const read = hashOf(accepted);
  const channel = await opening;
  channel.on('error', () => {});
  await expect.poll(() => channel.path).toBe('direct');
  const pouring = pour(channel, 100 * megabyte);
  await expect.poll(() => channel.counters.acknowledgedBytes, { interval: 5 }).toBeGreaterThan(5 * megabyte);
  proxy.cut();
  await expect.poll(() => channel.path, { interval: 5 }).toBe('mesh');
  expect(await read).toBe(await pouring);
  if (!channel.writableFinished) await once(channel, 'finish');
  expect(channel.counters.acknowledgedBytes).toBe(100 * megabyte);
});

async function node(options: Parameters<typeof createNode>[0]): Promise<LocalNode> {
  const made = await createNode({ discovery: false, degree: 0, ...options });
  closing.push(() => made.close({ drainMs: 0 }));
  return made as LocalNode;
}

/** Passes connections on, until they are cut. */
class Middlebox {
  private readonly target: number;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(target: number) {
    this.target = target;
    this.server = createServer((near) => {
      const far = connect(this.target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => {});
        from.pipe(to);
        from.once('close', () => to.destroy());
      }
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  /** Nothing passes any more, and nobody new is let in. */
  cut(): void {
    this.server.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
