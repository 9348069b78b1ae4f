/**
 * All of meshage, row by row, on real nodes with real sockets. Each row of what skein takes over from
 * meshage has a test named by it here, or stands in the table at the end, which names the test that has it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parse } from '@ts-graphviz/parser';
import { afterEach, describe, expect, test } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import type { Message, SkeinNode, SnoopedMessage } from '../../src/node/node.ts';
import { freeUdpPort } from '../free-ports.ts';
import { addressOf, closeAll, linked, nextEvent, start } from './real-nodes.ts';

afterEach(closeAll);

async function first<Item>(stream: AsyncIterable<Item>): Promise<Item> {
  for await (const item of stream) return item;
  throw new Error('the stream ended');
}

describe('settings', () => {
  test('name, namespace, degree and version are given, and others see them', async () => {
    const given = { namespace: 'lab', degree: 5, version: 'render 7' };
    const a = await start('a', given);
    const b = await start('b');
    await b.dial(await addressOf(a));
    await b.ready({ nodes: ['a'] });
    expect(await a.status()).toMatchObject({
      name: 'a',
      namespace: 'lab',
      settings: { degree: 5 },
      version: 'render 7',
    });
    const seen = (await b.nodes()).find(({ name }) => name === 'a');
    expect(seen).toMatchObject({ namespace: 'lab', version: 'render 7', id: a.id, instance: a.instance });
  });

  test('port: nodes of one port find each other by UDP broadcast, those of another hear nothing', async () => {
    const [here, there] = [await freeUdpPort(), await freeUdpPort()];
    const options = (port: number) => ({ discovery: true, degree: 1, discoveryPort: port, folder: false });
    const [a, b] = [await start('a', options(here)), await start('b', options(here))];
    const c = await start('c', options(there));
    await Promise.all([a, b].map((node) => node.ready({ count: 2, timeoutMs: 10_000 })));
    await expect.poll(async () => (await solicitations(c)).sent, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(await solicitations(c)).toMatchObject({ heard: 0 });
    expect(discoveryLimits.discoveryPort).toBe(7077);
  });

  test('namespace: solicitations of another are heard and not answered', async () => {
    const found = { discovery: true, discoveryPort: await freeUdpPort(), folder: false };
    const a = await start('a', { degree: 1, namespace: 'lab', ...found });
    const b = await start('b', { degree: 1, namespace: 'farm', ...found });
    await expect
      .poll(async () => (await a.explain()).summary, { timeout: 10_000 })
      .toMatch(/b was heard by a solicitation \d+\.\d s ago, but it is of namespace farm, not lab/);
    expect([(await a.status()).nodeCount, (await b.status()).nodeCount]).toEqual([1, 1]);
  });

  test('degree is read and set while running, and is looked for at once', async () => {
    const found = { discovery: true, discoveryPort: await freeUdpPort(), folder: false };
    const [a, b] = [await start('a', found), await start('b', found)];
    expect((await a.status()).settings.degree).toBe(0);
    expect(await a.set({ degree: 1 })).toMatchObject({ degree: 1 });
    await Promise.all([a, b].map((node) => node.ready({ links: 1, timeoutMs: 10_000 })));
    await expect(a.set({ degree: -1 })).rejects.toThrow(/degree: expected a whole number from 0 .*got -1/);
  });

  test('sync period (meshage: MSA period) is 10 s, read and set while running', async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    expect((await a.status()).settings.syncPeriodMs).toBe(10_000);
    const framesOut = async () => (await a.status()).links[0]?.framesOut ?? 0;
    const before = await framesOut();
    expect(await a.set({ syncPeriodMs: 100 })).toMatchObject({ syncPeriodMs: 100 });
    const since = performance.now();
    // A heartbeat a second is all that an idle link carries otherwise.
    await expect.poll(framesOut, { timeout: 10_000, interval: 20 }).toBeGreaterThanOrEqual(before + 6);
    expect(performance.now() - since).toBeLessThan(4000);
    await expect(b.set({ syncPeriodMs: 1 })).rejects.toThrow(
      /syncPeriodMs: expected a whole number of milliseconds from 100/,
    );
  });

  test('the timeout of 10 s and the receive buffer of 1,024 are named defaults', async () => {
    expect(messagingLimits.sendTimeoutMs).toBe(10_000);
    expect(messagingLimits.receiveBufferMessages).toBe(1024);
    const a = await start('a');
    expect((await a.status()).settings.sendTimeoutMs).toBe(messagingLimits.sendTimeoutMs);
    expect((await a.set({ sendTimeoutMs: 2000 })).sendTimeoutMs).toBe(2000);
    expect((await (await start('b', { sendTimeoutMs: 3000 })).status()).settings.sendTimeoutMs).toBe(3000);
  });

  test('the receive buffer is changed per consumer: beyond it senders are told busy', async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    const messages = b.messages({ bufferMessages: 2 });
    await messages.opened;
    expect((await a.send('b', 1)).deliveredCount + (await a.send('b', 2)).deliveredCount).toBe(2);
    await expect(a.send('b', 3, { timeoutMs: 1000 })).rejects.toMatchObject({
      code: 'SKEIN_UNDELIVERED',
      details: { missing: [{ node: 'b', reason: 'busy' }] },
    });
    expect((await first(messages)).body).toBe(1);
  });

  test('a version mismatch only warns, at both ends', async () => {
    const [a, b] = [await start('a', { version: '1.0' }), await start('b', { version: '2.0' })];
    const warnings = [nextEvent(a, 'warning'), nextEvent(b, 'warning')];
    await a.dial(await addressOf(b));
    expect(await Promise.all(warnings)).toEqual([
      { code: 'version', text: 'b runs version 2.0, this node 1.0' },
      { code: 'version', text: 'a runs version 1.0, this node 2.0' },
    ]);
    await a.ready({ nodes: ['b'] });
    expect((await a.send('b', 'hi')).delivered).toEqual(['b']);
  });
});

describe('dial', () => {
  test('ignores the namespace and the degree', async () => {
    const [a, b] = [await start('a', { namespace: 'lab' }), await start('b', { namespace: 'farm' })];
    const address = await addressOf(b);
    expect(await a.dial(address)).toMatchObject({ node: 'b', address, direction: 'outgoing' });
    expect((await a.send('b', 'hi')).delivered).toEqual(['b']);
  });

  test('of oneself, of a neighbor, of a closed port and of a silent one fails with the reason', async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    const silent = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    await expect(a.dial(await addressOf(a))).rejects.toMatchObject({ code: 'SKEIN_SELF' });
    await expect(a.dial(await addressOf(b))).rejects.toMatchObject({ code: 'SKEIN_ALREADY_CONNECTED' });
    await expect(a.dial('127.0.0.1:1')).rejects.toMatchObject({
      code: 'SKEIN_UNREACHABLE',
      message: expect.stringMatching(/127\.0\.0\.1:1.*refused/),
      retryable: true,
    });
    await expect(a.dial(`127.0.0.1:${port}`, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'SKEIN_TIMEOUT',
    });
    silent.close();
  });

  test('hangup closes the link at both ends; without one it is an error', async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    const told = Promise.all([nextEvent(a, 'link:down'), nextEvent(b, 'link:down')]);
    await a.hangup('b');
    expect((await told).map(({ node }) => node)).toEqual(['b', 'a']);
    expect((await b.status()).links).toEqual([]);
    await expect(a.hangup('b')).rejects.toMatchObject({ code: 'SKEIN_NOT_LINKED' });
  });
});

describe('the network', () => {
  test('topology() is the adjacency list of the effective network, oneself always in it', async () => {
    const [a, b] = (await linked(['a', 'b', 'c'], ['a-b', 'b-c'])) as [SkeinNode, SkeinNode];
    const chain = { a: ['b'], b: ['a', 'c'], c: ['b'] };
    await expect.poll(() => a.topology()).toEqual(chain);
    await expect.poll(() => b.topology()).toEqual(chain);
    expect(await (await start('alone')).topology()).toEqual({ alone: [] });
  });

  test('dot() is valid Graphviz: oneself red, others green, each edge once, the total as legend', async () => {
    const links = ['a-b', 'b-c.local', 'c.local-a', 'c.local-D_4'];
    const [a] = (await linked(['a', 'b', 'c.local', 'D_4'], links)) as [SkeinNode];
    await expect.poll(async () => Object.values(await a.topology()).flat().length).toBe(8);
    const dot = await a.dot();
    const graph = parse(dot);
    expect(graph.get('label')).toBe('4 nodes');
    const colors = graph.nodes.map(({ id, attributes }) => [id, attributes.get('fillcolor')]);
    expect(Object.fromEntries(colors)).toEqual({ a: 'red', b: 'green', 'c.local': 'green', D_4: 'green' });
    const edges = graph.edges.map(({ targets }) => (targets as { id: string }[]).map(({ id }) => id));
    expect(edges.map((ends) => ends.toSorted().join('-')).sort()).toEqual(
      links.map((link) => link.split('-').toSorted().join('-')).sort(),
    );
  });

  test('dot() is taken by Graphviz itself, also of a node alone', async ({ skip }) => {
    if (spawnSync('dot', ['-V']).error !== undefined) skip('Graphviz is not installed here');
    const [a] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode];
    const alone = await start('alone', { namespace: 'digraph' });
    for (const [node, count] of [
      [a, 2],
      [alone, 1],
    ] as const) {
      const drawn = execFileSync('dot', ['-Tplain'], { input: await node.dot() }).toString();
      expect(drawn.match(/^node /gm)).toHaveLength(count);
    }
    expect(parse(await alone.dot()).get('label')).toBe('1 node');
  });

  test('a node that becomes unreachable is forgotten, and known as lost where all are asked for', async () => {
    const [a, , c] = (await linked(['a', 'b', 'c'], ['a-b', 'b-c'])) as [SkeinNode, SkeinNode, SkeinNode];
    const down = nextEvent(a, 'node:down');
    await c.close();
    expect(await down).toEqual({ name: 'c', id: c.id, reason: 'left' });
    expect(await a.topology()).toEqual({ a: ['b'], b: ['a'] });
    expect((await a.nodes()).map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await a.nodes({ all: true })).find(({ name }) => name === 'c')).toMatchObject({
      reachable: false,
      hops: undefined,
    });
    await expect(a.route('c')).rejects.toMatchObject({ code: 'SKEIN_NO_ROUTE' });
  });

  test('a route is a shortest path', async () => {
    const ring = await linked(['a', 'b', 'c', 'd', 'e'], ['a-b', 'b-c', 'c-d', 'd-e', 'e-a']);
    const [a, b] = ring as [SkeinNode, SkeinNode];
    await expect.poll(() => a.route('c')).toEqual(['b', 'c']);
    await expect.poll(() => a.route('d')).toEqual(['e', 'd']);
    await expect.poll(() => b.route('d')).toEqual(['c', 'd']);
  });

  test("announce() sends this node's record to its neighbors now", async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    const framesIn = async () => (await b.status()).links[0]?.framesIn ?? 0;
    const before = await framesIn();
    const since = performance.now();
    // Between two heartbeats nothing else is sent: five records are more than a second can bring otherwise.
    for (let i = 1; i <= 5; i++) {
      await a.announce();
      await expect.poll(framesIn, { interval: 2 }).toBeGreaterThanOrEqual(before + i);
    }
    expect(performance.now() - since).toBeLessThan(2000);
  });
});

describe('messages', () => {
  test('go to a set of nodes, or to all: who a broadcast would reach is known before', async () => {
    const [a, ...others] = await linked(['a', 'b', 'c', 'd'], ['a-b', 'b-c', 'c-d']);
    const got = others.map((node) => node.messages<string>()[Symbol.asyncIterator]());
    const set = await a?.send(['b', 'd'], 'to two');
    expect([...(set?.delivered ?? [])].sort()).toEqual(['b', 'd']);
    expect(await a?.recipients()).toEqual(['b', 'c', 'd']);
    const all = await a?.broadcast('to all');
    expect([...(all?.delivered ?? [])].sort()).toEqual(['b', 'c', 'd']);
    const heard = await Promise.all(got.map(async (one) => (await one.next()).value?.body));
    expect(heard).toEqual(['to two', 'to all', 'to two']);
    expect(await (await start('alone')).broadcast('anybody?')).toMatchObject({
      deliveredCount: 0,
      missing: [],
    });
  });

  test('to oneself are refused, also among others', async () => {
    const [a] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode];
    await expect(a.send('a', 'hi')).rejects.toMatchObject({ code: 'SKEIN_SELF' });
    await expect(a.send(['b', 'a'], 'hi')).rejects.toMatchObject({ code: 'SKEIN_SELF' });
  });

  test('carry source, instance, id, command, recipients, route and body, and print as one line', async () => {
    const [a, , c] = (await linked(['a', 'b', 'c'], ['a-b', 'b-c'])) as [SkeinNode, SkeinNode, SkeinNode];
    const messages = c.messages<{ text: string }>();
    await messages.opened;
    const sent = await a.send(['b', 'c'], { text: 'hi' }, { kind: 'greeting', trace: true });
    const message: Message<{ text: string }> = await first(messages);
    expect({
      from: message.from,
      fromId: message.fromId,
      instance: message.instance,
      id: message.id,
      command: message.command,
      kind: message.kind,
      recipients: message.recipients,
      route: message.route,
      body: message.body,
    }).toEqual({
      from: 'a',
      fromId: a.id,
      instance: a.instance,
      id: sent.id,
      command: 'message',
      kind: 'greeting',
      recipients: ['c'],
      route: ['a', 'b', 'c'],
      body: { text: 'hi' },
    });
    expect(String(message)).toBe(`a#${sent.id} -> c [greeting] {"text":"hi"} by a, b, c`);
    expect(JSON.parse(JSON.stringify(message))).toMatchObject({ from: 'a', body: { text: 'hi' } });
  });

  test('record their route only where asked for', async () => {
    const [a, b] = (await linked(['a', 'b'], ['a-b'])) as [SkeinNode, SkeinNode];
    const messages = b.messages();
    await messages.opened;
    await a.send('b', 'hi');
    expect((await first(messages)).route).toBeUndefined();
  });

  test('are grouped by next hop: one copy per link, split only where the ways part', async () => {
    const links = ['a-b', 'b-c', 'b-d', 'b-e'];
    const [a, b] = (await linked(['a', 'b', 'c', 'd', 'e'], links)) as [SkeinNode, SkeinNode];
    const body = new Uint8Array(100_000);
    const snooped = b.snoop();
    await snooped.opened;
    const bytesOut = async () => (await a.status()).links[0]?.bytesOut ?? 0;
    const before = await bytesOut();
    expect((await a.send(['c', 'd', 'e'], body)).deliveredCount).toBe(3);
    const cost = (await bytesOut()) - before;
    expect(cost).toBeGreaterThan(body.length);
    expect(cost).toBeLessThan(1.5 * body.length);
    expect([...(await first(snooped)).recipients].sort()).toEqual(['c', 'd', 'e']);
    for (const { node, bytesOut } of (await b.status()).links) {
      if (node !== 'a') expect(Math.round(bytesOut / body.length)).toBe(1);
    }
  });

  test('snoop sees what is in transit, never what is for this node or from it', async () => {
    const [a, b] = (await linked(['a', 'b', 'c'], ['a-b', 'b-c'])) as [SkeinNode, SkeinNode];
    const seen: SnoopedMessage[] = [];
    const snooped = b.snoop();
    await snooped.opened;
    const looking = (async () => {
      for await (const message of snooped) seen.push(message);
    })();
    await a.send('b', 'for b');
    await b.send('c', 'from b');
    const { id } = await a.send(['b', 'c'], 'for both');
    await a.send('c', 'past b');
    await snooped.close();
    await looking;
    expect(seen.map(({ from, via, recipients, body }) => [from, via, recipients, body])).toEqual([
      ['a', 'a', ['b', 'c'], 'for both'],
      ['a', 'a', ['c'], 'past b'],
    ]);
    expect(String(seen[0])).toBe(`a#${id} -> b,c [message] "for both" by a`);
  });
});

/** Rows that need many nodes or much time: they have their tests in virtual time. */
describe('rows that are tested elsewhere', () => {
  test.each([
    ['solicitation by UDP broadcast', 'e2e/mesh', 'found by UDP alone all see all, and the same network'],
    [
      'its backoff',
      'core/discovery',
      'waits ever longer between solicitations, at most 128 s, and never gives up',
    ],
    ['up to 16 all answer', 'core/discovery', 'of 16 nodes answers with all of them'],
    ['above 16 one in 8 answers', 'core/discovery', 'of more than 16 answers with about one in eight'],
    ['degree 0 never solicits', 'core/discovery', 'a node of degree 0 never solicits, but answers'],
    [
      'the 10 s timeout',
      'core/messaging',
      'a recipient that never answers is missing by timeout, neither sooner nor much later',
    ],
    [
      'the buffer of 1,024',
      'core/messaging',
      'the 1,025th message that nobody takes is answered busy; after a listener came there is room again',
    ],
    [
      'an edge counts if both ends announce it',
      '../src/kernel/routing/link-state',
      'distances are those of a breadth-first search over what both ends claim',
    ],
    [
      'announcements each sync period',
      'core/topology',
      'a record that a flood lost is found by the next digest comparison',
    ],
  ])('%s: %s', (_row, file, name) => {
    const text = readFileSync(fileURLToPath(new URL(`../${file}.test.ts`, import.meta.url)), 'utf8');
    expect(text).toContain(`test('${name}'`);
  });
});

async function solicitations(node: SkeinNode): Promise<{ sent: number; heard: number }> {
  const { features } = await node.status();
  const discovery = features.discovery as { solicitationsSent: number; solicitationsHeard: number };
  return { sent: discovery.solicitationsSent, heard: discovery.solicitationsHeard };
}
