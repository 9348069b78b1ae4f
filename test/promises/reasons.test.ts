/** What each reason for a missing recipient means: which say that a message was not taken, and which do not know. */
import { afterEach, describe, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import {
  encodeReceipts,
  MessageType,
  ReceiptStatus,
  readReceipts,
} from '../../src/features/messaging/core/wire.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { lifeOf } from '../../src/kernel/life.ts';
import { limits } from '../../src/kernel/limits.ts';
import { Frame } from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import { frameRanges } from '../../src/sim/world/network/frames.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';
import { breakLink } from './break-link.ts';
import { closeMesh, smallMesh, undelivered } from './small-mesh.ts';

afterEach(closeMesh);

const messaging = featureNumber('messaging');

/** One with a link to each of two others. */
function twoNeighbors(): { a: TestNode; b: TestNode; c: TestNode } {
  const mesh = new TestMesh();
  const [b, a, c] = mesh.chain('b', 'a', 'c') as [TestNode, TestNode, TestNode];
  c.listen();
  mesh.run(1000);
  return { a, b, c };
}

/** Without the messaging frames of one type. */
function without(bytes: Uint8Array, type: number): Uint8Array {
  // The handshake begins with a preface, which is no frame.
  if (bytes[0] === 0xf5) return bytes;
  const kept: Uint8Array[] = [];
  const frame = new Frame();
  new FrameSplitter({
    frame(chunk, start, end) {
      const drop = frame.read(chunk, start, end) && frame.feature === messaging && frame.type === type;
      if (!drop) kept.push(chunk.slice(start, end));
      return true;
    },
  }).push(bytes);
  return Buffer.concat(kept);
}

const textsOf = (node: TestNode) => node.arrivals.map(({ body }) => new TextDecoder().decode(body));

describe('no-route', () => {
  test('at once means that nothing left: for a name never heard of, one that left, one long lost', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['a'] });
    await small.mesh.leave(small.member('b'));
    small.crash('c');
    await small.run(limits.routeGraceMs + 1000);
    const before = small.world.now;
    for (const name of ['nobody', 'b', 'c']) {
      await expect(small.send('a', name, 'hi')).rejects.toEqual(undelivered([name, 'no-route']));
    }
    expect(small.world.now).toBe(before);
  });

  test('for a node lost within the last 5 s waits first: its next life may get it', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    small.crash('b');
    await small.run(500);
    const sending = small.outcome(small.node('a').send('b', 'for whom?', { timeoutMs: 60_000 }));
    await small.run(500);
    expect(sending.now).toBe('pending');
    small.restart('b');
    const got = small.collect('b');
    await small.run(5000);
    expect([sending.now, got]).toMatchObject([{ delivered: ['b'] }, ['for whom?']]);
  });

  test('later means the same: the recipient did not come back, and no copy ever left', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    small.crash('b');
    await small.run(500);
    for (const timeoutMs of [1000, 60_000]) {
      const before = small.world.now;
      const sending = small.outcome(small.node('a').send('b', 'hi', { timeoutMs }));
      await small.world.runUntil(() => sending.now !== 'pending', 100_000);
      expect(sending.now).toEqual(undelivered(['b', 'no-route']));
      expect(small.world.now - before).toBeLessThan(10_000);
    }
  });
});

describe('lost', () => {
  test('means unknown: the recipient may have taken it before it went', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    mesh.tamper = (bytes, from) => (from === b ? without(bytes, MessageType.receipts) : bytes);
    const token = a.send([b], 'taken', { timeoutMs: 3000 });
    mesh.run(10);
    b.kill();
    mesh.run(3100);
    expect([textsOf(b), a.sent(token)?.missing]).toEqual([['taken'], [{ node: b.id, reason: 'lost' }]]);
  });
});

describe('timeout', () => {
  test('means unknown: the recipient may have taken it', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    mesh.tamper = (bytes, from) => (from === b ? without(bytes, MessageType.receipts) : bytes);
    const token = a.send([b], 'taken', { timeoutMs: 3000 });
    mesh.run(3100);
    expect([textsOf(b), a.sent(token)?.missing]).toEqual([['taken'], [{ node: b.id, reason: 'timeout' }]]);
  });

  test('comes after 10 s unless said otherwise, and at most 20 ms late', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    small.life('b').platform.pause();
    const asked = small.world.now;
    // A node paused for as long is lost as well; its messages are still asked for until the timeout.
    const sending = small.outcome(small.node('a').send('b', 'hi'));
    await small.world.runUntil(() => sending.now !== 'pending', 30_000);
    expect(small.world.now - asked).toBeGreaterThanOrEqual(messagingLimits.sendTimeoutMs - 2);
    expect(small.world.now - asked).toBeLessThan(messagingLimits.sendTimeoutMs + 22);
    small.life('b').platform.resume();
  });

  test('of a large body counts from the last part that got through', async () => {
    const network = { bytesPerSecond: 3_000_000 };
    const small = await smallMesh({ a: [], b: ['a'] }, { network });
    const body = new Uint8Array(messagingLimits.partBytes * 60);
    const before = small.world.now;
    const sent = await small.send('a', 'b', body, { timeoutMs: 2000 });
    expect(sent.delivered).toEqual(['b']);
    expect(small.world.now - before).toBeGreaterThan(4000);
  });

  test('may be told by a program that stood still itself, though the receipt was waiting in its socket', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const sending = small.outcome(small.node('a').send('b', 'hi', { timeoutMs: 1000 }));
    await small.run(1);
    small.life('a').platform.pause();
    await small.run(2500);
    small.life('a').platform.resume();
    await small.run(1000);
    expect([got, sending.now]).toEqual([['hi'], undelivered(['b', 'timeout'])]);
  });
});

describe('busy', () => {
  test('from the recipient comes as soon as it answers: its queue is full and the message was not taken', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const stream = small.node('b').messages({ bufferMessages: 1 });
    await small.send('a', 'b', 1);
    const before = small.world.now;
    await expect(small.send('a', 'b', 2)).rejects.toEqual(undelivered(['b', 'busy']));
    expect(small.world.now - before).toBeLessThan(100);
    await stream.close();
  });

  test('of a full link of its own comes at once, and nothing left', () => {
    const mesh = new TestMesh();
    const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
    b.listen();
    a.pipeTo(b).stuck = true;
    const part = new Uint8Array(messagingLimits.partBytes);
    while ((a.sent(a.send([b], part, { acknowledged: false }))?.missing ?? []).length === 0);
    const token = a.send([b], 'hi');
    expect(a.sent(token)?.missing).toEqual([{ node: b.id, reason: 'busy' }]);
    expect(textsOf(b)).toEqual([]);
  });

  test('is not told while an older copy may still be taken, after a change of the route', () => {
    const mesh = new TestMesh();
    const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
    mesh.run(1000);
    c.listen(1);
    a.send([c], 'fills the queue');
    mesh.run(10);
    const held: (() => void)[] = [];
    mesh.tamper = (bytes, from, to) => {
      if (from !== b || to !== c || without(bytes, MessageType.data).length === bytes.length) return bytes;
      const { link } = b.pipeTo(c).other;
      held.push(() => c.enter(() => c.kernel.received(link, bytes, mesh.now)));
      return without(bytes, MessageType.data);
    };
    const token = a.send([c], 'twice on its way');
    mesh.run(10);
    a.dial('c');
    mesh.run(100);
    expect(a.answers.has(token)).toBe(false);
    c.command('messaging', 'consumed', { consumer: 1, count: 1, byteLength: 0 });
    for (const arrive of held) arrive();
    mesh.run(100);
    expect(textsOf(c)).toEqual(['fills the queue', 'twice on its way']);
    expect(a.sent(token)?.delivered).toEqual([c.id]);
  });

  test('as SKEIN_BUSY means that 16,384 messages wait for receipts of that node: nothing left, and others are served', () => {
    const { a, b, c } = twoNeighbors();
    a.pipeTo(b).stuck = true;
    for (let i = 0; i < messagingLimits.unresolvedPerNodeMax; i++) a.send([b], '');
    expect(a.answers.get(a.send([b], 'one more'))?.failure).toMatchObject({
      code: 'SKEIN_BUSY',
      message: expect.stringMatching(/receipts of b .*16384 messages or 128 MiB/),
    });
    const toOther = a.send([c], 'to another');
    const toBoth = a.send([b, c], 'to both');
    a.mesh.run(10);
    expect(a.sent(toOther)).toMatchObject({ delivered: [c.id], missing: [] });
    expect(a.sent(toBoth)).toMatchObject({ delivered: [c.id], missing: [{ node: b.id, reason: 'busy' }] });
    expect(textsOf(c)).toEqual(['to another', 'to both']);
  });

  test('as SKEIN_BUSY means as well that 512 MiB of bodies wait for receipts, 128 of them of one node', () => {
    const { a, b, c } = twoNeighbors();
    a.pipeTo(b).stuck = true;
    const half = new Uint8Array(messagingLimits.unresolvedBytesPerNodeMax / 2);
    for (let i = 0; i < 2; i++) expect(a.answers.has(a.send([b], half))).toBe(false);
    expect(a.answers.get(a.send([b], 'one more'))?.failure?.code).toBe('SKEIN_BUSY');
    const toBoth = a.send([b, c], half);
    a.mesh.run(1000);
    expect(a.sent(toBoth)).toMatchObject({ delivered: [c.id], missing: [{ node: b.id, reason: 'busy' }] });
  });

  test('as SKEIN_BUSY means as well that 65,536 messages of this node wait for their receipts: nothing left', () => {
    const mesh = new TestMesh();
    const [a, ...others] = mesh.chain('a', 'b', 'c', 'd', 'e', 'f') as [TestNode, TestNode, ...TestNode[]];
    a.pipeTo(others[0] as TestNode).stuck = true;
    for (const other of others.slice(0, 4))
      for (let i = 0; i < messagingLimits.unresolvedPerNodeMax; i++) a.send([other], '');
    const token = a.send([others[4] as TestNode], 'one more');
    expect(a.answers.get(token)?.failure?.message).toMatch(/receipts does already: 65536 messages/);
  });
});

test('refused comes as soon as the recipient says so: it does not take messages at all', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  const life = lifeOf(a.kernel.self.instance);
  const statuses: number[] = [];
  mesh.tamper = (bytes, from) => {
    if (from !== b || bytes[0] === 0xf5) return bytes;
    const frame = new Frame();
    for (const [start, end] of frameRanges(bytes) ?? []) {
      if (!frame.read(bytes, start, end) || frame.feature !== messaging) continue;
      const sequences: number[] = [];
      readReceipts(frame.payload, (_life, sequence) => sequences.push(sequence));
      const refusals = sequences.map(() => ReceiptStatus.refused);
      statuses.push(...refusals);
      frame.payload.set(encodeReceipts(life, sequences, refusals));
    }
    return bytes;
  };
  const token = a.send([b], 'hi');
  mesh.run(20);
  expect(statuses).toEqual([ReceiptStatus.refused]);
  expect(a.sent(token)?.missing).toEqual([{ node: b.id, reason: 'refused' }]);
});

describe('aborted', () => {
  test('by the signal comes at once and means unknown', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const controller = new AbortController();
    const sending = small.outcome(small.node('a').send('b', 'hi', { signal: controller.signal }));
    await small.run(1);
    controller.abort();
    await small.run(100);
    expect([sending.now, got]).toEqual([undelivered(['b', 'aborted']), ['hi']]);
  });

  test('before the call is SKEIN_ABORTED with the reason of the signal, and nothing left', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const signal = AbortSignal.abort('changed my mind');
    await expect(small.send('a', 'b', 'hi', { signal })).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
      cause: 'changed my mind',
    });
    await small.run(100);
    expect(got).toEqual([]);
  });

  test('because this node closes means unknown', async () => {
    const small = await smallMesh({ a: [], b: ['a'] });
    const got = small.collect('b');
    const sending = small.outcome(small.node('a').send('b', 'hi'));
    await small.mesh.leave(small.member('a'));
    await small.run(100);
    expect([sending.now, got]).toEqual([undelivered(['b', 'aborted']), ['hi']]);
  });
});

test('a relay that finds no way gives the message back, and it is tried again until its timeout', () => {
  const mesh = new TestMesh();
  const [a, b, c] = mesh.chain('a', 'b', 'c') as [TestNode, TestNode, TestNode];
  c.listen();
  breakLink(b, c);
  const token = a.send([c], 'hi');
  mesh.run(300);
  c.dial('b');
  mesh.run(3000);
  expect([a.sent(token)?.delivered, textsOf(c)]).toEqual([[c.id], ['hi']]);
});
