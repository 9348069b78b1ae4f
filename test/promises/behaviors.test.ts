/** What a program's own behaviors and their handlers can do through their agents, and what reaches them. */
import { describe, expect, test } from 'vitest';
import type {
  Behavior,
  BehaviorAgent,
  ConnectionAgent,
  FrameCalls,
  LifecycleCalls,
  LinkCalls,
  Neighbor,
} from '../../src/kernel/contracts.ts';
import type { Frame } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (frame: Frame): string => new TextDecoder().decode(frame.payload);

/** Keeps its agents, and writes down what comes. */
class Puppet implements Behavior {
  readonly name = 'puppet';
  readonly got: string[] = [];
  readonly ttls: number[] = [];
  readonly handlers = new Map<string, ConnectionAgent>();
  agent!: BehaviorAgent;

  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => {
      this.got.push(`routed ${textOf(frame)}`);
      this.ttls.push(frame.ttl);
    },
  };
  readonly links: LinkCalls = {
    incomingUp: (_agent, neighbor) => this.handler(neighbor),
    outgoingUp: (_agent, neighbor) => this.handler(neighbor),
    handlerEvent: (_agent, neighbor, event) =>
      void this.got.push(`told by the handler of ${neighbor.name}: ${event}`),
  };

  private handler({ name }: Neighbor) {
    return {
      opened: (agent: ConnectionAgent) => void this.handlers.set(name, agent),
      message: (_agent: ConnectionAgent, frame: Frame) =>
        void this.got.push(`on the link of ${name} ${textOf(frame)}`),
      behaviorEvent: (_agent: ConnectionAgent, event: unknown) =>
        void this.got.push(`${name} is told ${event}`),
    };
  }
}

/** a - b - c, each with its puppet. */
function stage() {
  const mesh = new TestMesh();
  const puppets = { a: new Puppet(), b: new Puppet(), c: new Puppet() };
  for (const name of ['a', 'b', 'c'] as const) mesh.add(name, { behaviors: [puppets[name]] });
  const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
  const act = (node: TestNode, what: () => void): void => {
    node.enter(what);
    mesh.run(100);
  };
  return { mesh, puppets, a, b, c, act };
}

const handlerOf = (puppet: Puppet, name: string) => puppet.handlers.get(name) as ConnectionAgent;

describe('a behavior', () => {
  test('dials, closes one link, and closes whatever leads to a node', () => {
    const { puppets, a, b, c, act } = stage();
    act(a, () => void puppets.a.agent.dial('c'));
    expect(a.neighborNames()).toEqual(['b', 'c']);
    act(a, () => puppets.a.agent.closeLink((puppets.a.agent.neighbors.get(c.id) as Neighbor).link));
    expect([a.neighborNames(), c.neighborNames()]).toEqual([['b'], ['b']]);
    act(a, () => puppets.a.agent.closeNode(b.id));
    expect([a.neighborNames(), b.neighborNames()]).toEqual([[], ['c']]);
  });

  test('sends by route, to a node, to itself, and on one link', () => {
    const { puppets, a, c, act } = stage();
    const { agent } = puppets.a;
    act(a, () => {
      agent.send({ to: 'node', node: c.id }, bytes('far'), { type: 1 });
      agent.send({ to: 'node', node: a.id }, bytes('myself'), { type: 1 });
      agent.sendOnLink(([...agent.neighbors.values()][0] as Neighbor).link, bytes('near'), { type: 1 });
    });
    expect([puppets.a.got, puppets.b.got, puppets.c.got]).toEqual([
      ['routed myself'],
      ['on the link of a near'],
      ['routed far'],
    ]);
  });

  test('gives an event to one of its handlers, or to all', () => {
    const { puppets, b, act } = stage();
    const { agent } = puppets.b;
    act(b, () => {
      agent.tellHandler(handlerOf(puppets.b, 'c').neighbor.link, 'one');
      agent.tellHandlers('all');
    });
    expect(puppets.b.got.toSorted()).toEqual(['a is told all', 'c is told all', 'c is told one']);
  });

  test('that gives a link no handler does not hear what is sent on that link alone: it is dropped and counted', () => {
    const mesh = new TestMesh();
    const puppet = new Puppet();
    const a = mesh.add('a', { behaviors: [puppet] });
    const b = mesh.add('b', { behaviors: [{ name: 'puppet' }] });
    mesh.chain('a', 'b');
    a.enter(() => void handlerOf(puppet, 'b').sendHere(bytes('psst'), { type: 1 }));
    mesh.run(10);
    expect(b.counter('dropped.no-handler')).toBe(1);
  });

  test('gives its messages 64 hops unless it says otherwise', () => {
    const { puppets, a, b, c, act } = stage();
    act(a, () => {
      puppets.a.agent.send({ to: 'node', node: b.id }, bytes('x'), { type: 1 });
      puppets.a.agent.send({ to: 'node', node: c.id }, bytes('x'), { type: 1, ttl: 7 });
    });
    expect([puppets.b.ttls, puppets.c.ttls]).toEqual([[64], [6]]);
  });
});

describe('a handler', () => {
  test('sends on its own link, on another one, and by route', () => {
    const { puppets, b, c, act } = stage();
    act(b, () => {
      const handler = handlerOf(puppets.b, 'a');
      handler.sendHere(bytes('here'), { type: 1 });
      handler.sendOnLink(handlerOf(puppets.b, 'c').neighbor.link, bytes('there'), { type: 1 });
      handler.send({ to: 'node', node: c.id }, bytes('by route'), { type: 1 });
    });
    expect(puppets.a.got).toEqual(['on the link of b here']);
    expect(puppets.c.got).toEqual(['on the link of b there', 'routed by route']);
  });

  test('tells its behavior, and closes its own link only', () => {
    const { puppets, a, b, act } = stage();
    act(b, () => {
      handlerOf(puppets.b, 'a').tellBehavior('enough');
      handlerOf(puppets.b, 'a').close();
    });
    expect(puppets.b.got).toEqual(['told by the handler of a: enough']);
    expect([a.neighborNames(), b.neighborNames()]).toEqual([[], ['c']]);
  });
});
