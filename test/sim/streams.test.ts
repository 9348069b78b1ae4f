/** Simulated TCP: order, delay, loss as delay, held by partitions, flow control, how it ends. */
import { expect, test } from 'vitest';
import { linkedPair, oneWay, pair, partition, startProgram, write } from './pair.ts';

test('a dial takes a round trip, and its acceptance half of one more', async () => {
  const { world, a, b } = pair();
  a.platform.dial(1, b.host.address, 3000);
  await world.run(40);
  expect(a.events.log).toEqual([`dialed 1 ${b.host.address}`]);
  expect(b.events.log).toEqual([]);
  await world.run(20);
  expect(b.events.log).toEqual(['accepted']);
});

test('bytes arrive in order after the latency, and are copied when written', async () => {
  const { world, a, b } = await linkedPair();
  const bytes = Uint8Array.of(1, 2, 3);
  write(a, 1, bytes);
  bytes.fill(9);
  write(a, 1, Uint8Array.of(4));
  const before = world.now;
  await world.run(50);
  expect(b.events.log.slice(1)).toEqual(['received 1 2 3', 'received 4']);
  expect(b.events.receivedAt.map((at) => at - before)).toEqual([20, 20]);
});

test('bytes arrive whole and in order whatever is lost and cut in pieces', async () => {
  const { world, network, a, b } = await linkedPair({ fragmentation: 0.5, jitter: 1 });
  network.conditions.loss = 0.3;
  for (let i = 0; i < 200; i++) write(a, 1, Uint8Array.of(i, i));
  await world.run(600_000);
  expect(b.events.receivedBytes).toBe(400);
  const bytes = b.events.log.slice(1).flatMap((line) => line.split(' ').slice(1).map(Number));
  expect(bytes).toEqual(Array.from({ length: 400 }, (_, i) => i >> 1));
});

test('loss on a stream is delay at the head of the line', async () => {
  const { world, network, a, b } = await linkedPair();
  network.conditions.loss = 1;
  write(a, 1, Uint8Array.of(1));
  network.conditions.loss = 0;
  write(a, 1, Uint8Array.of(2));
  await world.run(150);
  expect(b.events.receivedBytes).toBe(0);
  await world.run(120_000);
  expect(b.events.log.slice(1)).toEqual(['received 1', 'received 2']);
  const [first, second] = b.events.receivedAt;
  expect(first).toBe(second);
});

test('a partition holds bytes and gives them back when it heals', async () => {
  const { world, network, a, b } = await linkedPair();
  const rule = partition([a.host]);
  network.addRule(rule);
  write(a, 1, Uint8Array.of(1));
  write(a, 1, Uint8Array.of(2));
  await world.run(5000);
  expect(b.events.receivedBytes).toBe(0);
  network.removeRule(rule);
  write(a, 1, Uint8Array.of(3));
  await world.run(3000);
  expect(b.events.log.slice(1)).toEqual(['received 1', 'received 2', 'received 3']);
});

test('a one-way rule stops one direction only', async () => {
  const { world, network, a, b } = await linkedPair();
  network.addRule(oneWay(a.host, b.host));
  write(a, 1, Uint8Array.of(1));
  write(b, 100, Uint8Array.of(2));
  await world.run(5000);
  expect(b.events.receivedBytes).toBe(0);
  expect(a.events.receivedBytes).toBe(1);
});

test('a reader that stands still stops the writer after the buffers are full', async () => {
  const { world, a, b } = await linkedPair();
  b.platform.pause();
  for (let i = 0; i < 8; i++) write(a, 1, new Uint8Array(64 * 1024));
  await world.run(10_000);
  expect(a.events.flushedBytes).toBe(256 * 1024);
  expect(b.events.receivedBytes).toBe(0);
  b.platform.resume();
  await world.run(1000);
  expect(a.events.flushedBytes).toBe(512 * 1024);
  expect(b.events.receivedBytes).toBe(512 * 1024);
});

test('a path whose answers are blocked stops the writer as well, though its bytes arrive', async () => {
  const { world, network, a, b } = await linkedPair();
  const rule = oneWay(b.host, a.host);
  network.addRule(rule);
  for (let i = 0; i < 8; i++) write(a, 1, new Uint8Array(64 * 1024));
  await world.run(5000);
  expect(b.events.receivedBytes).toBe(256 * 1024);
  network.removeRule(rule);
  await world.run(5000);
  expect(b.events.receivedBytes).toBe(512 * 1024);
});

test('after a close the written bytes still leave, then the other end is told, this end is not', async () => {
  const { world, a, b } = await linkedPair();
  write(a, 1, Uint8Array.of(1));
  a.platform.close(1);
  write(b, 100, Uint8Array.of(7));
  await world.run(100);
  expect(b.events.log.slice(1)).toEqual(['received 1', 'closed 100 the other end closed the connection']);
  expect(a.events.log).toHaveLength(1);
});

test('a dial of a port where nobody listens is refused, of no machine times out', async () => {
  const { world, a, b } = pair();
  b.platform.stop('end');
  a.platform.dial(1, b.host.address, 3000);
  a.platform.dial(2, '10.9.9.9:7077', 3000);
  await world.run(100);
  expect(a.events.log).toEqual(['dial failed 1 SKEIN_UNREACHABLE']);
  await world.run(3000);
  expect(a.events.log).toEqual(['dial failed 1 SKEIN_UNREACHABLE', 'dial failed 2 SKEIN_TIMEOUT']);
});

test('a dial into a partition repeats until the partition heals', async () => {
  const { world, network, a, b } = pair();
  const rule = partition([a.host]);
  network.addRule(rule);
  a.platform.dial(1, b.host.address, 3000);
  await world.run(500);
  network.removeRule(rule);
  await world.run(1000);
  expect(a.events.log).toEqual([`dialed 1 ${b.host.address}`]);
});

test('a dial that is given up reports nothing', async () => {
  const { world, a, b } = pair();
  a.platform.dial(1, b.host.address, 3000);
  a.platform.close(1);
  await world.run(10_000);
  expect(a.events.log).toEqual([]);
  expect(b.events.log).toEqual([]);
});

test('a crash is told after the latency; what had left before still arrives', async () => {
  const { world, a, b } = await linkedPair();
  write(a, 1, Uint8Array.of(1));
  a.platform.stop('end');
  await world.run(30);
  expect(b.events.log.slice(1)).toEqual(['received 1', 'closed 100 the other end closed the connection']);
});

test('a vanished machine is silent; back again, it resets what it does not know', async () => {
  const { world, network, a, b } = await linkedPair();
  a.host.isUp = false;
  a.platform.stop('silence');
  write(b, 100, Uint8Array.of(1));
  await world.run(10_000);
  expect(b.events.log).toEqual(['accepted']);
  a.host.isUp = true;
  startProgram(network, a.host);
  write(b, 100, Uint8Array.of(2));
  await world.run(100);
  expect(b.events.log).toEqual(['accepted', 'closed 100 the connection was reset']);
});

test('a connection whose cut one end does not notice goes silent for the other', async () => {
  const { world, network, a, b } = await linkedPair();
  const [stream] = network.streams;
  stream?.cut('dialer');
  write(b, 100, Uint8Array.of(1));
  await world.run(10_000);
  expect(a.events.log.at(-1)).toBe('closed 1 the connection was reset');
  expect(b.events.log).toEqual(['accepted']);
});

test('no stream is left once both ends are closed', async () => {
  const { world, network, a, b } = await linkedPair();
  expect(network.streams.size).toBe(1);
  a.platform.close(1);
  await world.run(100);
  expect(b.events.count('closed')).toBe(1);
  expect(network.streams.size).toBe(0);
});
