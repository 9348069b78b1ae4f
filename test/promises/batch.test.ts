/** Messages whose receipts are counted: each in the end delivered or missing, and no more under way than was said. */
import { afterEach, expect, test } from 'vitest';
import { messagingLimits } from '../../src/features/messaging/core/limits.ts';
import { closeMesh, smallMesh } from './small-mesh.ts';

afterEach(closeMesh);

const line = { a: [], b: ['a'], c: ['b'] };

test('a batch counts what was delivered, in order, across hops and losses', async () => {
  const small = await smallMesh(line, { network: { loss: 0.05, jitter: 1 } });
  const got = small.collect('c');
  const batch = small.node('a').batch('c', { inFlight: 50 });
  const numbers = Array.from({ length: 500 }, (_, i) => i);
  const all = (async () => {
    for (const i of numbers) while (!batch.add(i)) await batch.room();
    return batch.done();
  })();
  expect(await small.world.resolve(all, 60_000)).toEqual({
    delivered: 500,
    missing: 0,
    underWay: 0,
    reasons: {},
  });
  expect(got).toEqual(numbers);
});

test('a batch has no more under way than it may, and says so', async () => {
  const small = await smallMesh(line);
  const batch = small.node('a').batch('c', { inFlight: 3 });
  small.collect('c');
  expect([1, 2, 3, 4].map((i) => batch.add(i))).toEqual([true, true, true, false]);
  expect(batch.counts.underWay).toBe(3);
  await small.world.resolve(batch.room());
  expect(batch.counts.underWay).toBeLessThanOrEqual(1);
  expect(batch.add(4)).toBe(true);
  expect((await small.world.resolve(batch.done())).delivered).toBe(4);
});

test('a batch says why messages are missing: a receiver that takes no more, or is not there', async () => {
  const small = await smallMesh(line);
  const full = small.node('a').batch('c', { inFlight: 4000 });
  for (let i = 0; i < messagingLimits.receiveBufferMessages + 7; i++) full.add(i);
  expect(await small.world.resolve(full.done(), 30_000)).toEqual({
    delivered: messagingLimits.receiveBufferMessages,
    missing: 7,
    underWay: 0,
    reasons: { busy: 7 },
  });
  const nobody = small.node('a').batch('z');
  nobody.add(1);
  expect((await small.world.resolve(nobody.done())).reasons).toEqual({ 'no-route': 1 });
});

test('a batch of a node that ends says so to whoever waits for it', async () => {
  const small = await smallMesh(line);
  const batch = small.node('a').batch('c');
  batch.add(1);
  small.node('a').kill();
  small.mayEnd.add('a');
  await expect(small.world.resolve(batch.done())).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
  expect(() => batch.add(2)).toThrow(/closed/);
});

test('a batch to nobody, to oneself, with options that there are not, or of bodies too large is refused', async () => {
  const small = await smallMesh({ a: [] });
  const node = small.node('a');
  expect(() => node.batch('no good')).toThrow(/a name has 1 to 64/);
  expect(() => node.batch('a')).toThrow(/this node itself/);
  expect(() => node.batch('b', { inFlight: 0 })).toThrow(/inFlight is a whole number/);
  expect(() => node.batch('b', { receipt: 'all' } as never)).toThrow(/unknown option "receipt"/);
  expect(() => node.batch('b').add(new Uint8Array(messagingLimits.partBytes + 1))).toThrow(/use send/);
});
