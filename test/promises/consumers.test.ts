/** What handlers and loops get, and what they do not: several of them, slow ones, ended ones. */
import { afterEach, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { closeMesh, smallMesh, undelivered } from './small-mesh.ts';

afterEach(closeMesh);

const pair = { a: [], b: ['a'] };

test('each consumer of a kind gets every message of it; other kinds wait for theirs', async () => {
  const small = await smallMesh(pair);
  const b = small.node('b');
  const got = { one: [] as unknown[], two: [] as unknown[], late: [] as unknown[] };
  b.handle(({ body }) => void got.one.push(body), { kind: 'k' });
  b.handle(({ body }) => void got.two.push(body), { kind: 'k' });
  await small.send('a', 'b', 'for k', { kind: 'k' });
  await small.send('a', 'b', 'for another', { kind: 'another' });
  b.handle(({ body }) => void got.late.push(body), { kind: 'another' });
  await small.run(10);
  expect(got).toEqual({ one: ['for k'], two: ['for k'], late: ['for another'] });
});

test('a body whose memory the handler gives away counts as consumed, whole', async () => {
  const small = await smallMesh(pair);
  const bytes = messagingLimits.receiveBufferBytes / 2;
  small.node('b').handle(({ body }) => {
    const { buffer, length } = body as Uint8Array<ArrayBuffer>;
    if (length !== bytes) return new Promise(() => undefined);
    structuredClone(buffer, { transfer: [buffer] });
    return undefined;
  });
  for (let i = 0; i < 2; i++) await small.send('a', 'b', new Uint8Array(bytes));
  // There is room for more than one again.
  for (let i = 0; i < 2; i++) await small.send('a', 'b', Uint8Array.of(i));
});

test('a full consumer misses what a second one of its kind had room for, and the sender is not told', async () => {
  const small = await smallMesh(pair);
  const slow = small.node('b').messages({ bufferMessages: 1 });
  const fast = small.collect('b');
  for (const body of [1, 2, 3]) expect((await small.send('a', 'b', body)).delivered).toEqual(['b']);
  await small.mesh.leave(small.member('b'));
  const seen: unknown[] = [];
  for await (const { body } of slow) seen.push(body);
  expect([fast, seen]).toEqual([[1, 2, 3], [1]]);
});

test('a handler is called for the next message while its last promise is pending; beyond its buffer senders are told busy', async () => {
  const small = await smallMesh(pair);
  const done: (() => void)[] = [];
  const handler = () => new Promise<void>((resolve) => done.push(resolve));
  small.node('b').handle(handler, { bufferMessages: 2 });
  await small.send('a', 'b', 1);
  await small.send('a', 'b', 2);
  expect(done).toHaveLength(2);
  await expect(small.send('a', 'b', 3)).rejects.toEqual(undelivered(['b', 'busy']));
  done[0]?.();
  await small.run(10);
  expect((await small.send('a', 'b', 4)).delivered).toEqual(['b']);
});

test('a loop that is left drops what it had not read', async () => {
  const small = await smallMesh(pair);
  const stream = small.node('b').messages();
  for (const body of [1, 2, 3]) await small.send('a', 'b', body);
  for await (const { body } of stream) {
    expect(body).toBe(1);
    break;
  }
  const later = small.collect('b');
  await small.run(1000);
  expect(later).toEqual([]);
});

test('what was accepted can still be read after the node has closed', async () => {
  const small = await smallMesh(pair);
  const stream = small.node('b').messages();
  for (const body of [1, 2]) await small.send('a', 'b', body);
  await small.mesh.leave(small.member('b'));
  const bodies: unknown[] = [];
  for await (const { body } of stream) bodies.push(body);
  expect(bodies).toEqual([1, 2]);
});

test('a slow recipient costs the others nothing', async () => {
  const small = await smallMesh({ a: [], slow: ['a'], b: ['a'] });
  small.life('slow').platform.pause();
  const waiting = Array.from({ length: 500 }, (_, i) => small.node('a').send('slow', i, { require: 'none' }));
  const before = small.world.now;
  expect((await small.send('a', 'b', 'hi')).delivered).toEqual(['b']);
  expect(small.world.now - before).toBeLessThan(50);
  small.life('slow').platform.resume();
  const results = await small.world.resolve(Promise.all(waiting));
  expect(results.every(({ deliveredCount }) => deliveredCount === 1)).toBe(true);
});

test('whoever snoops too slowly misses messages; the traffic does not wait', async () => {
  const small = await smallMesh({ a: [], b: ['a'], c: ['b'] });
  const snooped = small.node('b').snoop();
  small.collect('c');
  await small.world.resolve(snooped.opened);
  const count = messagingLimits.receiveBufferMessages + 10;
  const sends = Array.from({ length: count }, (_, i) => small.node('a').send('c', i));
  const results = await small.world.resolve(Promise.all(sends));
  expect(results.every(({ deliveredCount }) => deliveredCount === 1)).toBe(true);
  await small.mesh.leave(small.member('b'));
  let seen = 0;
  for await (const { from } of snooped) seen += from === 'a' ? 1 : 0;
  expect(seen).toBe(messagingLimits.receiveBufferMessages);
});

test('of a body above 256 KiB a snoop sees parts, each with the size of the whole and without a body', async () => {
  const small = await smallMesh({ a: [], b: ['a'], c: ['b'] });
  const snooped = small.node('b').snoop();
  await small.world.resolve(snooped.opened);
  const { length } = new Uint8Array(2 * messagingLimits.partBytes + 1);
  const sent = await small.send('a', 'c', new Uint8Array(length));
  await small.mesh.leave(small.member('b'));
  const seen: unknown[] = [];
  for await (const { id, body, bodyBytes } of snooped) seen.push({ id, body, bodyBytes });
  expect(seen).toEqual(
    Array.from({ length: 3 }, () => ({ id: sent.id, body: undefined, bodyBytes: length })),
  );
});
