/** The simulated event loop: timers, drains, poll phases, stalls, clocks, datagrams. */
import { expect, test } from 'vitest';
import { linkedPair, pair, partition, startProgram, write } from './pair.ts';

test("a wake comes at its time on the node's own clock, later wishes replace earlier ones", async () => {
  const { world, a } = pair();
  a.platform.setClockRate(1.1);
  const start = a.platform.now();
  a.platform.wakeAt(start + 50);
  a.platform.wakeAt(start + 110);
  await world.run(99);
  expect(a.events.log).toEqual([]);
  await world.run(2);
  expect(a.events.log).toEqual(['wake']);
  expect(a.platform.now() - start).toBeGreaterThanOrEqual(110);
});

test('an earlier wish comes earlier, and Infinity takes it back', async () => {
  const { world, a } = pair();
  a.platform.wakeAt(a.platform.now() + 1000);
  a.platform.wakeAt(a.platform.now() + 10);
  await world.run(20);
  expect(a.events.log).toEqual(['wake']);
  a.platform.wakeAt(a.platform.now() + 10);
  a.platform.wakeAt(Number.POSITIVE_INFINITY);
  await world.run(5000);
  expect(a.events.log).toEqual(['wake']);
});

test('a changed clock moves the wake along', async () => {
  const { world, a } = pair();
  const due = a.platform.now() + 100;
  a.platform.wakeAt(due);
  await world.run(50);
  a.platform.setClockRate(0.5);
  await world.run(99);
  expect(a.events.log).toEqual([]);
  await world.run(2);
  expect(a.events.log).toEqual(['wake']);
  expect(a.platform.now()).toBeGreaterThanOrEqual(due);
});

test('the monotonic clock never goes back, the wall clock may', async () => {
  const { world, a } = pair();
  const [now, wall] = [a.platform.now(), a.platform.wallNow()];
  await world.run(10);
  a.platform.setClockRate(0.9);
  a.platform.clock.jumpWall(-60_000);
  expect(a.platform.now()).toBeCloseTo(now + 10, 6);
  expect(a.platform.wallNow()).toBe(wall + 10 - 60_000);
});

test('drains of one turn are one', async () => {
  const { world, a } = pair();
  a.platform.drainLater();
  a.platform.drainLater();
  expect(a.events.log).toEqual([]);
  await world.run(1);
  expect(a.events.log).toEqual(['drain']);
});

test('after a stall the timer fires before the waiting bytes are read, and polls end after them', async () => {
  const { world, a, b } = await linkedPair();
  b.events.onWake = () => b.platform.poll(2);
  b.platform.wakeAt(b.platform.now() + 1000);
  b.platform.pause();
  write(a, 1, Uint8Array.of(5));
  await world.run(3000);
  expect(b.events.log).toEqual(['accepted']);
  b.platform.resume();
  await world.run(10);
  expect(b.events.log).toEqual(['accepted', 'wake', 'received 5', 'polled']);
});

test('a drain that fell into a stall happens after it', async () => {
  const { world, a } = pair();
  a.platform.drainLater();
  a.platform.pause();
  await world.run(1000);
  expect(a.events.log).toEqual([]);
  a.platform.resume();
  await world.run(1);
  expect(a.events.log).toEqual(['drain']);
});

test('while a program stands still its machine accepts connections for it', async () => {
  const { world, a, b } = pair();
  b.platform.pause();
  a.platform.dial(1, b.host.address, 3000);
  await world.run(100);
  expect(a.events.count('dialed')).toBe(1);
  expect(b.events.log).toEqual([]);
  b.platform.resume();
  await world.run(1);
  expect(b.events.log).toEqual(['accepted']);
});

test('connections that a dead program had not accepted are closed with it', async () => {
  const { world, a, b } = pair();
  b.platform.pause();
  a.platform.dial(1, b.host.address, 3000);
  await world.run(100);
  b.platform.stop('reset');
  await world.run(100);
  expect(a.events.log.at(-1)).toBe('closed 1 the connection was reset');
});

test('a broadcast reaches all of its domain and its sender, a datagram its address', async () => {
  const { world, a, b } = pair();
  a.platform.broadcast(Uint8Array.of(1));
  b.platform.sendDatagram(a.host.address, Uint8Array.of(2));
  await world.run(100);
  expect(a.events.log).toEqual([`datagram 1 from ${a.host.address}`, `datagram 2 from ${b.host.address}`]);
  expect(b.events.log).toEqual([`datagram 1 from ${a.host.address}`]);
});

test('datagrams are lost, doubled and overtaken where asked for, and do not cross a partition', async () => {
  const { world, network, a, b } = pair({ loss: 0.2, duplication: 0.2, lateness: 0.2 });
  for (let i = 0; i < 200; i++) a.platform.sendDatagram(b.host.address, Uint8Array.of(i));
  await world.run(5000);
  const got = b.events.log.map((line) => Number(line.split(' ')[1]));
  expect(new Set(got).size).toBeLessThan(200);
  expect(new Set(got).size).toBeLessThan(got.length);
  expect(got).not.toEqual(got.toSorted((x, y) => x - y));
  network.addRule(partition([a.host]));
  a.platform.sendDatagram(b.host.address, Uint8Array.of(1));
  await world.run(5000);
  expect(b.events.log).toHaveLength(got.length);
});

test('a dead program hears nothing; a new one on its address does', async () => {
  const { world, network, a, b } = pair();
  b.platform.stop('end');
  a.platform.sendDatagram(b.host.address, Uint8Array.of(1));
  await world.run(100);
  const again = startProgram(network, b.host);
  a.platform.sendDatagram(b.host.address, Uint8Array.of(2));
  await world.run(100);
  expect(b.events.log).toEqual([]);
  expect(again.events.log).toEqual([`datagram 2 from ${a.host.address}`]);
});
