/** Topology between kernels: who is known, who left, whose name it is, and floods that come too fast. */

import { describe, expect, test } from 'vitest';
import { topologyLimits } from '../../src/features/topology/core/limits.ts';
import { topology } from '../../src/features/topology/feature.ts';
import type { Behavior, BehaviorAgent } from '../../src/kernel/contracts.ts';
import { TestMesh, type TestNode } from './harness.ts';

test('all nodes know the same effective network, oneself in it', () => {
  const mesh = new TestMesh();
  const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
  for (const node of [a, b, c]) {
    const token = node.command('topology', 'adjacency');
    expect(node.answers.get(token)?.value).toEqual({ a: ['b'], b: ['a', 'c'], c: ['b'] });
  }
  const token = a.command('topology', 'route', 'c');
  expect(a.answers.get(token)?.value).toEqual(['b', 'c']);
});

test('a node alone is in its own topology', () => {
  const a = new TestMesh().add('a');
  expect(a.answers.get(a.command('topology', 'adjacency'))?.value).toEqual({ a: [] });
});

describe('a route', () => {
  test('to a node never heard of is SKEIN_UNKNOWN_NODE, to one out of reach SKEIN_NO_ROUTE', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    const code = (node: string) => a.answers.get(a.command('topology', 'route', node))?.failure?.code;
    expect(code('nobody')).toBe('SKEIN_UNKNOWN_NODE');
    b.kill();
    mesh.run(100);
    expect(code('b')).toBe('SKEIN_NO_ROUTE');
  });
});

describe('a node that goes', () => {
  test('is told to all as left when it says goodbye', () => {
    const mesh = new TestMesh();
    const [a, b, , d] = mesh.chain('a', 'b', 'c', 'd') as [TestNode, TestNode, TestNode, TestNode];
    d.stop();
    mesh.run(100);
    for (const node of [a, b]) {
      expect(node.knows()).not.toContain('d');
      expect(node.told('node-down')).toMatchObject([{ reason: 'left', node: { name: 'd' } }]);
    }
    expect(d.count('ended')).toBe(1);
  });

  test('is told as left though its record was about to change', () => {
    const mesh = new TestMesh();
    let agent: BehaviorAgent | undefined;
    const busy: Behavior = {
      name: 'busy',
      lifecycle: {
        started(given) {
          agent = given;
        },
      },
    };
    const [a] = mesh.chain('a', 'b') as [TestNode, TestNode];
    const c = mesh.add('c', { behaviors: [busy] });
    mesh.chain('b', 'c');
    c.enter(() => {
      agent?.offerService('late');
      c.kernel.stop(mesh.now);
    });
    mesh.run(2000);
    expect(a.told('node-down')).toMatchObject([{ reason: 'left', node: { name: 'c' } }]);
  });

  test('is told as lost when it crashes, at once where its socket closes', () => {
    const mesh = new TestMesh();
    const [a, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    c.kill();
    mesh.run(100);
    expect(a.told('node-down')).toMatchObject([{ reason: 'lost', node: { name: 'c' } }]);
  });

  test('is back within a second when it starts again with its name', () => {
    const mesh = new TestMesh();
    const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    c.kill();
    mesh.run(50);
    const again = mesh.add('c');
    again.dial('b');
    mesh.run(1000);
    expect(a.knows()).toEqual(['b', 'c']);
    expect(a.core.records.get(c.id)?.instance).toBe(again.kernel.self.instance);
    expect(b.neighborNames()).toEqual(['a', 'c']);
  });

  test('that is closing asks to be woken in the future only', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    a.pipeTo(b).stuck = true;
    let wakes = 0;
    const { wake } = a;
    a.wake = () => {
      wakes++;
      wake.call(a);
    };
    a.stop();
    mesh.run(3000);
    expect(a.count('ended')).toBe(1);
    expect(wakes).toBeLessThan(20);
  });
});

describe('a name in use', () => {
  test('by a living node is refused to the newcomer, which ends; the living one stays', () => {
    const mesh = new TestMesh();
    const [a, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    mesh.run(5000);
    const late = mesh.add('c', {}, 'elsewhere');
    late.dial('a');
    mesh.run(3000);
    expect(late.effects.at(-1)).toMatchObject({ type: 'ended', failure: { code: 'SKEIN_NAME_TAKEN' } });
    expect([c.alive, a.knows()]).toEqual([true, ['b', 'c']]);
  });

  test('that only shares the id of another is refused as a collision, and both go on', () => {
    const mesh = new TestMesh();
    const [a, b] = [mesh.add('n9bn8g'), mesh.add('nglouz')] as const;
    const token = b.dial('n9bn8g');
    mesh.run(3000);
    expect(b.answers.get(token)?.failure?.code).toBe('SKEIN_ID_COLLISION');
    expect([a.alive, b.alive]).toEqual([true, true]);
  });

  test('is refused too when the newcomer dials its owner', () => {
    const mesh = new TestMesh();
    const owner = mesh.add('x');
    mesh.run(5000);
    const late = mesh.add('x', {}, 'elsewhere');
    late.dial('x');
    mesh.run(3000);
    expect(late.effects.at(-1)).toMatchObject({ type: 'ended', failure: { code: 'SKEIN_NAME_TAKEN' } });
    expect(owner.alive).toBe(true);
  });

  test('by a black-holed node is taken over after a probe, with a higher epoch', () => {
    const mesh = new TestMesh();
    const [a, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    c.kill({ silent: true });
    const again = mesh.add('c');
    again.dial('a');
    mesh.run(3000);
    expect(again.alive).toBe(true);
    expect(a.core.records.get(c.id)).toMatchObject({ instance: again.kernel.self.instance, epoch: 2 });
    expect(a.knows()).toEqual(['b', 'c']);
  });

  test('by two nodes that meet is kept by the older, whichever side dials, where their islands are of one size', () => {
    for (const olderDials of [true, false]) {
      const mesh = new TestMesh();
      const [older] = mesh.chain('x', 'near') as [TestNode];
      mesh.run(4000);
      const younger = mesh.add('x', {}, 'elsewhere');
      const far = mesh.add('far');
      younger.dial('far');
      mesh.run(100);
      if (olderDials) older.dial('elsewhere');
      else younger.dial('x');
      mesh.run(3000);
      expect([olderDials, older.alive, younger.alive, far.alive]).toEqual([olderDials, true, false, true]);
    }
  });
});

test('a namesake that gives way does not take the name of the other with it', () => {
  const mesh = new TestMesh();
  const [older, a] = mesh.chain('x', 'a') as [TestNode, TestNode];
  mesh.run(4000);
  const younger = mesh.add('x', {}, 'elsewhere');
  const c = mesh.add('c');
  younger.dial('c');
  mesh.run(2000);
  a.dial('c');
  mesh.run(5000);
  expect([older.alive, younger.alive]).toEqual([true, false]);
  expect([a.told('node-down'), a.knows()]).toEqual([[], ['c', 'x']]);
  expect(c.told('node-down')).not.toContainEqual(expect.objectContaining({ reason: 'left' }));
});

describe('announcements', () => {
  /** c announces something new this often; a is two hops away. */
  function announcer() {
    const mesh = new TestMesh();
    let agent: BehaviorAgent | undefined;
    const seen: (number | undefined)[] = [];
    const speaker: Behavior = {
      name: 'x',
      lifecycle: {
        started(given) {
          agent = given;
        },
      },
    };
    const listener: Behavior = {
      name: 'x',
      mesh: { announced: (_agent, _node, section) => void seen.push(section?.[0]) },
    };
    const a = mesh.add('a', { behaviors: [listener] });
    const c = mesh.add('c', { behaviors: [speaker] });
    mesh.chain('a', 'b', 'c');
    mesh.run(3000);
    const announce = (value: number): void => c.enter(() => agent?.announce(Uint8Array.of(value)));
    return { mesh, a, c, seen, announce };
  }

  test('reach everybody when something changes, and the one feature that they are of', () => {
    const { mesh, seen, announce } = announcer();
    announce(7);
    mesh.run(10);
    expect(seen).toEqual([7]);
  });

  test('made faster than the rate are fewer, and the last is not lost', () => {
    const { mesh, a, c, seen, announce } = announcer();
    const before = a.core.records.get(c.id)?.sequence ?? 0;
    for (let i = 0; i < 100; i++) {
      announce(i);
      mesh.run(10);
    }
    mesh.run(1000);
    expect(seen.at(-1)).toBe(99);
    expect((a.core.records.get(c.id)?.sequence ?? 0) - before).toBeLessThanOrEqual(11);
  });

  test('a flood of one origin beyond the allowance is deferred, and its last record arrives', () => {
    const { mesh, a, c, seen, announce } = announcer();
    // An origin that does not limit itself.
    const own = (c.core.behavior(topology) as unknown as { own: { throttle: { take: () => boolean } } }).own;
    own.throttle.take = () => true;
    const before = a.core.records.get(c.id)?.sequence ?? 0;
    let taken = 0;
    let last = before;
    for (let i = 0; i < 200; i++) {
      announce(i);
      mesh.run(2);
      const now = a.core.records.get(c.id)?.sequence ?? 0;
      if (now !== last) taken++;
      last = now;
    }
    expect(taken).toBeLessThanOrEqual(topologyLimits.recordsBurst + 3);
    mesh.run(1000);
    expect(seen.at(-1)).toBe(199);
  });

  test('a record that a flood lost is found by the next digest comparison', () => {
    const { mesh, a, c, announce } = announcer();
    mesh.tamper = (_bytes, from) => (from === c ? undefined : _bytes);
    announce(5);
    mesh.run(10);
    mesh.tamper = (bytes) => bytes;
    const stale = a.core.records.get(c.id)?.sequence;
    mesh.run(topologyLimits.syncPeriodMs * 1.2);
    expect(a.core.records.get(c.id)?.sequence).toBe((stale ?? 0) + 1);
  });
});

test('an idle mesh sends no more per node than its heartbeats and digests', () => {
  const mesh = new TestMesh();
  const [, b] = mesh.chain('a', 'b', 'c', 'd', 'e', 'f') as [TestNode, TestNode];
  mesh.run(15_000);
  const before = b.writtenBytes;
  mesh.run(60_000);
  const perLinkAndSecond = (b.writtenBytes - before) / 2 / 60;
  expect(perLinkAndSecond).toBeLessThan(60);
});
