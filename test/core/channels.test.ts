/** Channels between kernels: what is lost, doubled or late on the way, ways that change, and every end. */

import { describe, expect, test } from 'vitest';
import { channelLimits } from '../../src/features/channels/core/limits.ts';
import { ChannelType } from '../../src/features/channels/core/wire.ts';
import { channels } from '../../src/features/channels/feature.ts';
import type { BehaviorAgent } from '../../src/kernel/contracts.ts';
import { limits } from '../../src/kernel/limits.ts';
import { breakLink } from '../promises/break-link.ts';
import {
  changedFrames,
  differenceOf,
  enter,
  numbered,
  offer,
  open,
  pair,
  requestsAt,
  run,
} from './channel-pair.ts';
import { TestMesh, type TestNode } from './harness.ts';

/** Without addresses nobody can be dialed: all goes through the mesh. */
function chain(names: readonly string[], addresses?: string[]): { mesh: TestMesh; nodes: TestNode[] } {
  const mesh = new TestMesh();
  for (const name of names) mesh.add(name, addresses === undefined ? {} : { addresses });
  const nodes = mesh.chain(...names);
  mesh.run(1000);
  return { mesh, nodes };
}

type Three = [TestNode, TestNode, TestNode];

describe('bytes arrive in order, each once', () => {
  test('both ways, over a link of the mesh, and each half ends by itself', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode);
    const there = numbered(1_000_000, 1);
    const back = numbered(300_000, 2);
    near.write(there);
    near.end();
    run(mesh, 2000, [near, far]);
    expect(differenceOf(far.bytes, there)).toBe('none');
    expect([far.hasEnded, near.hasEnded, far.phase]).toEqual([true, false, 'open']);
    far.write(back);
    far.end();
    run(mesh, 2000, [near, far]);
    expect(differenceOf(near.bytes, back)).toBe('none');
    expect([near.phase, far.phase, near.failure, far.failure]).toEqual([
      'over',
      'over',
      undefined,
      undefined,
    ]);
  });

  test.each([1, 2, 3, 4, 5, 6])('where a fifth of its frames are lost at each hop (seed %i)', (seed) => {
    const { mesh, nodes } = chain(['a', 'b', 'c'], []);
    const [near, far] = pair(nodes[0] as TestNode, nodes[2] as TestNode);
    const random = numbered(100_000, seed);
    let at = 0;
    mesh.tamper = (bytes) => changedFrames(bytes, (_, raw) => ((random[at++] as number) < 50 ? [] : [raw]));
    const there = numbered(400_000, seed);
    const back = numbered(50_000, seed + 1);
    near.write(there);
    far.write(back);
    near.end();
    far.end();
    run(mesh, 200_000, [near, far], 20);
    expect(differenceOf(far.bytes, there)).toBe('none');
    expect(differenceOf(near.bytes, back)).toBe('none');
    expect([near.phase, far.phase, near.failure, far.failure]).toEqual([
      'over',
      'over',
      undefined,
      undefined,
    ]);
  });

  test.each([1, 2, 3, 4])('where frames come twice and late (seed %i)', (seed) => {
    const { mesh, nodes } = chain(['a', 'b', 'c'], []);
    const [near, far] = pair(nodes[0] as TestNode, nodes[2] as TestNode);
    const random = numbered(100_000, seed);
    let at = 0;
    const kept: Uint8Array[] = [];
    mesh.tamper = (bytes) =>
      changedFrames(bytes, (_, raw) => {
        const draw = random[at++] as number;
        if (draw < 60) kept.push(raw);
        if (draw < 30) return [];
        return draw > 220 ? [raw, ...kept.splice(0), raw] : [raw];
      });
    const there = numbered(300_000, seed);
    near.write(there);
    near.end();
    far.end();
    run(mesh, 60_000, [near, far], 20);
    expect(differenceOf(far.bytes, there)).toBe('none');
    expect([near.phase, far.phase, far.failure]).toEqual(['over', 'over', undefined]);
  });
});

describe('the way', () => {
  test('a private link is made, carries the frames, and goes a moment after the last channel', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, b, c] = nodes as Three;
    const [near, far] = pair(a, c);
    expect([near.channel.path, far.channel.path]).toEqual(['direct', 'direct']);
    const through = b.counter('forwarded');
    near.write(numbered(500_000));
    near.end();
    far.end();
    run(mesh, 1000, [near, far]);
    expect(far.bytes.length).toBe(500_000);
    expect(b.counter('forwarded')).toBe(through);
    // No neighbor: nobody else hears of it.
    expect([a.neighborNames(), c.neighborNames(), b.knows()]).toEqual([['b'], ['b'], ['a', 'c']]);
    expect(a.pipes.size).toBe(2);
    mesh.run(channelLimits.privateLingerMs + 500);
    expect([a.pipes.size, c.pipes.size]).toEqual([1, 1]);
  });

  test('when the private link breaks in the middle, the mesh takes over, and it is made again', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, b, c] = nodes as Three;
    mesh.delay = () => 2;
    const [near, far] = pair(a, c);
    const there = numbered(3_000_000);
    near.write(there);
    run(mesh, 60, [near, far]);
    expect(far.bytes.length).toBeGreaterThan(0);
    expect(far.bytes.length).toBeLessThan(there.length);
    const through = b.counter('forwarded');
    breakLink(a, c);
    run(mesh, 100, [near, far]);
    expect(near.channel.path).toBe('mesh');
    expect(b.counter('forwarded')).toBeGreaterThan(through);
    run(mesh, 20_000, [near, far]);
    near.end();
    run(mesh, 1000, [near, far]);
    expect(differenceOf(far.bytes, there)).toBe('none');
    expect([near.channel.path, far.hasEnded]).toEqual(['direct', true]);
  });

  test('both ends may dial: one link stays', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, , c] = nodes as Three;
    mesh.delay = () => 50;
    offer(a);
    offer(c);
    open(a, c);
    open(c, a);
    mesh.run(400);
    for (const node of [a, c])
      for (const request of requestsAt(node))
        enter(node, () => node.core.behavior(channels).accept(request, 65_536));
    mesh.run(3000);
    expect([a.pipes.size, c.pipes.size]).toEqual([2, 2]);
  });

  test('a private link is refused where no channel is open', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, , c] = nodes as Three;
    a.enter(() => {
      a.kernel.enter(mesh.now);
      // As a member that lies would.
      (a.core.behavior(channels) as unknown as { agent: BehaviorAgent }).agent.dialPrivate('c');
    });
    mesh.run(500);
    expect([a.pipes.size, c.pipes.size]).toEqual([1, 1]);
    expect(c.neighborNames()).toEqual(['b']);
  });
});

describe('a reader that stands still', () => {
  test('holds at most its window, and so does the sender', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode, { windowBytes: 32 * 1024 });
    far.isReading = false;
    near.write(numbered(500_000));
    run(mesh, 60_000, [near, far], 100);
    expect(far.channel.receiver.received).toBe(32 * 1024);
    expect(
      (near.channel.sender?.written ?? 0) - (near.channel.sender?.acknowledged ?? 0),
    ).toBeLessThanOrEqual(32 * 1024);
    far.readOn();
    run(mesh, 5000, [near, far]);
    expect(differenceOf(far.bytes, numbered(500_000))).toBe('none');
  });

  test('a word about room that was lost does not stop the channel for ever', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode, { windowBytes: 32 * 1024 });
    far.isReading = false;
    near.write(numbered(100_000));
    run(mesh, 2000, [near, far], 100);
    mesh.tamper = (bytes) => changedFrames(bytes, () => []);
    far.readOn();
    run(mesh, 100, [near, far]);
    mesh.tamper = (bytes) => bytes;
    run(mesh, 10_000, [near, far], 50);
    expect(differenceOf(far.bytes, numbered(100_000))).toBe('none');
  });
});

describe('every channel ends clearly', () => {
  test('nobody accepts the protocol: refused, and the error says so', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [a, b] = nodes as [TestNode, TestNode];
    offer(b, 'other');
    const channel = open(a, b);
    mesh.run(100);
    expect(channel).toMatchObject({ phase: { name: 'over', failure: { code: 'SKEIN_REFUSED' } } });
    expect(JSON.stringify((channel as { phase: unknown }).phase)).toContain('protocol pair');
  });

  test('the program refuses, with its own words', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [a, b] = nodes as [TestNode, TestNode];
    offer(b);
    const channel = open(a, b);
    mesh.run(100);
    enter(b, () => b.core.behavior(channels).refuse(requestsAt(b)[0] as never, 'not today'));
    mesh.run(100);
    expect(JSON.stringify((channel as { phase: unknown }).phase)).toContain('not today');
  });

  test('nobody answers: the opener gives up in time, and the request is withdrawn', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [a, b] = nodes as [TestNode, TestNode];
    offer(b);
    const channel = open(a, b, { timeoutMs: 2000 });
    mesh.run(2100);
    expect(channel).toMatchObject({ phase: { failure: { code: 'SKEIN_TIMEOUT' } } });
    expect(requestsAt(b).map(({ phase }) => phase.name)).toEqual(['over']);
  });

  test('the other end gives it up', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode);
    far.abandon('enough');
    run(mesh, 100, [near, far]);
    expect(near.failure).toMatchObject({ code: 'SKEIN_LOST' });
    expect(near.failure?.message).toContain('enough');
  });

  test('the other node leaves: at once', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c'], []);
    const [near, far] = pair(nodes[0] as TestNode, nodes[2] as TestNode);
    far.node.stop();
    run(mesh, 200, [near]);
    expect(near.failure?.code).toBe('SKEIN_LOST');
  });

  test('the other node dies: once it has been out of reach for the grace', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[2] as TestNode);
    far.node.kill();
    run(mesh, limits.routeGraceMs - 500, [near], 50);
    expect(near.phase).toBe('open');
    run(mesh, 1500, [near], 50);
    expect(near.failure?.code).toBe('SKEIN_LOST');
  });

  test('the other node starts anew: at once', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, b, c] = nodes as Three;
    const [near] = pair(a, c);
    c.kill();
    mesh.run(200);
    mesh.add('c').dial('b');
    run(mesh, 1000, [near], 50);
    expect(b.knows()).toEqual(['a', 'c']);
    expect(near.failure?.code).toBe('SKEIN_LOST');
    expect(near.failure?.message).toContain('anew');
  });

  test('a reset that was lost is made good by the next question', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode);
    mesh.tamper = (bytes) => changedFrames(bytes, () => []);
    far.abandon();
    mesh.run(100);
    mesh.tamper = (bytes) => bytes;
    run(mesh, channelLimits.channelProbeMs + 1000, [near], 100);
    expect(near.failure?.code).toBe('SKEIN_LOST');
  });

  test('an end that comes after a break within the grace is no loss', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c'], []);
    const [a, b] = nodes as Three;
    const [near, far] = pair(a, (nodes as Three)[2]);
    const there = numbered(200_000);
    near.write(there);
    run(mesh, 5, [near, far]);
    breakLink(a, b);
    run(mesh, 2000, [near, far], 50);
    a.dial('b');
    near.end();
    run(mesh, 3000, [near, far], 50);
    expect(differenceOf(far.bytes, there)).toBe('none');
    expect([far.hasEnded, near.failure]).toEqual([true, undefined]);
  });
});

describe('whoever does not keep the rules', () => {
  test('a flood of requests fills its own places only', () => {
    const { mesh, nodes } = chain(['a', 'b', 'c']);
    const [a, b, c] = nodes as Three;
    offer(b);
    for (let i = 0; i < 100; i++) open(a, b);
    mesh.run(100);
    expect(requestsAt(b)).toHaveLength(channelLimits.channelRequestsPerNodeMax);
    open(c, b);
    mesh.run(100);
    expect(requestsAt(b)).toHaveLength(channelLimits.channelRequestsPerNodeMax + 1);
  });

  test('data beyond the window is dropped and counted', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode, { windowBytes: 16 * 1024 });
    far.isReading = false;
    if (near.channel.sender !== undefined) near.channel.sender.limit = 1e9;
    near.write(numbered(100_000));
    run(mesh, 3000, [near, far], 50);
    expect(far.channel.receiver.received).toBe(16 * 1024);
    expect(far.node.core.behavior(channels).counts.beyondWindow).toBeGreaterThan(0);
  });

  test('frames of no channel are answered with a reset and leave nothing', () => {
    const { mesh, nodes } = chain(['a', 'b']);
    const [near, far] = pair(nodes[0] as TestNode, nodes[1] as TestNode);
    let seen = 0;
    mesh.tamper = (bytes, from) =>
      changedFrames(bytes, (frame, raw) => {
        if (from !== near.node) seen += frame.type === ChannelType.reset ? 1 : 0;
        if (from === near.node) raw[29] = (raw[29] as number) ^ 1;
        return [raw];
      });
    near.write(numbered(100));
    run(mesh, 50, [near, far]);
    expect(seen).toBeGreaterThan(0);
    expect(far.bytes.length).toBe(0);
    expect(far.node.core.behavior(channels).counts.unknown).toBeGreaterThan(0);
  });
});
