/** Frames on their way: hops, dead ends, what goes back to the sender and what never does. */
import { describe, expect, test } from 'vitest';
import type {
  Behavior,
  BehaviorAgent,
  FrameCalls,
  LifecycleCalls,
  Neighbor,
  Returned,
} from '../../src/kernel/contracts.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { encodeFrame, Flag, headerBytes, RouteKind } from '../../src/kernel/wire/frame.ts';
import { TestMesh, type TestNode } from './harness.ts';

/** A behavior of a program's own: keeps what comes to it. */
class Mail implements Behavior {
  readonly name = 'mail';
  readonly got: string[] = [];
  readonly gotFrom: (string | undefined)[] = [];
  readonly returned_: Returned[] = [];
  readonly passed: string[] = [];
  agent!: BehaviorAgent;

  readonly lifecycle: LifecycleCalls = {
    started: (agent) => {
      this.agent = agent;
    },
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame, from) => {
      this.got.push(new TextDecoder().decode(frame.payload));
      this.gotFrom.push(from?.name);
    },
    returned: (_agent, returned) => void this.returned_.push(returned),
    transit: (_agent, frame) => void this.passed.push(new TextDecoder().decode(frame.payload)),
  };
}

const payload = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A chain of nodes that run `mail`. */
function chain(...names: string[]) {
  const mesh = new TestMesh();
  const mails = names.map(() => new Mail());
  const nodes = names.map((name, i) => mesh.add(name, { behaviors: [mails[i] as Mail] }));
  mesh.chain(...names);
  const act = (i: number, what: (agent: BehaviorAgent) => void): void => {
    (nodes[i] as TestNode).enter(() => what((mails[i] as Mail).agent));
    mesh.run(20);
  };
  return { mesh, nodes, mails, act };
}

describe('a frame whose hops are used up', () => {
  test('is counted where it ends and told to its sender', () => {
    const { nodes, mails, act } = chain('a', 'b', 'c', 'd');
    const [, , c, d] = nodes as [TestNode, TestNode, TestNode, TestNode];
    const options = { type: 7, sequence: 42, ttl: 2, wantsReturn: true };
    act(0, (agent) => agent.send({ to: 'node', node: d.id }, payload('x'), options));
    expect(mails[3]?.got).toEqual([]);
    expect(c.counter('dropped.ttl')).toBe(1);
    expect(mails[0]?.returned_).toEqual([{ reason: 'ttl', at: c.id, type: 7, sequence: 42, nodes: [d.id] }]);
  });

  test('still arrives with exactly as many hops as the way has', () => {
    const { nodes, mails, act } = chain('a', 'b', 'c', 'd');
    act(0, (agent) =>
      agent.send({ to: 'node', node: (nodes[3] as TestNode).id }, payload('x'), { type: 1, ttl: 3 }),
    );
    expect(mails[3]?.got).toEqual(['x']);
  });

  test('is not told to a sender that does not want to know', () => {
    const { nodes, mails, act } = chain('a', 'b', 'c');
    act(0, (agent) =>
      agent.send({ to: 'node', node: (nodes[2] as TestNode).id }, payload('x'), { type: 1, ttl: 1 }),
    );
    expect(mails[0]?.returned_).toEqual([]);
  });
});

test('a frame never goes back where it came from: it is returned instead', () => {
  const { mesh, nodes, mails, act } = chain('a', 'b', 'c');
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  // b is sent a frame for a by way of c, whose only way to a is b again.
  const toC = b.kernel.neighbors.get(c.id) as Neighbor;
  act(1, (agent) => agent.sendVia(toC.link, a.id, payload('x'), { type: 1, sequence: 5, wantsReturn: true }));
  expect(mails[0]?.got).toEqual([]);
  expect(mails[1]?.returned_).toMatchObject([{ reason: 'no-route', at: c.id, sequence: 5 }]);
  expect(mesh.nodes.size).toBe(3);
});

test('a frame to many leaves once per next hop and arrives once at each', () => {
  const mesh = new TestMesh();
  const mails = new Map<string, Mail>();
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const mail = new Mail();
    mails.set(name, mail);
    mesh.add(name, { behaviors: [mail] });
  }
  const [a] = mesh.chain('a', 'b') as [TestNode];
  for (const leaf of ['c', 'd', 'e']) mesh.chain('b', leaf);
  mesh.run(1000);
  const before = a.kernel.statistics((a.kernel.neighbors.values().next().value as Neighbor).link);
  a.enter(() => void mails.get('a')?.agent.send({ to: 'all' }, payload('x'), { type: 1 }));
  const after = a.kernel.statistics((a.kernel.neighbors.values().next().value as Neighbor).link);
  mesh.run(20);
  expect((after?.framesOut ?? 0) - (before?.framesOut ?? 0)).toBe(1);
  for (const name of ['b', 'c', 'd', 'e']) expect(mails.get(name)?.got).toEqual(['x']);
});

test('a frame to oneself arrives, at the end of the turn and from nobody', () => {
  const { nodes, mails, act } = chain('a');
  act(0, (agent) => {
    agent.send({ to: 'node', node: (nodes[0] as TestNode).id }, payload('x'), { type: 1 });
    expect(mails[0]?.got).toEqual([]);
  });
  expect([mails[0]?.got, mails[0]?.gotFrom]).toEqual([['x'], [undefined]]);
});

test('a frame for a feature that its recipient does not run is returned as refused', () => {
  const { mesh, nodes, mails, act } = chain('a', 'b');
  const plain = mesh.add('plain');
  plain.dial('b');
  mesh.run(50);
  act(0, (agent) => agent.send({ to: 'node', node: plain.id }, payload('x'), { type: 3, wantsReturn: true }));
  expect(mails[0]?.returned_).toMatchObject([
    { reason: 'refused', at: plain.id, type: 3, nodes: [plain.id] },
  ]);
  expect(nodes).toHaveLength(2);
});

test('a relay sees what passes only while it snoops, and never what is for itself', () => {
  const { nodes, mails, act } = chain('a', 'b', 'c');
  const send = (text: string, to: number) =>
    act(0, (agent) =>
      agent.send({ to: 'node', node: (nodes[to] as TestNode).id }, payload(text), { type: 1 }),
    );
  send('before', 2);
  act(1, (agent) => agent.snoop(true));
  send('during', 2);
  send('for b', 1);
  act(1, (agent) => agent.snoop(false));
  send('after', 2);
  expect(mails[1]?.passed).toEqual(['during']);
  expect(mails[2]?.got).toEqual(['before', 'during', 'after']);
});

test('a frame to a key ends at the one node whose id is closest, wherever it starts', () => {
  const { mails, act } = chain('a', 'b', 'c', 'd');
  for (let i = 0; i < 4; i++)
    act(i, (agent) => agent.send({ to: 'key', key: 0x123456789abc }, payload(`${i}`), { type: 1 }));
  const holders = mails.filter((mail) => mail.got.length > 0);
  expect(holders).toHaveLength(1);
  expect(holders[0]?.got).toEqual(['0', '1', '2', '3']);
});

test('a frame to a service goes to a node that offers it, and nowhere once it is withdrawn', () => {
  const { mails, act } = chain('a', 'b', 'c');
  const call = () =>
    act(0, (agent) => agent.send({ to: 'service', service: 'echo' }, payload('x'), { type: 1 }));
  act(2, (agent) => agent.offerService('echo'));
  call();
  expect(mails.map((mail) => mail.got)).toEqual([[], [], ['x']]);
  act(2, (agent) => agent.withdrawService('echo'));
  call();
  expect(mails[2]?.got).toEqual(['x']);
});

test('a full link refuses at once and names the recipient; the node lives', () => {
  const { nodes, mails, act, mesh } = chain('a', 'b');
  const [a, b] = nodes as [TestNode, TestNode];
  a.pipeTo(b).stuck = true;
  const big = new Uint8Array(900 * 1024);
  const unsent = new Set<string>();
  act(0, (agent) => {
    for (let i = 0; i < 40; i++)
      for (const { reason } of agent.send({ to: 'node', node: b.id }, big, { type: 1 })) unsent.add(reason);
  });
  expect([...unsent]).toEqual(['busy']);
  const { queuedBytes } = a.kernel.statistics((a.kernel.neighbors.get(b.id) as Neighbor).link) as {
    queuedBytes: number;
  };
  expect(queuedBytes).toBeLessThan(limits.linkQueueBytesMax + 2 * big.length);
  expect([mesh.nodes.size, mails[1]?.got]).toEqual([2, []]);
});

test('a traced frame of the largest size closes no link on its way', () => {
  const { mesh, nodes } = chain('a', 'b', 'c');
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
  const fields = { type: 1, feature: featureNumber('mail'), source: a.id, sequence: 1, ttl: 9 };
  const header = { ...fields, kind: RouteKind.node, destination: c.id, flags: Flag.traced };
  const largest = encodeFrame(header, new Uint8Array(limits.frameBytesMax - headerBytes));
  const { link } = a.pipeTo(b).other;
  b.enter(() => b.kernel.received(link, largest, mesh.now));
  mesh.run(20);
  expect([a, b, c].map((node) => node.told('link-down'))).toEqual([[], [], []]);
});

test('a payload above the frame limit does not leave, and closes no link', () => {
  const { nodes, act } = chain('a', 'b');
  act(0, (agent) => {
    try {
      agent.send({ to: 'node', node: (nodes[1] as TestNode).id }, new Uint8Array(limits.frameBytesMax), {
        type: 1,
      });
    } catch {
      // Refusing a bad argument by an exception is fine.
    }
  });
  expect((nodes as TestNode[]).map((node) => node.told('link-down'))).toEqual([[], []]);
});
