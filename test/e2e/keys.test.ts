/** Nodes with keys, as programs see them: who gets in, what the others are told, and a rotation without a gap. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import { KeyStore } from '../../src/host/keys/key-store.ts';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import type { NodeOptions, SkeinNode } from '../../src/node/node.ts';
import { freeUdpPort } from '../free-ports.ts';

const key = MeshKey.make();
const running: SkeinNode[] = [];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-e2e-keys-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 0 })));
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string, options: NodeOptions): Promise<SkeinNode> {
  const node = await createNode({ name, listen: '127.0.0.1:0', discovery: false, ...options });
  running.push(node);
  return node;
}

const addressOf = async (node: SkeinNode) => (await node.status()).addresses[0] as string;

describe('who gets in', () => {
  test('holders of the key do, and work as ever', async () => {
    const a = await start('a', { key: key.text });
    const b = await start('b', { key: [MeshKey.make().text, key.text].reverse() });
    await b.dial(await addressOf(a));
    const messages = a.messages();
    await messages.opened;
    const body = new Uint8Array(3_000_000).fill(7);
    expect(await b.send('a', body)).toMatchObject({ delivered: ['a'] });
    const { value } = await messages[Symbol.asyncIterator]().next();
    expect(Buffer.compare(value.body as Uint8Array, body)).toBe(0);
  });

  test.each([
    ['another key', { key: MeshKey.make().text }, /has another mesh key; compare both with: skein key show/],
    ['no key', { key: false as const }, /belongs to a mesh with a key, and this node has none/],
  ])('a node with %s does not, and both ends can tell why', async (_what, options, reason) => {
    const a = await start('a', { key: key.text });
    const stranger = await start('stranger', options);
    const refused = stranger.dial(await addressOf(a));
    await expect(refused).rejects.toMatchObject({
      code: 'SKEIN_KEY',
      message: expect.stringMatching(reason),
    });
    await expect(a.dial(await addressOf(stranger))).rejects.toMatchObject({ code: 'SKEIN_KEY' });
    expect((await a.nodes()).map(({ name }) => name)).toEqual(['a']);
  });

  test('a seed with another key is explained by why', async () => {
    const a = await start('a', { key: key.text });
    const seed = await addressOf(a);
    const b = await start('b', { key: MeshKey.make().text, connect: [seed] });
    await vi.waitFor(async () => expect((await b.explain()).summary).toContain('has another mesh key'));
  });
});

describe('why says what the key has to do with it', () => {
  const codes = async (node: SkeinNode, of?: string) =>
    (await node.explain(of)).findings.map(({ code }) => code);

  test('a node without one that it stays on this machine, also of a node that has one', async () => {
    const alone = await start('alone', { key: false });
    expect(await codes(alone)).toContain('no-key');
    expect(await codes(alone, 'kk2')).toContain('no-key');
    expect(await codes(alone, 'alone')).not.toContain('no-key');
    const other = await start('other', { key: false, connect: [await addressOf(alone)] });
    await other.ready({ nodes: ['alone'] });
    expect(await codes(other, 'alone')).not.toContain('no-key');
  });

  test('a node that goes without one, on loopback all the same, that nobody elsewhere reaches it', async () => {
    const open = await start('open', { key: false, insecure: true });
    expect(await codes(open)).toContain('loopback-only');
  });

  test('a node with one that somebody without it came', async () => {
    const a = await start('a', { key: key.text });
    const stranger = await start('stranger', { key: false });
    expect(await codes(a)).not.toContain('links-open');
    await expect(stranger.dial(await addressOf(a))).rejects.toMatchObject({ code: 'SKEIN_KEY' });
    expect(await codes(a)).toContain('links-open');
  });
});

describe('discovery by UDP', () => {
  test('finds holders of the key only, and why tells of the others', async () => {
    const port = await freeUdpPort();
    const found = { discovery: true, discoveryPort: port, folder: false };
    const a = await start('a', { key: key.text, ...found });
    const b = await start('b', { key: [MeshKey.make().text, key.text].reverse(), ...found });
    const other = await start('other', { key: MeshKey.make().text, ...found });
    const open = await start('open', { key: false, ...found });
    await Promise.all([a, b].map((node) => node.ready({ nodes: ['a', 'b'], timeoutMs: 10_000 })));
    const codes = async (node: SkeinNode) => (await node.explain()).findings.map(({ code }) => code);
    await vi.waitFor(
      async () => {
        expect(await codes(other)).toContain('datagrams-other-key');
        expect(await codes(open)).toContain('datagrams-sealed');
        expect(await codes(a)).toEqual(expect.arrayContaining(['datagrams-open', 'datagrams-other-key']));
      },
      { timeout: 10_000 },
    );
    for (const stranger of [other, open]) expect(await stranger.nodes()).toHaveLength(1);
  });
});

describe('protected mode', () => {
  test.each<[string, NodeOptions]>([
    ['listening', { listen: '0.0.0.0:0' }],
    ['dialing', { connect: ['10.0.0.1:7400'] }],
    ['advertising', { advertise: ['10.0.0.1:7400'] }],
  ])('without a key %s anywhere else is refused, and how to go on is told', async (_what, options) => {
    const refused = start('a', { key: false, ...options });
    await expect(refused).rejects.toMatchObject({
      code: 'SKEIN_PROTECTED',
      message: expect.stringMatching(/skein key new.*--insecure/),
    });
  });

  test('with a key a node listens on all interfaces', async () => {
    const node = await createNode({ name: 'a', discovery: false, key: key.text });
    running.push(node);
    const { addresses } = await node.status();
    expect(addresses.length).toBeGreaterThan(0);
    const b = await start('b', { key: key.text });
    await b.dial(`127.0.0.1:${addresses[0]?.split(':').at(-1)}`);
  });

  test.each<[string, NodeOptions, RegExp]>([
    ['insecure and a key', { insecure: true, key: key.text }, /goes without a key, and one is given/],
    ['a key and a file', { key: key.text, keyFile: '/k' }, /give one of key and keyFile/],
    ['an empty list', { key: [] }, /list of 1 to 16/],
    ['no text', { key: 7 as never }, /give a key as text/],
    ['a typo', { key: key.text.slice(0, -1) }, /this is no mesh key/],
    ['a file that is not there', { keyFile: '/nonexistent/keys' }, /there is no key in \/nonexistent\/keys/],
  ])('%s is refused', async (_what, options, problem) => {
    let message = '';
    await start('a', options).catch((error: Error) => {
      message = error.message;
    });
    expect(message).toMatch(problem);
    expect(message).not.toContain(key.text.slice(10, 40));
  });
});

describe('a rotation', () => {
  test('of a running mesh loses no message', async () => {
    const stores = ['a', 'b', 'c'].map((name) => new KeyStore(join(folder, name, 'keys')));
    const [first] = stores as [KeyStore];
    const old = first.make(false);
    for (const store of stores.slice(1)) store.add(old.text, false);
    const [a, b, c] = (await Promise.all(
      stores.map((store, i) => start('abc'[i] as string, { keyFile: store.path })),
    )) as [SkeinNode, SkeinNode, SkeinNode];
    await b.dial(await addressOf(a));
    await c.dial(await addressOf(b));
    await Promise.all([a, b, c].map((node) => node.ready({ count: 3 })));
    let sent = 0;
    let over = false;
    const sending = (async () => {
      while (!over) {
        expect(await a.send('c', sent++)).toMatchObject({ delivered: ['c'] });
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const progress = async (count: number) => {
      const until = sent + count;
      await vi.waitFor(() => expect(sent).toBeGreaterThan(until), 10_000);
    };
    const fresh = first.make(true);
    for (const store of stores.slice(1)) store.add(fresh.text, false);
    await progress(10);
    for (const store of stores) store.use(fresh.id);
    await progress(10);
    for (const store of stores) store.remove(old.id, false);
    await progress(10);
    over = true;
    await sending;
    const late = await start('late', { key: fresh.text });
    await late.dial(await addressOf(a));
    const outdated = await start('outdated', { key: old.text });
    await expect(outdated.dial(await addressOf(a))).rejects.toMatchObject({ code: 'SKEIN_KEY' });
  });
});
