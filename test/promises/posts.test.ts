/** What `post` promises: little, and what it says when it could not even leave. */
import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/core/limits.ts';
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
  const count = limits.receiveBufferMessages + 5;
  for (let i = 0; i < count; i++) expect(small.node('a').post('b', i)).toBe(true);
  await small.run(100);
  const { features } = await small.world.resolve(small.node('b').status());
  expect(features.messaging).toMatchObject({ received: limits.receiveBufferMessages, busy: 5 });
});

test('a post is false while more than 16 MiB wait for the link, and true again after drained', async () => {
  const small = await smallMesh(pair, { network: { bytesPerSecond: 50_000_000 } });
  const body = new Uint8Array(limits.partBytes);
  let posted = 0;
  while (small.node('a').post('b', body)) posted++;
  expect(posted * body.length).toBeGreaterThanOrEqual(limits.linkQueueBytesMax);
  expect(posted * body.length).toBeLessThan(1.1 * limits.linkQueueBytesMax);
  await small.world.resolve(small.node('a').drained());
  expect(small.node('a').post('b', body)).toBe(true);
});

test('drained resolves also when the link that it waited for is lost', async () => {
  const small = await smallMesh(pair, { network: { bytesPerSecond: 1000 } });
  for (let i = 0; i < 8; i++) small.node('a').post('b', new Uint8Array(limits.partBytes));
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
  expect(() => a.post('b', new Uint8Array(limits.partBytes + 1))).toThrow(code('SKEIN_TOO_LARGE'));
  expect(() => a.post('b c', 'hi')).toThrow(TypeError);
  await small.mesh.leave(small.member('a'));
  expect(() => a.post('b', 'hi')).toThrow(code('SKEIN_CLOSED'));
});
