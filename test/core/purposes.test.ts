/** Why a link was dialed: what the other end hears of it, and private links, each of the one feature that dialed it. */
import { describe, expect, test } from 'vitest';
import type {
  Behavior,
  BehaviorAgent,
  FrameCalls,
  LifecycleCalls,
  LinkCalls,
  Neighbor,
  OutgoingError,
  PrivateLinkCalls,
} from '../../src/kernel/contracts.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { decodeHello, encodeHello, type Hello } from '../../src/kernel/link/hello.ts';
import { type Frame, headerBytes, preface } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode } from './harness.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (frame: Frame): string => new TextDecoder().decode(frame.payload);

/** Takes private links, and writes down all that it hears. */
class Party implements Behavior {
  readonly name: string;
  readonly heard: string[] = [];
  readonly opened: Neighbor[] = [];
  readonly errors: OutgoingError[] = [];
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame, from) => void this.heard.push(`${textOf(frame)} from ${from?.name}`),
  };
  readonly links: LinkCalls = {
    checkIncoming: (_agent, neighbor) => void this.heard.push(`checks ${neighbor.name}`) as undefined,
    outgoingError: (_agent, error) => void this.heard.push(`error ${error.failure.code}`),
  };
  readonly privateLinks: PrivateLinkCalls = {
    check: () => void this.checks++ as undefined,
    up: (_agent, neighbor) => void this.opened.push(neighbor),
    down: (_agent, neighbor, reason) => void this.heard.push(`down ${neighbor.name}: ${reason}`),
    error: (_agent, error) => void this.errors.push(error),
  };
  checks = 0;
  agent!: BehaviorAgent;

  constructor(name: string) {
    this.name = name;
  }
}

interface Stage {
  readonly mesh: TestMesh;
  readonly a: TestNode;
  readonly b: TestNode;
  act(node: TestNode, what: () => void): void;
}

/** Two nodes without any link. */
function stage(ofA: readonly Behavior[], ofB: readonly Behavior[]): Stage {
  const mesh = new TestMesh();
  const a = mesh.add('a', { behaviors: ofA });
  const b = mesh.add('b', { behaviors: ofB });
  const act = (node: TestNode, what: () => void): void => {
    node.enter(what);
    mesh.run(100);
  };
  return { mesh, a, b, act };
}

/** The dialer's hello is changed on its way. */
function rewriteHello(mesh: TestMesh, from: TestNode, change: (hello: Hello) => Hello): void {
  mesh.tamper = (sent, by) => {
    if (by !== from || sent[0] !== preface[0] || sent[1] !== preface[1]) return sent;
    const start = preface.length + headerBytes;
    const hello = decodeHello(sent.subarray(start));
    if (typeof hello === 'string') throw new Error(hello);
    const changed = sent.slice();
    changed.set(encodeHello(change(hello)), start);
    return changed;
  };
}

describe('private links of two features to one node', () => {
  const joined = () => {
    const [left, right] = [new Party('left'), new Party('right')];
    const [farLeft, farRight] = [new Party('left'), new Party('right')];
    const all = stage([left, right], [farLeft, farRight]);
    all.act(all.a, () => {
      left.agent.dialPrivate('b', 3);
      right.agent.dialPrivate('b');
    });
    return { ...all, left, right, farLeft, farRight };
  };
  const linkOf = (party: Party) => (party.opened[0] as Neighbor).link;

  test('two features can have a private link each to one node, and both ends hear which feature dialed and why', () => {
    const { a, b, left, right, farLeft, farRight } = joined();
    for (const [near, far, reason] of [
      [left, farLeft, 3],
      [right, farRight, 0],
    ] as const) {
      const purpose = { feature: featureNumber(near.name), reason, isPrivate: true };
      expect(near.opened).toMatchObject([{ name: 'b', direction: 'outgoing', purpose }]);
      expect(far.opened).toMatchObject([{ name: 'a', direction: 'incoming', purpose }]);
      expect([near.checks, far.checks]).toEqual([1, 1]);
    }
    expect([a.neighborNames(), b.neighborNames()]).toEqual([[], []]);
  });

  test('a frame over a private link comes to the feature that dialed the link', () => {
    const { a, b, act, left, right, farLeft, farRight } = joined();
    act(a, () => {
      left.agent.sendVia(linkOf(left), b.id, bytes('to the left'), { type: 1 });
      right.agent.sendVia(linkOf(right), b.id, bytes('to the right'), { type: 1 });
    });
    expect(farLeft.heard).toEqual(['to the left from a']);
    expect(farRight.heard).toEqual(['to the right from a']);
    expect(b.counter('dropped.private')).toBe(0);
  });

  test('a frame of one feature over the private link of another is dropped and counted, and neither hears it', () => {
    const { a, b, act, left, right, farLeft, farRight } = joined();
    act(a, () => {
      // As a member that lies would.
      left.agent.sendVia(linkOf(right), b.id, bytes('left, by the right link'), { type: 1 });
      right.agent.sendVia(linkOf(left), b.id, bytes('right, by the left link'), { type: 1 });
    });
    for (const party of [farLeft, farRight]) expect(party.heard).toEqual([]);
    expect(b.counter('dropped.private')).toBe(2);
  });

  test('a feature hears the end of its own private links only', () => {
    const { a, act, left, right, farLeft, farRight } = joined();
    act(a, () => left.agent.closeLink(linkOf(left)));
    expect([left.heard, farLeft.heard]).toEqual([['down b: closed'], ['down a: closed']]);
    expect([right.heard, farRight.heard]).toEqual([[], []]);
  });
});

describe('a private dial that is of no use to the other node', () => {
  test('a private dial is refused with SKEIN_NOT_NEEDED by a node that does not run the feature, and the dialer hears so', () => {
    const [near, other] = [new Party('left'), new Party('right')];
    const { a, b, act } = stage([near], [other]);
    act(a, () => void near.agent.dialPrivate('b', 9));
    expect(near.errors).toMatchObject([
      {
        address: 'b',
        purpose: { feature: featureNumber('left'), reason: 9, isPrivate: true },
        failure: { code: 'SKEIN_NOT_NEEDED', message: 'b does not run the feature of this private link' },
      },
    ]);
    expect([near.heard, other.heard, near.opened, other.opened]).toEqual([[], [], [], []]);
    expect([a.pipes.size, b.pipes.size]).toEqual([0, 0]);
  });

  test('a private dial is refused with SKEIN_NOT_NEEDED by a node whose feature takes no private links', () => {
    const near = new Party('left');
    const { a, b, act } = stage([near], [{ name: 'left' }]);
    act(a, () => void near.agent.dialPrivate('b'));
    const message = 'the feature "left" of b takes no private links';
    expect(near.errors).toMatchObject([{ failure: { code: 'SKEIN_NOT_NEEDED', message } }]);
    expect(b.pipes.size).toBe(0);
  });
});

describe('a dial for a link of the mesh', () => {
  test('a dial for a link of the mesh passes at a node that does not run the feature that dialed', () => {
    const near = new Party('left');
    const { a, b, act } = stage([near], [new Party('right')]);
    act(a, () => void near.agent.dial('b', 200));
    expect([a.neighborNames(), b.neighborNames()]).toEqual([['b'], ['a']]);
    const purpose = { feature: featureNumber('left'), reason: 200, isPrivate: false };
    for (const node of [a, b])
      expect([...node.kernel.neighbors.values()].map((neighbor) => neighbor.purpose)).toEqual([purpose]);
  });

  test.each([
    [3, []],
    [0, ['b']],
    [250, ['b']],
  ])(
    'a dial of discovery for reason %i leads across namespaces to %j: a reason that it does not know counts as 0',
    (reason, neighbors) => {
      const mesh = new TestMesh();
      const a = mesh.add('a', { namespace: 'farm' });
      mesh.add('b', { namespace: 'lab' });
      rewriteHello(mesh, a, (hello) => ({ ...hello, purpose: { ...hello.purpose, reason } }));
      a.dial('b');
      mesh.run(100);
      expect(a.neighborNames()).toEqual(neighbors);
    },
  );

  test.each([-1, 256, 1.5, Number.NaN])('no dial is started for a reason of %d', (reason) => {
    const near = new Party('left');
    const { a } = stage([near], []);
    const dial = (): unknown => near.agent.dial('b', reason);
    const dialPrivate = (): unknown => near.agent.dialPrivate('b', reason);
    for (const act of [dial, dialPrivate])
      expect(act).toThrow(new TypeError(`dial: the reason ${reason} is not a whole number from 0 to 255`));
    expect(a.count('dial')).toBe(0);
  });
});
