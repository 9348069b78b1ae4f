/** Two living nodes of one name: exactly one ends, and it is the right one, however and whenever they meet. */
import { describe, expect, test } from 'vitest';
import type { Behavior } from '../../src/kernel/contracts.ts';
import { limits } from '../../src/kernel/limits.ts';
import { TestMesh, type TestNode } from './harness.ts';

/** Longer than any argument about a name. */
const settledMs = 5000;

/** @param delayMs Each byte takes up to this long, drawn anew each time. */
function meshOf(seed: number, delayMs = 0): TestMesh {
  const mesh = new TestMesh(seed);
  if (delayMs > 0) mesh.delay = () => mesh.random.below(delayMs);
  return mesh;
}

function endedWith({ effects }: TestNode): string | undefined {
  const end = effects.find(({ type }) => type === 'ended');
  return end?.type === 'ended' ? end.failure?.code : undefined;
}

/** Starts again what was killed, and lets it join by this address. */
function startAgain(mesh: TestMesh, name: string, by: string): TestNode {
  const node = mesh.add(name);
  node.dial(by);
  return node;
}

describe('a newcomer with the name of a node that came back a moment before', () => {
  const gaps = [0, 1, 10, 100, 300, 500, 900, 999, 1001, 2000];

  test.each(gaps)('ends, and the node stays: %i ms after its return', (gapMs) => {
    for (let seed = 1; seed <= 20; seed++) {
      const mesh = meshOf(seed);
      const [, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
      mesh.run(2000);
      c.kill();
      mesh.run(100);
      const back = startAgain(mesh, 'c', 'b');
      mesh.run(50 + gapMs);
      const newcomer = mesh.add('c', {}, 'elsewhere');
      // Of somebody far from the node, and of its neighbor.
      newcomer.dial(seed % 2 === 0 ? 'a' : 'b');
      mesh.run(settledMs);
      expect([seed, back.alive, endedWith(newcomer)]).toEqual([seed, true, 'SKEIN_NAME_TAKEN']);
    }
  });

  test('does not disturb it: nobody is told that the node is down', () => {
    const mesh = meshOf(1);
    const [a, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    c.kill();
    startAgain(mesh, 'c', 'b');
    mesh.run(200);
    const before = a.told('node-down').length;
    mesh.add('c', {}, 'elsewhere').dial('b');
    mesh.run(settledMs);
    expect(a.told('node-down')).toHaveLength(before);
    expect(a.knows()).toEqual(['b', 'c']);
  });
});

describe('of two of one name that start within an instant', () => {
  const seeds = Array.from({ length: 40 }, (_, i) => i + 1);

  /** How many live on, and whether the mesh knows the one. */
  function outcome(mesh: TestMesh, hub: TestNode, twins: readonly TestNode[]) {
    mesh.run(settledMs * 2);
    const living = twins.filter(({ alive }) => alive);
    const known = hub.core.records.get(twins[0]?.id as number);
    return {
      living: living.length,
      isKnown: known?.reachable === true && known.instance === living[0]?.kernel.self.instance,
    };
  }

  test.each([0, 1, 30])(
    'exactly one ends when both dial one node, with up to %i ms on the way',
    (delayMs) => {
      for (const seed of seeds) {
        const mesh = meshOf(seed, delayMs);
        const hub = mesh.add('hub');
        const twins = ['one', 'two'].map((address) => mesh.add('x', { seeds: ['hub'] }, address));
        expect([seed, outcome(mesh, hub, twins)]).toEqual([seed, { living: 1, isKnown: true }]);
      }
    },
  );

  test.each([
    [0, 2],
    [4, 2],
  ])(
    'the older stays, when they dial one node %i and %i ms later and none is in yet',
    (olderAt, youngerAt) => {
      const mesh = new TestMesh();
      mesh.delay = () => 10;
      const hub = mesh.add('hub');
      const older = mesh.add('x', {}, 'older');
      mesh.after(olderAt, () => older.dial('hub'));
      mesh.run(1);
      const younger = mesh.add('x', { seeds: [] }, 'younger');
      mesh.after(youngerAt - 1, () => younger.dial('hub'));
      mesh.run(200);
      expect(hub.core.records.get(older.id)?.instance).toBe(older.kernel.self.instance);
      if (younger.alive) younger.dial('hub');
      mesh.run(settledMs);
      expect([older.alive, endedWith(younger)]).toEqual([true, 'SKEIN_NAME_TAKEN']);
    },
  );

  test('whoever is in first stays, when both waited for the answer of one that had vanished', () => {
    const mesh = new TestMesh();
    mesh.delay = () => 5;
    const [, x] = mesh.chain('hub', 'x') as [TestNode, TestNode];
    mesh.run(1000);
    x.kill({ silent: true });
    const older = mesh.add('x', {}, 'older');
    mesh.run(100);
    const younger = mesh.add('x', {}, 'younger');
    younger.dial('hub');
    mesh.run(50);
    older.dial('hub');
    mesh.run(settledMs);
    expect([younger.alive, endedWith(older)]).toEqual([true, 'SKEIN_NAME_TAKEN']);
  });

  test.each([1, 30])(
    'exactly one ends when each dials another node, with up to %i ms on the way',
    (delayMs) => {
      for (const seed of seeds) {
        const mesh = meshOf(seed, delayMs);
        const [hub] = mesh.chain('a', 'b', 'c', 'd') as [TestNode];
        mesh.run(1000);
        const twins = ['a', 'd'].map((by) => mesh.add('x', { seeds: [by] }, `by ${by}`));
        expect([seed, outcome(mesh, hub, twins)]).toEqual([seed, { living: 1, isKnown: true }]);
      }
    },
  );

  test.each([0, 1, 30])(
    'exactly one ends when one node dials both, with up to %i ms on the way',
    (delayMs) => {
      for (const seed of seeds) {
        const mesh = meshOf(seed, delayMs);
        const twins = ['one', 'two'].map((address) => mesh.add('x', {}, address));
        const hub = mesh.add('hub', { seeds: ['one', 'two'] });
        expect([seed, outcome(mesh, hub, twins)]).toEqual([seed, { living: 1, isKnown: true }]);
      }
    },
  );

  test('a node that dials both, and has not heard of the first yet, asks it before the second takes its link', () => {
    const mesh = new TestMesh();
    mesh.delay = () => 5;
    const ended: [address: string, code: string][] = [];
    const observer: Behavior = {
      name: 'observer',
      links: {
        outgoingUp: (_agent, { address }) => void ended.push([address, 'up']),
        outgoingError: (_agent, { address, failure }) => void ended.push([address, failure.code]),
      },
    };
    const older = mesh.add('x', {}, 'older');
    mesh.run(1);
    mesh.add('x', {}, 'younger');
    const hub = mesh.add('hub', { behaviors: [observer] });
    for (const address of ['older', 'younger']) hub.dial(address);
    mesh.run(50);
    expect(ended).toEqual([
      ['older', 'up'],
      ['younger', 'SKEIN_NAME_TAKEN'],
    ]);
    expect(hub.core.records.get(older.id)?.instance).toBe(older.kernel.self.instance);
  });

  test.each([0, 30])('exactly one ends when they dial each other, with up to %i ms on the way', (delayMs) => {
    for (const seed of seeds) {
      const mesh = meshOf(seed, delayMs);
      const twins = [
        mesh.add('x', { seeds: ['two'] }, 'one'),
        mesh.add('x', { seeds: ['one'] }, 'two'),
      ] as const;
      mesh.run(settledMs);
      const ends = twins.map(endedWith).filter((code) => code === 'SKEIN_NAME_TAKEN');
      expect([seed, ends.length, twins.filter(({ alive }) => alive).length]).toEqual([seed, 1, 1]);
    }
  });
});

test('a dial between two that are both about to end for a third of their name fails with SKEIN_NAME_TAKEN', () => {
  const mesh = new TestMesh();
  const [first] = mesh.chain('x', 'a', 'b') as [TestNode];
  mesh.run(4000);
  const losers = ['second', 'third'].map((address) => {
    const loser = mesh.add('x', {}, address);
    mesh.add(`near-${address}`).dial(address);
    return loser;
  }) as [TestNode, TestNode];
  mesh.run(2000);
  for (const loser of losers) loser.dial('x');
  mesh.run(100);
  const token = losers[0].dial('third');
  mesh.run(100);
  expect(losers[0].answers.get(token)?.failure?.code).toBe('SKEIN_NAME_TAKEN');
  mesh.run(settledMs);
  expect([first, ...losers].map(endedWith)).toEqual([undefined, 'SKEIN_NAME_TAKEN', 'SKEIN_NAME_TAKEN']);
});

describe('when two islands meet', () => {
  /** A chain of so many nodes with the namesake at its head, and its last node. */
  function island(mesh: TestMesh, address: string, nodes: number): { namesake: TestNode; end: string } {
    const namesake = mesh.add('x', {}, address);
    let before = address;
    for (let i = 2; i <= nodes; i++) {
      const name = `${address}${i}`;
      mesh.add(name).dial(before);
      before = name;
    }
    mesh.run(200);
    return { namesake, end: before };
  }

  /** The older's island, the younger's, and who lives on. */
  function meet(seed: number, olderNodes: number, youngerNodes: number): string[] {
    const mesh = meshOf(seed, 5);
    const older = island(mesh, 'old', olderNodes);
    mesh.run(4000);
    const younger = island(mesh, 'young', youngerNodes);
    mesh.run(2000);
    const [from, to] = seed % 2 === 0 ? [older, younger] : [younger, older];
    mesh.nodes.get(from.end)?.dial(to.end);
    mesh.run(settledMs);
    const living = { older: older.namesake, younger: younger.namesake };
    return Object.entries(living).flatMap(([which, { alive }]) => (alive ? [which] : []));
  }

  test.each([
    [3, 3, 'older'],
    [1, 1, 'older'],
    [4, 3, 'older'],
    [3, 4, 'younger'],
    [2, 9, 'younger'],
    [1, 2, 'younger'],
    [2, 1, 'older'],
  ])('of %i nodes with the older namesake and %i with the younger: the %s stays', (older, younger, stays) => {
    for (let seed = 1; seed <= 10; seed++)
      expect([seed, meet(seed, older, younger)]).toEqual([seed, [stays]]);
  });

  test('a namesake that dials the other island itself is judged as any other', () => {
    for (const [older, younger, stays] of [
      [2, 2, [true, false]],
      [2, 4, [false, true]],
    ] as const) {
      const mesh = meshOf(1);
      const one = island(mesh, 'old', older);
      mesh.run(3000);
      const other = island(mesh, 'young', younger);
      mesh.run(2000);
      other.namesake.dial(one.end);
      mesh.run(settledMs);
      expect([one.namesake.alive, other.namesake.alive]).toEqual(stays);
    }
  });

  test('a machine that was cut off does not evict its replacement', () => {
    const mesh = meshOf(1);
    const [a, , x] = mesh.chain('a', 'b', 'x') as [TestNode, TestNode, TestNode];
    mesh.run(5000);
    mesh.tamper = (bytes, from, to) => (from === x || to === x ? undefined : bytes);
    mesh.run(limits.stallToleranceMs * 3);
    expect(a.knows()).toEqual(['b']);
    const replacement = mesh.add('x', {}, 'elsewhere');
    replacement.dial('b');
    mesh.run(2000);
    mesh.tamper = (bytes) => bytes;
    x.dial('a');
    mesh.run(settledMs);
    expect([endedWith(x), replacement.alive, a.knows()]).toEqual(['SKEIN_NAME_TAKEN', true, ['b', 'x']]);
  });
});
