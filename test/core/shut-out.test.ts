/** Nodes that a behavior shuts out: no link, no record, no frame, also where others pass it on; and the denials that use it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { denialLimits } from '../../src/features/denials/core/limits.ts';
import { DenialType, encodeDenials } from '../../src/features/denials/core/wire.ts';
import { swarmFeature } from '../../src/features/swarm/core/swarm.ts';
import type {
  Behavior,
  BehaviorAgent,
  FrameCalls,
  LifecycleCalls,
  OutgoingError,
  PrivateLinkCalls,
} from '../../src/kernel/contracts.ts';
import { failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { encodeFrame, RouteKind } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode } from './harness.ts';

/** Shuts out whom it is to. */
class Guard implements Behavior {
  readonly name = 'guard';
  readonly heard: string[] = [];
  readonly errors: OutgoingError[] = [];
  agent!: BehaviorAgent;
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => void this.heard.push(new TextDecoder().decode(frame.payload)),
  };
  readonly privateLinks: PrivateLinkCalls = {
    check: () => undefined,
    up: () => void this.heard.push('private link'),
    down: () => void this.heard.push('no private link'),
    error: (_agent, error) => void this.errors.push(error),
  };

  shutOut(node: TestNode | undefined): void {
    const why = failure('SKEIN_REFUSED', 'not here');
    this.agent.shutOut(node === undefined ? undefined : (id) => (id === node.id ? why : undefined));
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let mesh: TestMesh;
let a: TestNode;
let b: TestNode;
let c: TestNode;
let guards: Map<TestNode, Guard>;

const guardOf = (node: TestNode): Guard => guards.get(node) as Guard;
function shutOut(at: TestNode, whom: TestNode | undefined): void {
  at.enter(() => guardOf(at).shutOut(whom));
  mesh.run(500);
}

beforeEach(() => {
  mesh = new TestMesh();
  guards = new Map();
  [a, b, c] = ['a', 'b', 'c'].map((name) => {
    const guard = new Guard();
    const node = mesh.add(name, { behaviors: [guard] });
    guards.set(node, guard);
    return node;
  }) as [TestNode, TestNode, TestNode];
});

describe('a node that is shut out', () => {
  test('loses its link, is known no more, and gets no other one until that ends', () => {
    mesh.chain('a', 'b', 'c');
    shutOut(a, b);
    expect(a.neighborNames()).toEqual([]);
    expect(a.knows()).toEqual([]);
    expect(a.core.records.get(b.id)).toBeUndefined();
    expect(a.told('node-down')).toHaveLength(2);
    b.dial('a');
    a.dial('b');
    mesh.run(500);
    expect(a.neighborNames()).toEqual([]);
    expect(b.neighborNames()).toEqual(['c']);
    shutOut(a, undefined);
    b.dial('a');
    mesh.run(500);
    expect(a.knows()).toEqual(['b', 'c']);
    expect(c.knows()).toEqual(['a', 'b']);
  });

  test('is not known by way of those who still know it, and what it sends by them is dropped', () => {
    mesh.chain('a', 'c', 'b');
    expect(a.knows()).toEqual(['b', 'c']);
    shutOut(a, b);
    mesh.run(25_000);
    expect(a.knows()).toEqual(['c']);
    expect(b.knows()).toContain('a');
    a.listen();
    b.send([a], 'by c', { timeoutMs: 2000 });
    mesh.run(3000);
    expect(a.arrivals).toEqual([]);
    expect(a.counter('dropped.shut-out')).toBeGreaterThan(0);
  });

  test('loses its private link, and gets no other one', () => {
    b.enter(() => guardOf(b).agent.dialPrivate('a'));
    mesh.run(200);
    expect(guardOf(a).heard).toEqual(['private link']);
    shutOut(a, b);
    expect(guardOf(a).heard).toEqual(['private link', 'no private link']);
    b.enter(() => guardOf(b).agent.dialPrivate('a'));
    mesh.run(200);
    expect(guardOf(a).heard).toHaveLength(2);
    expect(guardOf(b).errors.map(({ failure: { code } }) => code)).toEqual(['SKEIN_REFUSED']);
  });

  test('is still forwarded to nobody in its own name: a frame that names it as its source is dropped', () => {
    mesh.chain('a', 'c');
    shutOut(a, b);
    const header = { feature: featureNumber('guard'), destination: a.id, sequence: 0, flags: 0, ttl: 9 };
    const forged = (source: TestNode): Uint8Array =>
      encodeFrame({ kind: RouteKind.node, type: 1, source: source.id, ...header }, bytes(source.name));
    for (const source of [b, c]) c.enter(() => guardOf(c).agent.sendFrame(forged(source), a.id, undefined));
    mesh.run(200);
    expect(guardOf(a).heard).toEqual(['c']);
  });
});

describe('a member that lies about who is denied', () => {
  const denial = { name: 'b', identity: '', version: 1, isDenied: true, since: 1, by: 'c' };
  const say = (payload: Uint8Array): void => {
    const { neighbors } = c.kernel;
    const link = neighbors.get(a.id)?.link as number;
    const header = { feature: featureNumber('denials'), destination: 0, source: c.id, sequence: 0, flags: 0 };
    const frame = encodeFrame({ kind: RouteKind.link, type: DenialType.list, ttl: 1, ...header }, payload);
    c.enter(() => guardOf(c).agent.sendFrame(frame, a.id, link));
    mesh.run(50);
  };

  test('loses its link where its list is none, or is one of many; the node goes on', () => {
    mesh.chain('a', 'c');
    say(bytes('nonsense'));
    expect(a.neighborNames()).toEqual([]);
    mesh.chain('c', 'a');
    for (let i = 0; i <= 2 * denialLimits.denialListsBurst && a.neighborNames().length > 0; i++)
      say(encodeDenials([{ ...denial, version: i + 1 }]));
    expect(a.neighborNames()).toEqual([]);
    expect(a.alive).toBe(true);
  });

  test('cannot make a node shut itself out, and what it says is taken back with one change', () => {
    mesh.chain('b', 'a', 'c');
    say(encodeDenials([{ ...denial, name: 'a' }]));
    mesh.run(2000);
    expect(a.alive).toBe(true);
    expect(guardOf(a).agent.whyShutOut(a.id, undefined)).toBeUndefined();
    const own = a.command(swarmFeature, 'allow', 'a');
    expect(a.answers.get(own)?.failure).toMatchObject({ code: 'SKEIN_INVALID' });
    b.command(swarmFeature, 'allow', 'a');
    b.dial('c');
    mesh.run(2000);
    a.dial('b');
    a.dial('c');
    mesh.run(1000);
    expect(a.knows()).toEqual(['b', 'c']);
  });

  test('cannot fill the list with more than its limit', () => {
    mesh.chain('a', 'c');
    const many = (from: number) =>
      Array.from({ length: 1000 }, (_, i) => ({ ...denial, name: `n${from + i}`, identity: 'a'.repeat(32) }));
    say(encodeDenials(many(0)));
    say(encodeDenials(many(1000)));
    expect(a.kernel.status()).toMatchObject({ denials: { denied: 1000, notTaken: 1000 } });
    expect(a.neighborNames()).toEqual(['c']);
  });
});
