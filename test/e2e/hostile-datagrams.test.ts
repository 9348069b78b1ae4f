/**
 * Datagrams that a real node with a key must not act on: replayed ones, changed ones, those of another mesh or
 * of none, of a clock that is wrong, and too many of them. What was heard is counted, and told by `why`.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { encodeSolicitation } from '../../src/features/discovery/core/solicitation.ts';
import { createNode } from '../../src/host/create-node.ts';
import { KeyedSeal } from '../../src/host/keys/datagram-seal.ts';
import { KeyRing } from '../../src/host/keys/key-ring.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { idOf } from '../../src/kernel/identity.ts';
import type { NodeOptions, SkeinNode } from '../../src/node/node.ts';
import { freeUdpPort } from '../free-ports.ts';
import { Strangers } from './strangers.ts';

interface Discovered {
  readonly solicitationsHeard: number;
  readonly datagramsUnread: Readonly<Record<string, number>>;
}

const key = MeshKey.make();
const loopbackBroadcast = '127.255.255.255';
const onLinux = process.platform === 'linux';
if (!onLinux) console.log(`skipped: datagrams on ${loopbackBroadcast}: only Linux delivers them`);
const running: SkeinNode[] = [];
const sockets: Socket[] = [];
let strangers: Strangers;
let port: number;
let a: SkeinNode;

beforeEach(async () => {
  strangers = new Strangers();
  port = await freeUdpPort();
  a = await start('a', { degree: 0 });
});
afterEach(async () => {
  strangers.close();
  for (const socket of sockets.splice(0)) socket.close();
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 0 })));
});

async function start(name: string, options: NodeOptions = {}): Promise<SkeinNode> {
  const node = await createNode({
    ...{ name, listen: '127.0.0.1:0', key: key.text, discoveryPort: port, folder: false },
    ...options,
  });
  running.push(node);
  return node;
}

/** Somebody on the same wire: hears every broadcast. */
async function listenIn(): Promise<Buffer[]> {
  const heard: Buffer[] = [];
  const socket = createSocket({ type: 'udp4', reuseAddr: true }).on('message', (bytes) => heard.push(bytes));
  sockets.push(socket);
  socket.bind(port);
  await once(socket, 'listening');
  return heard;
}

/** Every socket of the shared port gets it, as from another machine of the subnet. */
async function send(...datagrams: Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4').bind(0);
  sockets.push(socket);
  await once(socket, 'listening');
  socket.setBroadcast(true);
  for (const bytes of datagrams)
    await new Promise((resolve) => socket.send(bytes, port, loopbackBroadcast, resolve));
}

const discovered = async (node: SkeinNode) =>
  (await node.status()).features.discovery as unknown as Discovered;
const unread = async (why: string) => (await discovered(a)).datagramsUnread[why] ?? 0;
const findings = async (node: SkeinNode, missing?: string) =>
  (await node.explain(missing)).findings.map(({ text }) => text).join('\n');

function solicitation(name: string, address: string): Uint8Array {
  return encodeSolicitation({
    ...{ name, namespace: 'default', instance: `${name.padStart(16, '0')}`.replace(/[^0-9a-f]/g, '0') },
    ...{ wants: 1, component: idOf(name), componentSize: 1, wallTimeMs: Date.now() },
    ...{ nonce: new Uint8Array(8), addresses: [address] },
  });
}

const sealed = (bytes: Uint8Array, by = key, clockMs = 0) =>
  new KeyedSeal(new KeyRing([by]), () => Date.now() + clockMs).seal(bytes) as Uint8Array;

/** An address of a stranger that counts who connects. */
async function lure(): Promise<{ address: string; dials: () => number }> {
  let count = 0;
  const address = await strangers.listen(() => count++);
  return { address, dials: () => count };
}

describe.skipIf(!onLinux)('a datagram', () => {
  test('of a member says nothing to whoever listens in, and counts once', async () => {
    const heard = await listenIn();
    const b = await start('b-who-is-here', { degree: 1 });
    await a.ready({ nodes: ['b-who-is-here'], timeoutMs: 10_000 });
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0));
    const address = (await b.status()).addresses[0] as string;
    const recorded = [...heard];
    for (const secret of ['b-who-is-here', 'default', address, key.text])
      for (const bytes of recorded) expect(bytes.includes(secret)).toBe(false);
    await b.close();

    const before = await discovered(a);
    await send(...recorded);
    await vi.waitFor(async () =>
      expect(await unread('replay')).toBe((before.datagramsUnread.replay ?? 0) + recorded.length),
    );
    expect((await discovered(a)).solicitationsHeard).toBe(before.solicitationsHeard);
  });

  test('is answered where a member made it, and not where one bit was changed on the way', async () => {
    const [good, bad] = [await lure(), await lure()];
    const changed = sealed(solicitation('x', bad.address));
    changed[40] = (changed[40] as number) ^ 1;
    await send(changed, sealed(solicitation('y', good.address)));
    await vi.waitFor(() => expect(good.dials()).toBe(1));
    expect([await unread('other-key'), (await discovered(a)).solicitationsHeard]).toEqual([1, 1]);
    expect(bad.dials()).toBe(0);
  });

  test('of a mesh with another key, or without one, is counted, told and not answered', async () => {
    const stranger = await lure();
    await send(
      sealed(solicitation('x', stranger.address), MeshKey.make()),
      solicitation('y', stranger.address),
    );
    await vi.waitFor(async () => expect([await unread('other-key'), await unread('open')]).toEqual([1, 1]));
    const why = await findings(a);
    expect(why).toContain('sealed with another mesh key were heard; compare with: skein key show (once)');
    expect(why).toContain('solicitations of nodes without a key were heard');
    expect((await discovered(a)).solicitationsHeard).toBe(0);
    expect(stranger.dials()).toBe(0);
  });

  test.each([
    ['behind', -130_000],
    ['ahead of', 130_000],
  ])(
    'of a member whose clock is 130 s %s ours is not answered, and why names it',
    async (direction, offsetMs) => {
      const late = await lure();
      await send(sealed(solicitation('late', late.address), key, offsetMs));
      await vi.waitFor(async () =>
        expect(await findings(a, 'late')).toMatch(
          new RegExp(`the clock of late is 1(29|30|31) s ${direction} this machine's.*\\(NTP\\)`),
        ),
      );
      expect(await findings(a)).toContain('the clock of late');
      expect((await discovered(a)).solicitationsHeard).toBe(0);
      expect(late.dials()).toBe(0);
    },
  );

  test('of a member whose clock is 110 s off is answered', async () => {
    const [early, late] = [await lure(), await lure()];
    await send(
      sealed(solicitation('early', early.address), key, 110_000),
      sealed(solicitation('late', late.address), key, -110_000),
    );
    await vi.waitFor(() => expect([early.dials(), late.dials()]).toEqual([1, 1]));
  });

  test('from many at once is answered to a few of them', async () => {
    const crowd = await lure();
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    await send(...names.map((name) => sealed(solicitation(name, crowd.address))));
    await vi.waitFor(async () => expect((await discovered(a)).solicitationsHeard).toBe(names.length));
    await vi.waitFor(() => expect(crowd.dials()).toBeGreaterThan(0));
    // All jitters are over by then.
    await new Promise((resolve) => setTimeout(resolve, 2 * discoveryLimits.answerJitterMs));
    expect(crowd.dials()).toBeLessThanOrEqual(2 * discoveryLimits.dialsScheduledMax);
  });
});
