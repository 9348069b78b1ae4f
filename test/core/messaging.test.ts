/** Messages between kernels: receipts, large bodies, what is full, and a way around a link that dies. */

import { describe, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { encodeReceipts, MessageType } from '../../src/features/messaging/core/wire.ts';
import { messaging as messagingFeature } from '../../src/features/messaging/feature.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { limits } from '../../src/kernel/limits.ts';
import { Frame } from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import { TestMesh, type TestNode } from './harness.ts';

const messaging = featureNumber('messaging');

/** Passes each frame of a chunk on, or not; only after the handshake, whose preface is no frame. */
function filter(bytes: Uint8Array, keep: (frame: Frame) => boolean): Uint8Array {
  if (bytes[0] === 0xf5) return bytes;
  const kept: Uint8Array[] = [];
  const frame = new Frame();
  new FrameSplitter({
    frame(chunk, start, end) {
      if (!frame.read(chunk, start, end) || keep(frame)) kept.push(chunk.slice(start, end));
      return true;
    },
  }).push(bytes);
  return Uint8Array.from(kept.flatMap((part) => [...part]));
}

function textOf(node: TestNode): string[] {
  return node.arrivals.map(({ body }) => new TextDecoder().decode(body));
}

const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

test('one message to many arrives once at each, across hops, and each answers', () => {
  const mesh = new TestMesh();
  const [a, b, c, d] = mesh.chain('a', 'b', 'c', 'd') as [TestNode, TestNode, TestNode, TestNode];
  for (const node of [b, c, d]) node.listen();
  const token = a.send([b, c, d], 'hi');
  mesh.run(50);
  expect(a.sent(token)?.delivered.toSorted()).toEqual([b.id, c.id, d.id].toSorted());
  for (const node of [b, c, d]) expect(textOf(node)).toEqual(['hi']);
});

test('messages to one node arrive in the order in which they were sent', () => {
  const mesh = new TestMesh();
  mesh.delay = () => mesh.random.next() * 30;
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  mesh.run(500);
  const texts = Array.from({ length: 200 }, (_, i) => String(i));
  for (const text of texts) a.send([b], text);
  mesh.run(500);
  b.listen();
  expect(textOf(b)).toEqual(texts);
});

test('a recipient without a route is missing at once, the others are delivered', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  const stranger = mesh.add('stranger');
  const token = a.send([b, stranger], 'hi');
  mesh.run(10);
  expect(a.sent(token)).toMatchObject({
    delivered: [b.id],
    missing: [{ node: stranger.id, reason: 'no-route' }],
  });
});

test('a recipient that never answers is missing by timeout, neither sooner nor much later', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  mesh.tamper = (bytes) => filter(bytes, (frame) => frame.feature !== messaging);
  const token = a.send([b], 'hi', { timeoutMs: 3000 });
  mesh.run(2999);
  expect(a.answers.has(token)).toBe(false);
  mesh.run(50);
  expect(a.sent(token)).toMatchObject({ delivered: [], missing: [{ node: b.id, reason: 'timeout' }] });
});

describe('a lost receipt', () => {
  test('is asked for again; the message is not taken twice', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    let lost = 0;
    mesh.tamper = (bytes, from) =>
      from === b
        ? filter(
            bytes,
            ({ feature, type }) => feature !== messaging || type !== MessageType.receipts || ++lost > 2,
          )
        : bytes;
    const token = a.send([b], 'once');
    mesh.run(8000);
    expect(lost).toBe(3);
    expect(a.sent(token)?.delivered).toEqual([b.id]);
    expect(textOf(b)).toEqual(['once']);
  });

  test('forged for a life that is not ours resolves nothing', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    mesh.tamper = (bytes, from) => {
      if (from !== b) return bytes;
      return filter(bytes, (frame) => {
        if (frame.feature === messaging) frame.payload.set(encodeReceipts(12345, [], []));
        return true;
      });
    };
    const token = a.send([b], 'x', { timeoutMs: 2000 });
    mesh.run(1900);
    expect(a.answers.has(token)).toBe(false);
  });
});

describe('a body above the part size', () => {
  const body = pattern(messagingLimits.partBytes * 11 + 17);

  function transfer(tamper: (node: { a: TestNode; b: TestNode }) => TestMesh['tamper']) {
    const mesh = new TestMesh();
    const [a, , c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    c.listen();
    mesh.tamper = tamper({ a, b: c });
    const token = a.send([c], body);
    mesh.run(20_000);
    return { a, c, answer: a.sent(token) };
  }

  test('is split, joined and handed over once', () => {
    const { c, answer } = transfer(() => (bytes) => bytes);
    expect(answer?.delivered).toEqual([c.id]);
    expect(c.arrivals.map((arrival) => Buffer.compare(arrival.body, body))).toEqual([0]);
  });

  test('comes through though a part is lost', () => {
    let parts = 0;
    const { c, answer } = transfer(
      ({ a }) =>
        (bytes, from) =>
          from === a
            ? filter(
                bytes,
                ({ feature, type }) => feature !== messaging || type !== MessageType.part || ++parts !== 5,
              )
            : bytes,
    );
    expect(answer?.delivered).toEqual([c.id]);
    expect(c.arrivals.map((arrival) => Buffer.compare(arrival.body, body))).toEqual([0]);
  });

  test('is delivered once though the receipt of the whole is lost', () => {
    let dropping = true;
    const { c, answer } = transfer(({ b: c }) => (bytes, from) => {
      if (from !== c || !dropping || c.arrivals.length === 0) return bytes;
      dropping = false;
      return filter(bytes, ({ feature }) => feature !== messaging);
    });
    expect(dropping).toBe(false);
    expect(answer?.delivered).toEqual([c.id]);
    expect(c.arrivals).toHaveLength(1);
  });

  test('above the stated limit is refused at once', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    const token = a.send([b], new Uint8Array(messagingLimits.bodyBytesMax + 1));
    expect(a.answers.get(token)?.failure).toMatchObject({
      code: 'SKEIN_TOO_LARGE',
      message: expect.stringMatching(/over the limit of \d+; send it in several/),
    });
  });
});

test('the 1,025th message that nobody takes is answered busy; after a listener came there is room again', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  const tokens = Array.from({ length: messagingLimits.receiveBufferMessages + 1 }, (_, i) =>
    a.send([b], String(i)),
  );
  mesh.run(10);
  expect(a.sent(tokens[messagingLimits.receiveBufferMessages - 1] as number)?.delivered).toEqual([b.id]);
  expect(a.sent(tokens[messagingLimits.receiveBufferMessages] as number)?.missing).toEqual([
    { node: b.id, reason: 'busy' },
  ]);
  b.listen(2000);
  const token = a.send([b], 'again');
  mesh.run(10);
  expect(a.sent(token)?.delivered).toEqual([b.id]);
  expect(b.arrivals).toHaveLength(messagingLimits.receiveBufferMessages + 1);
});

describe('a link that dies in flight', () => {
  /** a to d by b; by c and c2 it is one hop longer. */
  function detour() {
    const mesh = new TestMesh();
    const [a, b, d] = mesh.chain('a', 'b', 'd') as [TestNode, TestNode, TestNode];
    mesh.chain('a', 'c', 'c2', 'd');
    mesh.run(200);
    d.listen();
    return { mesh, a, b, d };
  }

  test('sends the message by another route well before its timeout', () => {
    const { mesh, a, b, d } = detour();
    a.pipeTo(b).stuck = true;
    const token = a.send([d], 'hi');
    mesh.run(10);
    b.kill();
    mesh.run(1500);
    expect(a.sent(token)?.delivered).toEqual([d.id]);
    expect(textOf(d)).toEqual(['hi']);
  });

  test('delivers once what had arrived already', () => {
    const { mesh, a, b, d } = detour();
    d.pipeTo(b).stuck = true;
    const token = a.send([d], 'hi');
    mesh.run(10);
    expect([textOf(d), a.answers.has(token)]).toEqual([['hi'], false]);
    b.kill();
    mesh.run(1500);
    expect(a.sent(token)?.delivered).toEqual([d.id]);
    expect(textOf(d)).toEqual(['hi']);
  });

  test('names who is missing and why when there is no other route', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    a.pipeTo(b).stuck = true;
    const token = a.send([b], 'hi', { timeoutMs: 2000 });
    b.kill();
    mesh.run(2100);
    expect(a.sent(token)?.missing).toEqual([{ node: b.id, reason: 'lost' }]);
  });

  test('waits for its return also in the very turn in which that link is lost', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    const { link, other } = a.pipeTo(b);
    const send = { recipients: [b.id], body: new Uint8Array(1), kind: 'k', encoding: 0 };
    const token = 99;
    a.enter(() => {
      a.kernel.closed(link, undefined, mesh.now);
      const command = { ...send, acknowledged: true, traced: false, timeoutMs: 10_000 };
      a.kernel.command('messaging', 'send', command, token, mesh.now);
    });
    b.enter(() => b.kernel.closed(other.link, undefined, mesh.now));
    mesh.run(1500);
    expect(a.sent(token)).toMatchObject({ delivered: [b.id], missing: [] });
  });

  test('is waited for until the deadline, however long its recipient is out of reach', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    mesh.tamper = () => undefined;
    const token = a.send([b], 'hi', { timeoutMs: 60_000 });
    mesh.run(20_000);
    expect([a.knows(), a.answers.has(token)]).toEqual([[], false]);
    mesh.tamper = (bytes) => bytes;
    a.dial('b');
    mesh.run(1000);
    expect([a.sent(token)?.delivered, textOf(b)]).toEqual([[b.id], ['hi']]);
  });
});

test('busy is final only when no other copy is on its way', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  for (let i = 0; i < messagingLimits.receiveBufferMessages; i++) a.send([b], 'x');
  mesh.run(10);
  const single = a.send([b], 'one copy', { timeoutMs: 2500 });
  mesh.run(10);
  expect(a.sent(single)?.missing).toEqual([{ node: b.id, reason: 'busy' }]);
  mesh.tamper = (bytes, from) => (from === a ? filter(bytes, (frame) => frame.feature !== messaging) : bytes);
  const token = a.send([b], 'the first copy is lost', { timeoutMs: 2500 });
  mesh.run(500);
  mesh.tamper = (bytes) => bytes;
  mesh.run(1000);
  expect(a.answers.has(token)).toBe(false);
  mesh.run(1100);
  expect(a.sent(token)?.missing).toEqual([{ node: b.id, reason: 'timeout' }]);
});

test('a node that leaves answers its own pending sends, and those who wait for it are told at once', () => {
  const mesh = new TestMesh();
  const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
  mesh.tamper = (bytes, from) => (from === c ? filter(bytes, (frame) => frame.feature !== messaging) : bytes);
  const fromA = a.send([c], 'x');
  const fromC = c.send([a], 'y');
  mesh.run(10);
  c.stop();
  mesh.run(100);
  expect(a.sent(fromA)?.missing).toEqual([{ node: c.id, reason: 'lost' }]);
  expect(c.sent(fromC)?.missing).toEqual([{ node: a.id, reason: 'aborted' }]);
  expect(b.knows()).toEqual(['a']);
});

test('what is sent and forgotten is answered at once and arrives', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  b.listen();
  const token = a.send([b], 'hi', { acknowledged: false });
  expect(a.sent(token)).toMatchObject({ delivered: [], missing: [] });
  mesh.run(10);
  expect(textOf(b)).toEqual(['hi']);
});

test('a traced message carries its hops, source first and recipient last', () => {
  const mesh = new TestMesh();
  const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
  c.listen();
  a.send([c], 'hi', { traced: true });
  mesh.run(10);
  expect(c.arrivals[0]?.route).toEqual([a.id, b.id, c.id]);
  expect(textOf(c)).toEqual(['hi']);
});

describe('from a node whose record has not come yet', () => {
  /** `x` knows `c` already, two hops away, and `c` hears of `x` only when `tell` is called. */
  function newcomer() {
    const mesh = new TestMesh();
    const [b, c] = mesh.chain('b', 'c') as [TestNode, TestNode];
    b.command('topology', 'set-sync-period', 500);
    c.listen();
    mesh.run(2000);
    const topology = featureNumber('topology');
    mesh.tamper = (bytes, _from, to) =>
      to === c ? filter(bytes, ({ feature }) => feature !== topology) : bytes;
    const x = mesh.add('x');
    x.dial('b');
    mesh.run(200);
    expect([x.knows(), c.knows()]).toEqual([['b', 'c'], ['b']]);
    const tell = (): void => {
      mesh.tamper = (bytes) => bytes;
      mesh.run(1500);
    };
    return { mesh, x, c, tell };
  }

  test('messages are taken once it comes, all of them, in their order', () => {
    const { mesh, x, c, tell } = newcomer();
    for (let i = 0; i < 20; i++) x.send([c], String(i), { acknowledged: i % 3 === 0 });
    mesh.run(100);
    expect(textOf(c)).toEqual([]);
    tell();
    expect(textOf(c)).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
    expect(c.core.behavior(messagingFeature).status()).toMatchObject({ unknownSource: 0 });
  });

  test('so much is held, for so long; the rest is dropped and counted', () => {
    const { mesh, x, c, tell } = newcomer();
    const body = new Uint8Array(200_000);
    for (let i = 0; i < 30; i++) x.send([c], body, { acknowledged: false });
    mesh.run(100);
    const held = Math.floor(limits.unknownSourceBytesMax / (body.length + 100));
    expect(c.core.behavior(messagingFeature).status()).toMatchObject({ unknownSource: 30 - held });
    mesh.run(limits.unknownSourceMs + 1000);
    tell();
    expect(c.arrivals).toEqual([]);
    expect(c.core.behavior(messagingFeature).status()).toMatchObject({ unknownSource: 30 });
  });
});
