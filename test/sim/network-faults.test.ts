/** Faults of the network, one at a time: what each does, and that a mesh stands it. */
import { expect, test } from 'vitest';
import { datagrams, flap, loss, slowLinks } from '../../src/sim/index.ts';
import { TestStage } from './stage.ts';

test('flapping comes and goes every 0.1 to 2 s, and ends with the fault', async () => {
  const stage = await new TestStage().start(6);
  const { mesh, world } = stage;
  const [a, b] = mesh.members;
  if (a === undefined || b === undefined) throw new Error('no members');
  const fault = flap([a, b], 'among', stage.random);
  const changes: number[] = [];
  let wasBlocked = false;
  fault.start(mesh);
  for (let i = 0; i < 1000; i++) {
    await world.run(10);
    const isBlocked = mesh.network.blocked(a.host, b.host);
    if (isBlocked !== wasBlocked) changes.push(world.now);
    wasBlocked = isBlocked;
  }
  fault.end(mesh);
  expect(mesh.network.blocked(a.host, b.host)).toBe(false);
  const gaps = changes.slice(1).map((at, i) => at - (changes[i] as number));
  expect(gaps.length).toBeGreaterThan(4);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(90);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(2020);
  expect(await stage.verdict()).toEqual([]);
});

test('a host that flaps for long is one of the mesh again afterwards', async () => {
  const stage = await new TestStage().start(6);
  stage.workload.start();
  await stage.suffer(flap(stage.mesh.members.slice(0, 1), 'all', stage.random), 20_000);
  stage.workload.stop();
  expect(await stage.verdict()).toEqual([]);
});

test('slow links take 20 times as long; a thin line brings bytes bit by bit, so that nobody seems dead', async () => {
  const stage = await new TestStage(3, { network: { latencyMs: 20, jitter: 0 } }).start(5);
  const { mesh, world } = stage;
  const [a, b] = mesh.members;
  const begun = world.now;
  const before = await world.resolve(a?.life?.node.send('n2', 'x') as Promise<unknown>);
  const usualMs = world.now - begun;
  expect(before).toMatchObject({ delivered: ['n2'] });
  const slowed = slowLinks(mesh.members, 20, 1_000_000);
  slowed.start(mesh);
  const slowBegun = world.now;
  await world.resolve(a?.life?.node.send('n2', 'x') as Promise<unknown>);
  expect(world.now - slowBegun).toBeGreaterThan(usualMs * 10);
  slowed.end(mesh);
  await stage.pass(10_000);
  const thin = slowLinks([b as never], 1, 8000);
  await stage.suffer(thin, 10_000);
  expect(await stage.verdict()).toEqual([]);
});

test('two faults of loss at a time: the conditions are the usual ones after the last, whichever ends first', async () => {
  const stage = await new TestStage().start(3);
  const { conditions } = stage.mesh.network;
  const usual = { ...conditions };
  const first = loss(0.1);
  const second = datagrams(0.5, 0.25, 0.125);
  first.start(stage.mesh);
  second.start(stage.mesh);
  expect(conditions).toMatchObject({ loss: 0.1, datagramLoss: 0.5, duplication: 0.25, lateness: 0.125 });
  first.end(stage.mesh);
  expect(conditions).toMatchObject({ loss: 0, datagramLoss: 0.5 });
  second.end(stage.mesh);
  expect(conditions).toEqual(usual);
  stage.mesh.killAll();
});

test('datagrams lost, doubled and late do not touch streams; a newcomer still finds the mesh', async () => {
  const stage = await new TestStage().start(5);
  const fault = datagrams(0.5, 0.5, 0.5);
  fault.start(stage.mesh);
  stage.mesh.start(stage.mesh.add({ name: 'newcomer' }));
  expect(await stage.settling.allKnowAll(30_000, 6)).toBe(true);
  fault.end(stage.mesh);
  expect(stage.mesh.network.traffic.datagramsLost).toBeGreaterThan(0);
  expect(await stage.verdict()).toEqual([]);
});

test('a connection that broke, to a machine that refuses for a second more, is there again within five', async () => {
  const stage = new TestStage();
  const { mesh, world } = stage;
  const one = mesh.add({ name: 'one', solicit: false });
  const two = mesh.add({ name: 'two', solicit: false });
  mesh.start(two);
  await world.resolve(mesh.start(one).node.dial(two.host.address));
  expect(await stage.settling.allKnowAll(5000, 2)).toBe(true);
  await world.run(20_000);
  const { process } = two.host;
  for (const stream of mesh.network.streams) stream.cut('both');
  two.host.process = undefined;
  one.host.process = undefined;
  await world.run(1000);
  expect(mesh.allKnowAll).toBe(false);
  two.host.process = process;
  await world.run(4000);
  expect(mesh.allKnowAll).toBe(true);
  mesh.killAll();
});
