/** How often a message may come: once to each life of its recipient, within the stated memory. */
import { afterEach, describe, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { limits } from '../../src/kernel/limits.ts';
import { Dedup } from '../../src/kernel/parts/dedup.ts';
import { pause } from '../../src/sim/index.ts';
import { TestMesh, type TestNode } from '../core/harness.ts';
import { closeMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

test('a recipient that took a message and died before its receipt got out may take it again in its next life', () => {
  const mesh = new TestMesh();
  const [a, b] = mesh.chain('a', 'b') as [TestNode, TestNode];
  b.listen();
  mesh.tamper = (bytes, from) => (from === b ? undefined : bytes);
  const token = a.send([b], 'once?', { timeoutMs: 30_000 });
  mesh.run(10);
  b.kill();
  mesh.tamper = (bytes) => bytes;
  const again = mesh.add('b');
  again.dial('a');
  again.listen();
  mesh.run(5000);
  expect([b.arrivals.length, again.arrivals.length]).toEqual([1, 1]);
  expect(a.sent(token)?.delivered).toEqual([b.id]);
});

test('two sends of one body are two messages: both are delivered', async () => {
  const small = await smallMesh({ a: [], b: ['a'] });
  const got = small.collect('b');
  const first = await small.send('a', 'b', 'same');
  const second = await small.send('a', 'b', 'same');
  expect(got).toEqual(['same', 'same']);
  expect(second.id).not.toBe(first.id);
});

test('source, instance and id are the same for the same message and for no other', async () => {
  const small = await smallMesh({ a: [], b: ['a'], c: ['a'] });
  const seen: string[] = [];
  const listen = (name: string) =>
    small.node(name).handle(({ from, instance, id }) => void seen.push(`${name} ${from} ${instance} ${id}`));
  for (const name of ['b', 'c']) listen(name);
  await small.send('a', ['b', 'c'], 1);
  small.crash('a');
  small.restart('a');
  await small.whole();
  await small.send('a', ['b', 'c'], 1);
  const keys = seen.map((line) => line.slice(2));
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(2);
});

test('a paused recipient gets once what was repeated to it meanwhile', async () => {
  const small = await smallMesh({ a: [], b: ['a'] });
  const got = small.collect('b');
  const stop = pause([small.member('b')]);
  stop.start(small.mesh);
  const sending = small.outcome(small.node('a').send('b', 'once', { timeoutMs: 30_000 }));
  await small.run(2900);
  stop.end(small.mesh);
  await small.run(10_000);
  expect([got, sending.now]).toMatchObject([['once'], { delivered: ['b'] }]);
});

describe('the memory of what was taken', () => {
  test('lasts two minutes after the last message of its source', () => {
    expect(limits.dedupIdleMs).toBe(120_000);
    const memory = new Dedup();
    memory.check(1, 1, 5, 5, 0);
    memory.mark(1, 1, 5, 0);
    memory.forgetIdle(119_999);
    expect(memory.check(1, 1, 5, 5, 119_999)).toBe('seen');
    memory.forgetIdle(119_999 + 120_000);
    expect(memory.check(1, 1, 5, 5, 119_999 + 120_000)).toBe('fresh');
  });

  test('is longer than a send waits by default, many times over', () => {
    expect(messagingLimits.sendTimeoutMs * 10).toBeLessThanOrEqual(limits.dedupIdleMs);
  });
});
