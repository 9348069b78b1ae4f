/**
 * Limits against strangers and against members that misbehave, on a real `skein up` with a key: what exceeds
 * them is cut off and counted, whoever floods is named, and honest members come and go as before.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { topologyLimits } from '../../src/features/topology/core/limits.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { hostLimits } from '../../src/host/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import { preface } from '../../src/kernel/wire/frame.ts';
import type { NodeStatus } from '../../src/node/node.ts';
import { type RunningNode, Site } from './helpers.ts';
import { sendKeyUpdates } from './key-updates.ts';
import { RogueMember } from './rogue-member.ts';
import { Strangers } from './strangers.ts';

const onLoopback = ['--listen', '127.0.0.1:0'];
const apart = [...onLoopback, '--no-discovery'];
const soon = { timeout: 15_000, interval: 100 };
let site: Site;
let strangers: Strangers;
let key: MeshKey;

beforeEach(async () => {
  site = await Site.open();
  strangers = new Strangers();
  await site.must('key', 'new');
  key = MeshKey.parse(/skein1-\S+/.exec(readFileSync(site.keyPath, 'utf8'))?.[0] as string, 'file');
});
afterEach(async () => {
  strangers.close();
  await site.close();
});

const statusOf = (name: string) => site.json<NodeStatus>('status', '--node', name);
const linksOf = ({ links }: NodeStatus) => links.map(({ node, address }) => `${node} ${address}`);
const counter = async (name: string) => (await statusOf('a')).counters[name] ?? 0;
const cutOff = async () =>
  ((await statusOf('a')).features.topology as { cutOff: { name: string; reason: string; times: number }[] })
    .cutOff;

/** A member comes and says something; what is tried meanwhile does not keep it out. */
async function expectOpenToMembers(a: RunningNode, name = 'honest'): Promise<void> {
  await site.up(name, ...apart, '--connect', a.address);
  await vi.waitFor(async () => expect((await statusOf(name)).links).toHaveLength(1), soon);
  expect(await site.must('send', 'a', 'hello', '--node', name)).toContain('delivered');
}

describe('connections of strangers', () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test('that prove nothing: at most so many of one machine, the oldest makes room', async ({ skip }) => {
    if (outside === undefined) skip('this machine has no address but loopback');
    const a = await site.up('a', '--no-discovery', '--listen', `${outside}:0`);
    const oldest = await strangers.dialTls(a.address);
    for (let i = 1; i < hostLimits.unprovenPerAddressMax; i++) await strangers.dialTls(a.address);
    expect([await counter('tcp.crowded'), oldest.socket.destroyed]).toEqual([0, false]);
    // From the strangers' own machine, as the address says.
    await expectOpenToMembers(a);
    await oldest.closed();
    expect(await counter('tcp.crowded')).toBeGreaterThan(0);
  });

  test('whose hello is larger than it may be are closed before they have sent it', async () => {
    const a = await site.up('a', ...apart);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(limits.helloBytesMax + 1);
    const began = performance.now();
    const large = await strangers.dialTls(a.address);
    large.socket.write(Uint8Array.of(...preface, ...length));
    await large.closed();
    expect(performance.now() - began).toBeLessThan(limits.handshakeTimeoutMs / 2);
    expect(await counter('link.violations')).toBe(1);
    await expectOpenToMembers(a);
  });

  test('that bring more than a handshake takes are closed, also when it is all for TLS itself', async () => {
    const a = await site.up('a', ...apart);
    const [host = '', port] = a.address.split(':');
    const began = performance.now();
    const socket = await sendKeyUpdates(host, Number(port), 10_000);
    if (!socket.destroyed) await once(socket, 'close');
    expect(performance.now() - began).toBeLessThan(limits.handshakeTimeoutMs - 2000);
    expect(await counter('tls.floods')).toBe(1);
    await expectOpenToMembers(a);
  });

  test('that stop within TLS, however many, keep no member out', async () => {
    const a = await site.up('a', ...apart);
    for (let i = 0; i < hostLimits.tlsHandshakesMax + 10; i++)
      strangers.dialPlain(a.address, Uint8Array.of(0x16, 3, 1, 2, 0));
    await vi.waitFor(async () => expect(await counter('tls.refused')).toBe(10), soon);
    await RogueMember.join(a.address, key, 'honest');
    expect(await counter('tls.failed')).toBeLessThan(hostLimits.tlsHandshakesMax);
  });

  test('that stop after TLS, however many, keep no member out', async () => {
    const a = await site.up('a', ...apart);
    const began = performance.now();
    for (let i = 0; i < limits.handshakesMax + 20; i += 20)
      await Promise.all(Array.from({ length: 20 }, () => strangers.dialTls(a.address)));
    await vi.waitFor(async () => expect(await counter('links.refused')).toBeGreaterThan(10), soon);
    await RogueMember.join(a.address, key, 'honest');
    // They had not run out of time yet.
    expect(performance.now() - began).toBeLessThan(limits.handshakeTimeoutMs);
  });

  test('fill no log: so many warnings at once, then one a minute', async () => {
    const a = await site.up('a', ...apart);
    const tries = 2 * limits.strangerWarningsBurst;
    for (let i = 0; i < tries; i++)
      await expect(RogueMember.join(a.address, MeshKey.make(), 'stranger')).rejects.toThrow(
        'another mesh key',
      );
    expect(await counter('links.incoming-failed')).toBe(tries);
    await site.must('down', '--node', 'a');
    const warnings = (await a.ended).stderr.match(/warn refused .* it has another mesh key/g) ?? [];
    expect(warnings.length).toBeGreaterThanOrEqual(limits.strangerWarningsBurst);
    expect(warnings.length).toBeLessThanOrEqual(limits.strangerWarningsBurst + 1);
  });
});

const onLinux = process.platform === 'linux';
if (!onLinux) console.log('skipped: a flood of datagrams: broadcast on loopback is only delivered by Linux');

test.skipIf(!onLinux)(
  'a flood of datagrams is dropped unread beyond so many a second, and why tells it',
  async () => {
    const a = await site.up('a', ...onLoopback);
    const socket = createSocket('udp4').bind(0);
    const junk = new Uint8Array(200).fill(0xf5);
    const say = () => new Promise((resolve) => socket.send(junk, site.discoveryPort, '127.0.0.1', resolve));
    const dropped = 'datagrams were dropped unread: too many came at once';
    let isOver = false;
    const flood = (async () => {
      while (!isOver) {
        await Promise.all(Array.from({ length: 100 }, say));
        // Sends end without the loop's turn: timers and pipes want one.
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      await vi.waitFor(async () => expect(await site.must('why', '--node', 'a')).toContain(dropped), soon);
    } finally {
      isOver = true;
      await flood;
    }
    socket.close();
    await expectOpenToMembers(a);
  },
);

describe('a member', () => {
  test('that floods the mesh with announcements is cut off, and named in status and in the log', async () => {
    const a = await site.up('a', ...apart);
    await expectOpenToMembers(a);
    const rogue = await RogueMember.join(a.address, key, 'rogue');
    const many = topologyLimits.recordsBurst + topologyLimits.excessRecordsBurst + 300;
    rogue.announce(Array.from({ length: many }, (_, i) => rogue.record({ sequence: i + 1 })));
    await rogue.closed();
    expect(await cutOff()).toEqual([{ name: 'rogue', reason: 'it floods the mesh with records', times: 1 }]);
    await expect(RogueMember.join(a.address, key, 'rogue')).rejects.toThrow(
      /rogue was cut off here a moment ago: it floods the mesh/,
    );
    expect(await site.must('send', 'a', 'still here', '--node', 'honest')).toContain('delivered');
    await site.must('down', '--node', 'a');
    expect((await a.ended).stderr).toMatch(/error rogue is cut off: it floods the mesh with records/);
  });

  test('that takes the name and the life of another for its own does not get its link', async () => {
    const a = await site.up('a', ...apart);
    await expectOpenToMembers(a);
    const before = linksOf(await statusOf('a'));
    const { instance } = await statusOf('honest');
    const taking = RogueMember.join(a.address, key, 'honest', undefined, instance);
    await expect(taking).rejects.toThrow(/refused/);
    expect(linksOf(await statusOf('a'))).toEqual(before);
    expect(await site.must('send', 'honest', 'hello', '--node', 'a')).toContain('delivered');
    await site.must('down', '--node', 'a');
  });

  test('that announces in the name of another is not believed, cut off, and named', async () => {
    const a = await site.up('a', ...apart);
    await expectOpenToMembers(a);
    const before = await site.must('mesh', 'show', '--node', 'a');
    const rogue = await RogueMember.join(a.address, key, 'rogue');
    const { instance, id } = await statusOf('honest');
    rogue.announce([rogue.record({ name: 'honest', id, instance, epoch: 9, left: true })]);
    await rogue.closed();
    expect(await cutOff()).toEqual([
      { name: 'rogue', reason: 'it passed on a forged record of honest', times: 1 },
    ]);
    await vi.waitFor(async () => expect(await site.must('mesh', 'show', '--node', 'a')).toBe(before), soon);
    await site.must('down', '--node', 'a');
    expect((await a.ended).stderr).toMatch(/error rogue is cut off: it passed on a forged record of honest/);
  });

  test('that plays old announcements again changes nothing', async () => {
    const a = await site.up('a', ...apart);
    const first = await RogueMember.join(a.address, key, 'first');
    const { id } = await statusOf('a');
    const old = first.record({ links: [id], services: ['old'] });
    first.announce([old]);
    await vi.waitFor(async () => expect((await statusOf('a')).nodeCount).toBe(2), soon);
    first.announce([first.record({ links: [id], services: ['new'], sequence: 2 })]);
    const services = async () =>
      (await site.json<{ name: string; services: string[] }[]>('node', 'ls', '--node', 'a')).find(
        ({ name }) => name === 'first',
      )?.services;
    await vi.waitFor(async () => expect(await services()).toEqual(['new']), soon);
    const second = await RogueMember.join(a.address, key, 'second');
    second.announce([old, old, second.record({ links: [id] })]);
    await vi.waitFor(async () => expect((await statusOf('a')).nodeCount).toBe(3), soon);
    expect(await services()).toEqual(['new']);
    // Whoever has an old one is no forger.
    expect(await cutOff()).toEqual([]);
    for (const member of [first, second]) member.close();
  });

  test('whose record is larger than it may be is not heard with it', async () => {
    const a = await site.up('a', ...apart);
    const rogue = await RogueMember.join(a.address, key, 'rogue');
    const fat = new Map(
      Array.from({ length: 3 }, (_, i) => [`fat${i}`, new Uint8Array(limits.recordBytesMax / 3 + 1)]),
    );
    const good = (await RogueMember.join(a.address, key, 'second')) as RogueMember;
    rogue.announce([rogue.record({ sections: fat, services: ['fat'], links: [(await statusOf('a')).id] })]);
    good.announce([good.record({ links: [(await statusOf('a')).id] })]);
    await vi.waitFor(async () => expect((await statusOf('a')).nodeCount).toBe(2), soon);
    expect(await site.must('node', 'ls', '--node', 'a')).not.toContain('rogue');
    for (const member of [rogue, good]) member.close();
  });
});
