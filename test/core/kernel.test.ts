/** The kernel among behaviors and peers that do what they should not. */
import { describe, expect, test } from 'vitest';
import { topologyLimits } from '../../src/features/topology/core/limits.ts';
import { encodeIds, encodeRecords, TopologyType } from '../../src/features/topology/core/messages.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { type Behavior, type BehaviorAgent, Kernel, type Neighbor } from '../../src/kernel/index.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeAnnouncement } from '../../src/kernel/routing/announcement.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { recordConversation } from '../fuzz/conversation.ts';
import { announcement } from '../samples/topology.ts';
import { TestMesh, type TestNode, witness } from './harness.ts';

/** Throws in every call that it gets, once it is armed. */
function hostile() {
  let armed = false;
  const calls = new Set<string>();
  const act = (name: string) => () => {
    calls.add(name);
    if (armed) throw new Error(`${name} failed`);
    return name === 'explain' ? [] : undefined;
  };
  const handler = {
    opened: act('opened'),
    closed: act('closed'),
    tick: act('handler tick'),
    statistics: act('statistics'),
  };
  const up = (name: string) => () => {
    act(name)();
    return handler;
  };
  const arm = (): void => {
    armed = true;
  };
  const group = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, act(name)]));
  let deadline = (): number => (armed ? 0 : Number.POSITIVE_INFINITY);
  const behavior = {
    name: 'hostile',
    commands: group('command'),
    lifecycle: group('started', 'stopped'),
    timers: { ...group('tick', 'deadline', 'flush'), nextDeadline: () => deadline() },
    frames: group('message', 'transit', 'returned'),
    links: {
      ...group('checkIncoming', 'checkOutgoing', 'incomingDown', 'outgoingDown'),
      ...group('outgoingError', 'handlerEvent'),
      incomingUp: up('incomingUp'),
      outgoingUp: up('outgoingUp'),
    },
    mesh: group('event', 'announced'),
    datagrams: group('received'),
    doors: group('event'),
    store: group('completed'),
    diagnostics: group('explain', 'status'),
  };
  const setDeadline = (next: () => number): void => {
    deadline = next;
  };
  return { behavior: behavior as unknown as Behavior, arm, calls, setDeadline };
}

describe('a behavior that throws in every call', () => {
  function withHostile() {
    const mesh = new TestMesh();
    const bad = hostile();
    const log: string[] = [];
    const a = mesh.add('a', { behaviors: [bad.behavior, witness(log)] });
    const b = mesh.add('b');
    a.dial('b');
    mesh.run(2000);
    b.listen();
    return { mesh, a, b, bad, log };
  }

  test('never throws out of the kernel, and links, messages and other behaviors go on', () => {
    const { mesh, a, b, bad, log } = withHostile();
    bad.arm();
    // A deadline in the past that never gets served is the behavior's own fault; time must go on.
    bad.setDeadline(() => mesh.now + 100);
    const token = a.send([b], 'hi');
    mesh.run(3000);
    expect(a.sent(token)?.delivered).toEqual([b.id]);
    expect(a.knows()).toEqual(['b']);
    b.kill();
    mesh.run(1000);
    expect([a.neighborNames(), a.knows()]).toEqual([[], []]);
    expect(log).toEqual(['up b', 'down b closed']);
    expect(a.counter('kernel.exceptions')).toBeGreaterThan(5);
    expect(bad.calls.size).toBeGreaterThan(5);
  });

  test('does not keep the node from ending', () => {
    const { mesh, a, bad } = withHostile();
    bad.arm();
    bad.setDeadline(() => mesh.now + 100);
    a.stop();
    mesh.run(3000);
    expect(a.count('ended')).toBe(1);
  });

  test('and whose deadline stays in the past does not stop time', () => {
    const { mesh, a, b, bad } = withHostile();
    bad.arm();
    mesh.run(2000);
    const token = a.send([b], 'hi');
    mesh.run(100);
    expect(a.sent(token)?.delivered).toEqual([b.id]);
  });
});

test('two behaviors of one name are refused at once', () => {
  const [a, b] = [{ name: 'same' }, { name: 'same' }];
  const config = {
    name: 'n',
    namespace: 'n',
    instance: '0'.repeat(16),
    version: '1',
    addresses: [],
    stallToleranceMs: 3000,
  };
  const unused = undefined as never;
  expect(() => new Kernel(config, unused, unused, unused, [a, b])).toThrow(TypeError);
});

describe('commands', () => {
  test('for a feature that there is not are answered with SKEIN_INVALID, after the end with SKEIN_CLOSED', () => {
    const a = new TestMesh().add('a');
    expect(a.answers.get(a.command('nothing', 'do'))?.failure?.code).toBe('SKEIN_INVALID');
    a.stop();
    a.alive = true;
    expect(a.answers.get(a.command('messaging', 'snoop', true))?.failure?.code).toBe('SKEIN_CLOSED');
  });
});

describe('handlers', () => {
  test('of one feature talk to each other, to their behavior and over their own link only', () => {
    const heard: string[] = [];
    const make = (node: string): Behavior => ({
      name: 'talk',
      links: {
        incomingUp: (_agent, neighbor) => handlerOf(node, neighbor),
        outgoingUp: (_agent, neighbor) => handlerOf(node, neighbor),
        handlerEvent: (_agent, neighbor, event) =>
          void heard.push(`${node} behavior: ${neighbor.name} handler says ${event}`),
      },
    });
    const handlerOf = (node: string, neighbor: Neighbor) => ({
      message: (
        agent: { tellBehavior(event: unknown): void; tellHandlers(event: unknown): void },
        frame: { payload: Uint8Array },
      ) => {
        heard.push(`${node} handler of ${neighbor.name}: ${new TextDecoder().decode(frame.payload)}`);
        agent.tellBehavior('got it');
        agent.tellHandlers('look');
      },
      otherHandlerEvent: (_agent: unknown, from: Neighbor, event: unknown) =>
        void heard.push(`${node} handler of ${neighbor.name}: handler of ${from.name} says ${event}`),
    });
    const mesh = new TestMesh();
    let agent: BehaviorAgent | undefined;
    const speaker = make('a');
    const started = (given: BehaviorAgent): void => {
      agent = given;
    };
    mesh.add('a', { behaviors: [{ ...speaker, lifecycle: { started } }] });
    for (const name of ['b', 'c']) mesh.add(name, { behaviors: [make(name)] });
    mesh.chain('a', 'b', 'c');
    const link = ([...(agent?.neighbors.values() ?? [])][0] as Neighbor).link;
    mesh.nodes.get('a')?.enter(() => agent?.sendOnLink(link, new TextEncoder().encode('psst'), { type: 1 }));
    mesh.run(10);
    expect(heard).toEqual([
      'b handler of a: psst',
      'b behavior: a handler says got it',
      'b handler of c: handler of a says look',
    ]);
  });
});

describe('a neighbor that never reads', () => {
  test('and asks for everything again and again does not make memory grow without bound', () => {
    const { handshake } = recordConversation();
    const mesh = new TestMesh();
    const [victim] = mesh.chain('victim', 'friend') as [TestNode];
    let link = 0;
    victim.enter(() => {
      link = victim.kernel.accepted('attacker', undefined, mesh.now);
    });
    const say = (bytes: Uint8Array): void =>
      victim.enter(() => victim.kernel.received(link, bytes, mesh.now));
    for (const chunk of handshake) say(chunk.slice());
    const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
    const fat = encodeAnnouncement({
      ...announcement,
      links: count(limits.linksPerRecordMax),
      services: count(limits.servicesPerRecordMax).map((i) => `service-${i}`.padEnd(60, 'x')),
    });
    say(topologyFrame(TopologyType.records, encodeRecords([{ bytes: fat, unreachableForMs: 0 }])));
    const want = topologyFrame(TopologyType.want, encodeIds([announcement.id]));
    let most = 0;
    for (let i = 0; i < 4000; i++) {
      say(want.slice());
      mesh.run(topologyLimits.floodGapMsMax);
      most = Math.max(most, victim.kernel.statistics(link)?.queuedBytes ?? 0);
    }
    expect(most).toBeGreaterThan(1_000_000);
    expect(most).toBeLessThanOrEqual(limits.linkUrgentBytesMax + 200_000);
    mesh.run(3000);
    expect(victim.neighborNames()).toContain('friend');
  });
});

function topologyFrame(type: number, payload: Uint8Array): Uint8Array {
  const feature = featureNumber('topology');
  const nobody = { destination: 0, source: 0, sequence: 0 };
  return encodeFrame({ kind: RouteKind.link, type, feature, ...nobody, flags: 0, ttl: 1 }, payload);
}

test('strangers that never finish their handshake make room for others beyond a limit and are forgotten after a while', () => {
  const mesh = new TestMesh();
  const victim: TestNode = mesh.add('victim');
  for (let i = 0; i < 2 * limits.handshakesMax; i++)
    victim.enter(() => victim.kernel.accepted('stranger', undefined, mesh.now));
  expect(victim.counter('links.refused')).toBe(limits.handshakesMax);
  expect(victim.count('close')).toBe(limits.handshakesMax);
  mesh.add('friend').dial('victim');
  mesh.run(100);
  expect(victim.neighborNames()).toEqual(['friend']);
  mesh.run(limits.handshakeTimeoutMs + 100);
  expect(victim.count('close')).toBe(2 * limits.handshakesMax);
});
