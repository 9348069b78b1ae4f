/** Discovery between kernels: who solicits, who answers, who is dialed, and how islands meet again. */
import { describe, expect, test } from 'vitest';
import { discoveryLimits } from '../../src/features/discovery/core/limits.ts';
import { encodeSolicitation } from '../../src/features/discovery/core/solicitation.ts';
import type { Behavior } from '../../src/kernel/contracts.ts';
import { TestMesh, type TestNode, type TestNodeOptions } from './harness.ts';

/** Nodes n0, n1, ... that find each other by datagram alone. */
function crowd(count: number, options: TestNodeOptions, seed = 1) {
  const mesh = new TestMesh(seed);
  const nodes = Array.from({ length: count }, (_, i) => mesh.add(`n${i}`, options));
  return { mesh, nodes };
}

function solicitationOf({ kernel }: TestNode, wallTimeMs: number): Uint8Array {
  const { id, name, namespace, instance, addresses } = kernel.self;
  const nonce = new Uint8Array(8);
  return encodeSolicitation({
    ...{ name, namespace, instance, addresses, wallTimeMs, nonce },
    ...{ wants: 2, component: id, componentSize: 1 },
  });
}

describe('degree', () => {
  test('nodes of degree 2 find each other by solicitation and form one mesh', () => {
    const { mesh, nodes } = crowd(6, { degree: 2 });
    mesh.run(60_000);
    for (const node of nodes) expect(node.knows()).toHaveLength(5);
  });

  test('a node of degree 0 never solicits, but answers', () => {
    const mesh = new TestMesh();
    const quiet = mesh.add('quiet', { degree: 0 });
    mesh.run(300_000);
    expect(quiet.count('broadcast')).toBe(0);
    mesh.add('seeker', { degree: 1 });
    mesh.run(2000);
    expect(quiet.neighborNames()).toEqual(['seeker']);
  });

  test('met late, when islands too small for it have merged', () => {
    const mesh = new TestMesh();
    const halves = [
      ['a', 'b'],
      ['c', 'd', 'e'],
    ].map((names) => names.map((name) => mesh.add(name, { degree: 3 })));
    mesh.tamper = (bytes, from, to) =>
      halves[0]?.includes(from) === halves[0]?.includes(to) ? bytes : undefined;
    mesh.run(180_000);
    mesh.tamper = (bytes) => bytes;
    while (halves.flat().some((node) => node.knows().length < 4)) mesh.run(100);
    mesh.run(5000);
    for (const node of halves.flat()) expect(node.neighborNames().length).toBeGreaterThanOrEqual(3);
  });

  test('a node that has its links stops soliciting; one that loses a link starts again', () => {
    const mesh = new TestMesh();
    const [a, b] = [mesh.add('a', { degree: 1 }), mesh.add('b', { degree: 1 })] as const;
    mesh.run(2000);
    expect(a.neighborNames()).toEqual(['b']);
    const satisfied = a.count('broadcast');
    mesh.run(14_000);
    expect(a.count('broadcast')).toBe(satisfied);
    b.kill();
    mesh.run(2000);
    expect(a.count('broadcast')).toBeGreaterThan(satisfied);
  });

  test('raised while running looks for more links, lowered to 0 for none', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { degree: 0 });
    mesh.add('b');
    a.command('discovery', 'set-degree', 1);
    mesh.run(2000);
    expect(a.neighborNames()).toEqual(['b']);
    a.command('discovery', 'set-degree', 0);
    const sent = a.count('broadcast');
    a.command('discovery', 'hangup', 'b');
    mesh.run(60_000);
    expect(a.count('broadcast')).toBe(sent);
  });
});

describe('a node that nobody answers', () => {
  test('waits ever longer between solicitations, at most 128 s, and never gives up', () => {
    const mesh = new TestMesh(5);
    const times: number[] = [];
    const lonely = mesh.add('lonely', { degree: 3 });
    let sent = 0;
    for (let at = 0; at < 3000; at++) {
      mesh.run(1000);
      const now = lonely.count('broadcast');
      if (now > sent) times.push(mesh.now);
      sent = now;
    }
    const gaps = times.slice(1).map((at, i) => at - (times[i] as number));
    // Its own beacons come each 30 s besides.
    expect(Math.max(...gaps)).toBeLessThanOrEqual(129_000);
    expect(sent).toBeLessThan(3000 / 30 + 3000 / 20);
    expect(times.at(-1)).toBeGreaterThan(mesh.now - 129_000);
  });
});

describe('namespaces', () => {
  test('keep solicitations apart', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { degree: 2, namespace: 'lab' });
    const b = mesh.add('b', { degree: 2, namespace: 'farm' });
    mesh.run(60_000);
    expect([a.neighborNames(), b.neighborNames()]).toEqual([[], []]);
  });

  test('do not matter to a direct dial, nor to a seed', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { namespace: 'lab' });
    mesh.add('b', { namespace: 'farm' }).dial('a');
    mesh.add('c', { namespace: 'yard', seeds: ['a'] });
    mesh.run(2000);
    expect(a.neighborNames()).toEqual(['b', 'c']);
  });

  test('of nodes that are only known through the mesh keep discovery from dialing them', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { degree: 4, namespace: 'lab', solicit: false });
    mesh.add('b', { namespace: 'farm' });
    mesh.chain('a', 'b', 'c');
    mesh.run(20_000);
    expect(a.knows()).toEqual(['b', 'c']);
    expect(a.neighborNames()).toEqual(['b']);
  });
});

describe('who solicits under a name in use', () => {
  test('is refused within seconds, also where everybody is linked to its bearer', () => {
    const { mesh, nodes } = crowd(4, { degree: 3 });
    mesh.run(10_000);
    for (const node of nodes) expect(node.neighborNames()).toHaveLength(3);
    const late = mesh.add('n1', { degree: 3 }, 'elsewhere');
    mesh.run(3000);
    expect(late.effects.at(-1)).toMatchObject({ type: 'ended', failure: { code: 'SKEIN_NAME_TAKEN' } });
    expect(nodes.map(({ alive }) => alive)).toEqual([true, true, true, true]);
  });

  test('is refused by a bearer that is alone', () => {
    const mesh = new TestMesh();
    const bearer = mesh.add('x', { degree: 1 });
    mesh.run(5000);
    const late = mesh.add('x', { degree: 1 }, 'elsewhere');
    mesh.run(3000);
    expect(late.effects.at(-1)).toMatchObject({ type: 'ended', failure: { code: 'SKEIN_NAME_TAKEN' } });
    expect(bearer.alive).toBe(true);
  });

  test('and is the restarted life of a neighbor that vanished is linked again before its silence is over', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { degree: 1 });
    mesh.add('b', { degree: 1 });
    mesh.run(5000);
    const first = a.kernel.neighbors.values().next().value?.instance;
    mesh.nodes.get('b')?.kill({ silent: true });
    mesh.add('b', { degree: 1 });
    mesh.run(2500);
    expect(a.neighborNames()).toEqual(['b']);
    expect(a.kernel.neighbors.values().next().value?.instance).not.toBe(first);
  });
});

describe('a crowded mesh', () => {
  /** So many nodes that have long been one mesh. */
  function atRest(count: number, seed: number) {
    const mesh = new TestMesh(seed);
    const nodes = Array.from({ length: count }, (_, i) => mesh.add(`n${i}`));
    for (let i = 1; i < count; i++) (nodes[i] as TestNode).dial(`n${Math.floor((i - 1) / 4)}`);
    mesh.run(500 + discoveryLimits.startingMs);
    expect(nodes[0]?.knows()).toHaveLength(count - 1);
    return { mesh, nodes };
  }

  /** How many of a mesh of so many nodes dial a stranger that has solicited once. */
  function answers(count: number, seed: number): number {
    const { mesh, nodes } = atRest(count, seed);
    const dialsBefore = nodes.reduce((sum, node) => sum + node.count('dial'), 0);
    mesh.add('stranger', { degree: 50 });
    // One solicitation, and the time in which it is answered.
    mesh.run(50 + discoveryLimits.answerJitterMs);
    return nodes.reduce((sum, node) => sum + node.count('dial'), 0) - dialsBefore;
  }

  test('of 16 nodes answers with all of them', () => {
    expect(answers(16, 1)).toBe(16);
  });

  test('of more than 16 answers with about one in eight', () => {
    let answered = 0;
    for (let seed = 1; seed <= 12; seed++) answered += answers(32, seed);
    expect(answered / (32 * 12)).toBeGreaterThan(1 / 14);
    expect(answered / (32 * 12)).toBeLessThan(1 / 5);
  });

  test('answers who has asked once, also where only three of twenty heard it', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { mesh, nodes } = atRest(20, seed);
      const stranger = mesh.add('stranger', { degree: 2, solicit: false });
      const bytes = solicitationOf(stranger, mesh.now);
      for (const node of nodes.slice(0, 3)) node.hear(bytes);
      mesh.run(discoveryLimits.reserveWaitMs + discoveryLimits.answerJitterMs + 100);
      expect([seed, stranger.knows().length]).toEqual([seed, 20]);
    }
  });

  test('leaves alone who was heard once and has come in since', () => {
    const { mesh, nodes } = atRest(32, 1);
    const stranger = mesh.add('stranger', { degree: 2, solicit: false });
    const bytes = solicitationOf(stranger, mesh.now);
    for (const node of nodes) node.hear(bytes);
    stranger.dial('n31');
    mesh.run(discoveryLimits.answerJitterMs + 100);
    const dialsBefore = nodes.reduce((sum, node) => sum + node.count('dial'), 0);
    mesh.run(2 * discoveryLimits.reserveKeptMs);
    expect(nodes.reduce((sum, node) => sum + node.count('dial'), 0)).toBe(dialsBefore);
  });

  test('goes on looking for who has gone after it asked for a few seconds only', () => {
    const { mesh, nodes } = atRest(32, 1);
    const stranger = mesh.add('stranger', { degree: 2, solicit: false });
    const bytes = solicitationOf(stranger, mesh.now);
    for (const node of nodes) node.hear(bytes);
    stranger.kill();
    mesh.run(2 * discoveryLimits.reserveKeptMs);
    const dials = nodes.map((node) => node.count('dial'));
    mesh.run(60_000);
    expect(nodes.map((node) => node.count('dial'))).toEqual(dials);
  });
});

describe('seeds', () => {
  test('are tried until they are there, and again after they were lost', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { seeds: ['b'] });
    mesh.run(40_000);
    const b = mesh.add('b');
    mesh.run(discoveryLimits.seedBackoffMsMax);
    expect(a.neighborNames()).toEqual(['b']);
    b.kill();
    mesh.run(5000);
    mesh.add('b');
    mesh.run(discoveryLimits.seedBackoffMsMax);
    expect(a.neighborNames()).toEqual(['b']);
  });

  test('that close a link before they have announced themselves are dialed again', () => {
    const mesh = new TestMesh();
    let closed = 0;
    const shy: Behavior = {
      name: 'shy',
      links: { incomingUp: (agent, { link }) => void (closed++ === 0 && agent.closeLink(link, 'closed')) },
    };
    mesh.add('b', { behaviors: [shy] });
    const a = mesh.add('a', { seeds: ['b'] });
    mesh.run(discoveryLimits.seedBackoffMsMax);
    expect([closed, a.neighborNames()]).toEqual([2, ['b']]);
  });

  test('that are the node itself are dialed again after waits of up to 15 s: the address may become that of another node', () => {
    const mesh = new TestMesh();
    const a = mesh.add('a', { seeds: ['a'] });
    mesh.run(120_000);
    expect(a.count('dial')).toBeGreaterThan(120_000 / 15_000);
    expect(a.count('dial')).toBeLessThan(20);
    const said = a.core.kernel.explain(undefined, mesh.now).map(({ text }) => text);
    expect(said).toContain('seed a: a is this node itself');
    expect(said.join()).not.toContain('refused the link');
  });

  test('are a place to meet and no hub: links that others can do without are closed, and nobody is lost', () => {
    const mesh = new TestMesh();
    const seed = mesh.add('seed', { degree: 3, solicit: false });
    const others = Array.from({ length: 40 }, (_, i) =>
      mesh.add(`n${i}`, { degree: 3, solicit: false, seeds: ['seed'] }),
    );
    mesh.run(3000);
    expect(seed.knows()).toHaveLength(40);
    let lost = 0;
    mesh.tamper = (bytes) => {
      lost += [seed, ...others].filter((node) => node.knows().length < 40).length;
      return bytes;
    };
    mesh.run(60_000);
    expect(seed.neighborNames().length).toBeLessThanOrEqual(discoveryLimits.surplusFromLinks);
    for (const node of [seed, ...others]) expect(node.knows()).toHaveLength(40);
    for (const node of others) expect(node.neighborNames().length).toBeGreaterThanOrEqual(3);
    expect(lost).toBe(0);
  });

  test('keep a link that is the only way of several nodes that have links enough among themselves', () => {
    const mesh = new TestMesh();
    const seed = mesh.add('seed', { degree: 1, solicit: false });
    const pairs = Array.from({ length: 20 }, (_, i) => {
      mesh.add(`b${i}`, { degree: 0, solicit: false });
      return mesh.add(`a${i}`, { degree: 0, solicit: false, seeds: ['seed', `b${i}`] });
    });
    mesh.run(60_000);
    expect(seed.neighborNames()).toHaveLength(pairs.length);
    expect(seed.knows()).toHaveLength(2 * pairs.length);
  });

  test('keep the links of those that have too few without it, also where another way leads to them', () => {
    const mesh = new TestMesh();
    const seed = mesh.add('seed', { degree: 3, solicit: false });
    const count = 10;
    for (let i = 0; i < count; i++) {
      mesh.add(`b${i}`, { degree: 0, solicit: false, seeds: ['seed'] });
      mesh.add(`a${i}`, { degree: 0, solicit: false, seeds: ['seed', `b${i}`] });
    }
    mesh.run(60_000);
    expect(seed.neighborNames()).toHaveLength(2 * count);
  });

  test('keep the links that are the only way, or that their other ends want', () => {
    const mesh = new TestMesh();
    const seed = mesh.add('seed', { degree: 1, solicit: false });
    const leaves = Array.from({ length: 24 }, (_, i) =>
      mesh.add(`n${i}`, { degree: 0, solicit: false, seeds: ['seed'] }),
    );
    mesh.run(60_000);
    expect(seed.neighborNames()).toHaveLength(leaves.length);
  });

  test('given to both ends at once leave one link, and both seeds count as reached', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const mesh = new TestMesh(seed);
      mesh.delay = () => mesh.random.next() * 20;
      const a = mesh.add('a', { seeds: ['b'] });
      const b = mesh.add('b', { seeds: ['a'] });
      mesh.run(30_000);
      const states = [a, b].map((node) => (node.kernel.status().discovery as { seeds: unknown }).seeds);
      expect([seed, a.pipes.size, states]).toMatchObject([
        seed,
        1,
        [[{ state: 'found' }], [{ state: 'found' }]],
      ]);
    }
  });
});

describe('islands', () => {
  test('that were cut apart are one mesh again soon after the cut is over', () => {
    const mesh = new TestMesh(2);
    const options = { degree: 2, solicit: false };
    for (const name of ['a', 'b', 'c', 'd']) mesh.add(name, options);
    const [a, , , d] = mesh.chain('a', 'b', 'c', 'd') as [TestNode, TestNode, TestNode, TestNode];
    mesh.run(5000);
    const west = new Set(['a', 'b']);
    mesh.tamper = (bytes, from, to) => (west.has(from.name) === west.has(to.name) ? bytes : undefined);
    mesh.run(30_000);
    expect([a.knows(), d.knows()]).toEqual([['b'], ['c']]);
    mesh.tamper = (bytes) => bytes;
    mesh.run(30_000);
    expect([a.knows(), d.knows()]).toEqual([
      ['b', 'c', 'd'],
      ['a', 'b', 'c'],
    ]);
  });

  test('that never met and have all their links find each other by beacon', () => {
    const mesh = new TestMesh();
    for (const [x, y] of [
      ['a', 'b'],
      ['c', 'd'],
    ] as const) {
      mesh.add(x, { degree: 1 });
      mesh.add(y, { degree: 1 });
    }
    mesh.nodes.get('a')?.dial('b');
    mesh.nodes.get('c')?.dial('d');
    mesh.run(3 * discoveryLimits.beaconIntervalMs);
    expect((mesh.nodes.get('a') as TestNode).knows()).toEqual(['b', 'c', 'd']);
  });
});

test('a node that crashed and came back at once is dialed again when it solicits', () => {
  const mesh = new TestMesh();
  const a = mesh.add('a');
  mesh.add('b', { degree: 1 });
  mesh.run(1000);
  expect(a.neighborNames()).toEqual(['b']);
  (mesh.nodes.get('b') as TestNode).kill();
  mesh.add('b', { degree: 1 });
  mesh.run(1000);
  expect(a.neighborNames()).toEqual(['b']);
});

test('a link hung up by hand is not made again by discovery for a while', () => {
  const mesh = new TestMesh();
  const a = mesh.add('a', { degree: 1 });
  mesh.add('b', { degree: 1 });
  mesh.run(1000);
  a.command('discovery', 'hangup', 'b');
  mesh.run(discoveryLimits.hangupQuietMs - 1000);
  expect(a.neighborNames()).toEqual([]);
  mesh.run(discoveryLimits.hangupQuietMs);
  expect(a.neighborNames()).toEqual(['b']);
});

test('a node says why it is alone', () => {
  const mesh = new TestMesh();
  mesh.add('other', { degree: 1, namespace: 'farm' });
  const a = mesh.add('a', {
    degree: 2,
    namespace: 'lab',
    seeds: ['nowhere'],
    broadcastTargets: ['10.0.0.255:7077'],
  });
  mesh.run(3000);
  const text = a.kernel
    .explain(undefined, mesh.now)
    .map((finding) => finding.text)
    .join('; ');
  expect(text).toMatch(/\d+ solicitations on 10\.0\.0\.255:7077 unanswered/);
  expect(text).toContain('seed nowhere: nobody at nowhere');
  expect(text).toMatch(
    /other was heard by a solicitation \d\.\d s ago, but it is of namespace farm, not lab/,
  );
  expect(text).toContain('no node of namespace lab heard');
});

test('a node whose addresses have changed announces them and solicits at once, and dials its seeds again', () => {
  const mesh = new TestMesh();
  const a = mesh.add('a', { degree: 1, seeds: ['gone'] });
  const b = mesh.add('b', { degree: 1 });
  mesh.run(60_000);
  const before = { dials: a.count('dial'), broadcasts: a.count('broadcast') };
  a.enter(() => a.core.kernel.readdressed(['10.0.0.9:1'], ['10.0.0.255:7077'], mesh.now));
  mesh.run(200);
  expect(a.count('broadcast')).toBe(before.broadcasts + 1);
  expect(a.count('dial')).toBe(before.dials + 1);
  expect(b.core.records.get(a.core.kernel.self.id)?.addresses).toEqual(['10.0.0.9:1']);
});
