/** What becomes of a message, and of what nodes know, in each fault: one test a row of the guarantees' table. */
import { afterEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/kernel/limits.ts';
import { drift, oneWay, partition, pause } from '../../src/sim/index.ts';
import { closeMesh, SmallMesh, smallMesh, undelivered } from './small-mesh.ts';

afterEach(closeMesh);

const pair = { a: [], b: ['a'] };
/** a to d by b; by c1 and c2 it is a hop longer. */
const detour = { a: [], b: ['a'], d: ['b'], c1: ['a'], c2: ['c1', 'd'] };

describe('the sender dies', () => {
  test('what it had handed to the system may arrive; nobody repeats the rest', async () => {
    const small = await smallMesh(pair);
    const got = small.collect('b');
    small.outcome(small.node('a').send('b', 'handed over'));
    await small.run(1);
    small.crash('a');
    small.restart('a');
    await small.run(60_000);
    expect(got).toEqual(['handed over']);
  });

  test('its next life begins with nothing: it knows of no message that it had sent', async () => {
    const small = await smallMesh(pair);
    small.life('b').platform.pause();
    small.outcome(small.node('a').send('b', 'of the first life'));
    small.crash('a');
    const again = small.restart('a');
    small.life('b').platform.resume();
    const got = small.collect('b');
    await small.whole();
    await small.run(60_000);
    const { features } = await small.world.resolve(again.status());
    expect([got, features.messaging]).toMatchObject([[], { sent: 0, unresolved: 0 }]);
  });
});

describe('the recipient dies', () => {
  test('a send under way waits until its timeout and is then missing as lost: it may have been taken', async () => {
    for (const timeoutMs of [3000, 60_000]) {
      const small = await smallMesh(pair);
      small.life('b').platform.pause();
      const before = small.world.now;
      const sending = small.outcome(small.node('a').send('b', 'hi', { timeoutMs }));
      await small.run(100);
      small.crash('b');
      await small.world.runUntil(() => sending.now !== 'pending', 100_000);
      expect(sending.now).toEqual(undelivered(['b', 'lost']));
      expect(Math.abs(small.world.now - before - timeoutMs)).toBeLessThan(40);
      closeMesh();
    }
  });

  test('and comes back under its name in time: its next life gets the message', async () => {
    const small = await smallMesh(pair);
    small.life('b').platform.pause();
    const sending = small.outcome(small.node('a').send('b', 'hi'));
    await small.run(100);
    small.crash('b');
    await small.run(1000);
    small.restart('b');
    const got = small.collect('b');
    await small.run(8000);
    expect([got, sending.now]).toMatchObject([['hi'], { delivered: ['b'] }]);
  });

  test('and is back at once: others are told down and up, in this order', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['a'] });
    const told: string[] = [];
    const { events } = small.node('c');
    events.addEventListener('node:down', ({ detail }) => told.push(`down ${detail.name} ${detail.reason}`));
    events.addEventListener('node:up', ({ detail }) => told.push(`up ${detail.name}`));
    small.crash('b');
    small.restart('b');
    await small.run(5000);
    expect(told).toEqual(['down b lost', 'up b']);
  });
});

test('a relay vanishes without a word: the send goes by the other way once that is noticed, within 5 s', async () => {
  const small = await smallMesh(detour);
  const got = small.collect('d');
  const before = small.world.now;
  small.mesh.vanish(small.member('b'));
  const sent = await small.send('a', 'd', 'hi');
  expect([sent.delivered, got]).toEqual([['d'], ['hi']]);
  expect(small.world.now - before).toBeLessThan(6000);
});

describe('a partition', () => {
  test('is noticed by both sides within 5 s: each tells the other as lost, and refuses new sends as no-route 5 s later', async () => {
    const small = await smallMesh(pair);
    const down = [small.told('a', 'node:down'), small.told('b', 'node:down')];
    partition([small.member('a')]).start(small.mesh);
    await small.run(5000);
    expect(down).toMatchObject([[{ name: 'b', reason: 'lost' }], [{ name: 'a', reason: 'lost' }]]);
    await small.run(limits.routeGraceMs);
    await expect(small.send('a', 'b', 'hi')).rejects.toEqual(undelivered(['b', 'no-route']));
  });

  test('that ends before the timeout costs a message that waits for it nothing but time', async () => {
    const small = await smallMesh(pair);
    const got = small.collect('b');
    const cut = partition([small.member('a')]);
    cut.start(small.mesh);
    const sending = small.outcome(small.node('a').send('b', 'hi', { timeoutMs: 60_000 }));
    await small.run(20_000);
    cut.end(small.mesh);
    await small.run(30_000);
    expect([got, sending.now]).toMatchObject([['hi'], { delivered: ['b'] }]);
  });

  test('parts broadcasts: each side reaches its own', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'], d: ['c'] });
    partition([small.member('a'), small.member('b')]).start(small.mesh);
    await small.run(6000);
    const [west, east] = [small.node('a').broadcast('west'), small.node('d').broadcast('east')];
    expect((await small.world.resolve(west)).delivered).toEqual(['b']);
    expect((await small.world.resolve(east)).delivered).toEqual(['c']);
  });

  test('is over for everybody within 15 s of its end', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['b'], d: ['c'] });
    const cut = partition([small.member('a'), small.member('b')]);
    cut.start(small.mesh);
    await small.run(60_000);
    cut.end(small.mesh);
    const { now } = small.world;
    await small.whole();
    expect(small.world.now - now).toBeLessThan(15_000);
  });
});

describe('a way that is open in one direction only', () => {
  test.each(['in', 'out'] as const)(
    '(%s) counts as none: both ends tell the other as lost within 10 s',
    async (direction) => {
      const small = await smallMesh(pair);
      const down = [small.told('a', 'node:down'), small.told('b', 'node:down')];
      oneWay([small.member('b')], direction).start(small.mesh);
      await small.run(10_000);
      expect(down).toMatchObject([[{ reason: 'lost' }], [{ reason: 'lost' }]]);
    },
  );
});

describe('a program stands still', () => {
  test('for less than 3 s: nobody is told down, and messages to it wait', async () => {
    const small = await smallMesh(pair);
    const down = small.told('a', 'node:down');
    const got = small.collect('b');
    const stop = pause([small.member('b')]);
    stop.start(small.mesh);
    const sending = small.outcome(small.node('a').send('b', 'hi'));
    await small.run(2900);
    stop.end(small.mesh);
    await small.run(100);
    expect([down, got, sending.now]).toMatchObject([[], ['hi'], { delivered: ['b'] }]);
  });

  test('for longer: it is told as lost, is back when it goes on, and a message that waits is delivered once', async () => {
    const small = await smallMesh(pair);
    const down = small.told('a', 'node:down');
    const got = small.collect('b');
    const stop = pause([small.member('b')]);
    stop.start(small.mesh);
    const sending = small.outcome(small.node('a').send('b', 'hi', { timeoutMs: 60_000 }));
    await small.run(8000);
    expect(down).toMatchObject([{ name: 'b', reason: 'lost' }]);
    stop.end(small.mesh);
    await small.run(30_000);
    expect([got, sending.now]).toMatchObject([['hi'], { delivered: ['b'] }]);
  });

  test('for an hour: it accuses nobody when it goes on', async () => {
    const small = await smallMesh({ a: [], b: ['a'], c: ['a', 'b'] });
    const stop = pause([small.member('c')]);
    stop.start(small.mesh);
    await small.run(3_600_000);
    stop.end(small.mesh);
    await small.whole();
    await small.run(60_000);
    expect(small.mesh.allKnowAll).toBe(true);
  });
});

describe('clocks', () => {
  test('that jump by hours, ahead or back, cost no link and no message', async () => {
    for (const jumpMs of [6 * 3_600_000, -6 * 3_600_000]) {
      const small = await smallMesh(pair);
      const down = small.told('a', 'node:down');
      const got = small.collect('b');
      drift([small.member('b')], 1, jumpMs).start(small.mesh);
      await small.send('a', 'b', 'hi');
      await small.run(60_000);
      expect([down, got]).toEqual([[], ['hi']]);
      closeMesh();
    }
  });

  test('that run 2% fast or slow cost no link', async () => {
    const small = await smallMesh(pair);
    const down = small.told('a', 'node:down');
    drift([small.member('a')], 1.02, 0).start(small.mesh);
    drift([small.member('b')], 0.98, 0).start(small.mesh);
    await small.run(1_800_000);
    expect(down).toEqual([]);
  });
});

test('datagrams: with every second one lost and others doubled or late, nodes find each other within a minute', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const network = { loss: 0.5, duplication: 0.5, lateness: 0.5 };
    const small = new SmallMesh({}, { seed, network });
    for (const name of ['a', 'b', 'c']) small.start({ name, degree: 2, solicit: true });
    const ready = small.mesh.living.map(({ node }) => node.ready({ count: 3 }));
    await small.world.resolve(Promise.all(ready), 60_000);
    small.mesh.killAll();
  }
});

test('a lossy network costs messages time, never order or number', async () => {
  const small = await smallMesh({ a: [], b: ['a'] }, { network: { loss: 0.25 } });
  const got = small.collect('b');
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const sends = numbers.map((i) => small.node('a').send('b', i, { timeoutMs: 60_000 }));
  await small.world.resolve(Promise.all(sends), 120_000);
  expect(got).toEqual(numbers);
});
