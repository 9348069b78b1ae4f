/** What `post` promises: little, and what it says when it could not even leave. */
import { afterEach, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import { closeMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const pair = { a: [], b: ['a'] };

test('a post is handed over once, and no answer comes', async () => {
  const small = await smallMesh(pair);
  const got = small.collect('b');
  expect(small.node('a').post('b', 'hi')).toBe(true);
  await small.run(60_000);
  expect(got).toEqual(['hi']);
});

test('a post to a node without a route is false, and stays unsent', async () => {
  const small = await smallMesh(pair);
  small.crash('b');
  await small.run(500);
  expect(small.node('a').post('b', 'hi')).toBe(false);
  expect(small.node('a').post('nobody', 'hi')).toBe(false);
  small.restart('b');
  const got = small.collect('b');
  await small.whole();
  await small.run(5000);
  expect(got).toEqual([]);
});

test('a post that left is lost with its link: true says nothing of its arrival', async () => {
  const small = await smallMesh(pair);
  expect(small.node('a').post('b', 'hi')).toBe(true);
  small.crash('b');
  small.restart('b');
  const got = small.collect('b');
  await small.run(60_000);
  expect(got).toEqual([]);
});

test('a post to a full queue is dropped there, counted there, and nobody is told', async () => {
  const small = await smallMesh(pair);
  const count = messagingLimits.receiveBufferMessages + 5;
  for (let i = 0; i < count; i++) expect(small.node('a').post('b', i)).toBe(true);
  await small.run(100);
  const { features } = await small.world.resolve(small.node('b').status());
  expect(features.messaging).toMatchObject({ received: messagingLimits.receiveBufferMessages, busy: 5 });
});

test('a post is false while more than 16 MiB wait for the link, and true again after drained', async () => {
  const small = await smallMesh(pair, { network: { bytesPerSecond: 50_000_000 } });
  const body = new Uint8Array(messagingLimits.partBytes);
  let posted = 0;
  while (small.node('a').post('b', body)) posted++;
  expect(posted * body.length).toBeGreaterThanOrEqual(limits.linkQueueBytesMax);
  expect(posted * body.length).toBeLessThan(1.1 * limits.linkQueueBytesMax);
  await small.world.resolve(small.node('a').drained());
  expect(small.node('a').post('b', body)).toBe(true);
});

test('drained resolves also when the link that it waited for is lost', async () => {
  const small = await smallMesh(pair, { network: { bytesPerSecond: 1000 } });
  for (let i = 0; i < 8; i++) small.node('a').post('b', new Uint8Array(messagingLimits.partBytes));
  let resolved = false;
  const drained = small
    .node('a')
    .drained()
    .then(() => {
      resolved = true;
    });
  await small.run(1000);
  expect(resolved).toBe(false);
  small.crash('b');
  await small.world.resolve(drained, 10_000);
  expect(small.node('a').post('b', 'hi')).toBe(false);
});

test('a post refuses at once what cannot be one: to itself, above 256 KiB, of a bad name, on a closed node', async () => {
  const small = await smallMesh(pair);
  const a = small.node('a');
  const code = (expected: string) => expect.objectContaining({ code: expected });
  expect(() => a.post('a', 'hi')).toThrow(code('SKEIN_SELF'));
  expect(() => a.post('b', new Uint8Array(messagingLimits.partBytes + 1))).toThrow(code('SKEIN_TOO_LARGE'));
  expect(() => a.post('b c', 'hi')).toThrow(TypeError);
  await small.mesh.leave(small.member('a'));
  expect(() => a.post('b', 'hi')).toThrow(code('SKEIN_CLOSED'));
});

test('a broadcast without receipts reaches all that are in reach at the call, as the mesh changes', async () => {
  const small = await smallMesh({ a: [], b: ['a'], c: ['b'], d: ['a'] });
  const got = new Map(['b', 'c', 'd'].map((name) => [name, small.collect(name)]));
  const all = async (body: unknown) =>
    small.world.resolve(small.node('a').broadcast(body, { receipt: 'none' }));
  expect(await all(1)).toMatchObject({ deliveredCount: 0, missingCount: 0 });
  await small.run(100);
  small.crash('d');
  await small.run(500);
  await all(Uint8Array.of(2));
  small.start({ name: 'e', seeds: ['c'] });
  got.set('e', small.collect('e'));
  await small.run(2000);
  await all({ three: 3 });
  await small.world.resolve(small.node('a').hangup('b'));
  // In the turn in which the only link is gone: nobody is in reach any more.
  expect(await all(4)).toMatchObject({ missingCount: 0 });
  await small.run(100);
  const expected = [1, Uint8Array.of(2), { three: 3 }];
  expect(Object.fromEntries(got)).toEqual({ b: expected, c: expected, d: [1], e: [{ three: 3 }] });
});
