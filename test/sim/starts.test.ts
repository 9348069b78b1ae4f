/** How meshes come to be: islands that meet, satisfied triangles, a flood of joins. */
import { expect, test } from 'vitest';
import {
  failureLines,
  type Member,
  type MemberOptions,
  Mesh,
  runSimulation,
  type SimulationOptions,
  World,
} from '../../src/sim/index.ts';
import { startNodes } from '../../src/sim/run/starts.ts';

async function passes(options: SimulationOptions) {
  const report = await runSimulation({ minutes: 0.02, latencyMs: 5, ...options });
  expect(report.failures, failureLines(report).join('\n')).toEqual([]);
  return report;
}

test('two islands that were apart from birth become one mesh within a beacon', async () => {
  const { converged } = await passes({ nodes: 20, start: 'islands' });
  expect(converged).toBeGreaterThan(0);
  expect(converged).toBeLessThan(35_000);
});

test('satisfied triangles, which never solicit again, merge by beacons', async () => {
  const { converged, degree } = await passes({ nodes: 18, degree: 2, start: 'triangles' });
  expect(degree).toBe(2);
  expect(converged).toBeLessThan(65_000);
});

test('triangles are content before they meet: three nodes each, two links each, nothing heard', async () => {
  const world = new World({ seed: 1 });
  const mesh = new Mesh(world, { degree: 2, network: {} });
  const starting = startNodes(mesh, 'triangles', 10);
  const sizes = new Set<number>();
  mesh.observers.push({ knew: (life) => sizes.add(life.knows.size) });
  expect(await starting).toBe(true);
  // Three groups, the last of four.
  expect(mesh.living.map(({ knows }) => knows.size)).toEqual([2, 2, 2, 2, 2, 2, 3, 3, 3, 3]);
  const topology = await world.resolve(mesh.living[0]?.node.topology() as Promise<Record<string, string[]>>);
  expect(Object.values(topology).every((links) => links.length === 2)).toBe(true);
  mesh.killAll();
});

test('100 nodes that join a few in the same instant are known to all within seconds', async () => {
  const { converged } = await passes({ nodes: 105, start: 'flood', messagesPerSecond: 5 });
  expect(converged).toBeLessThan(20_000);
});

test('three sites whose broadcasts do not meet are one mesh by two dials, and heal without any', async () => {
  const { converged } = await passes({ nodes: 18, start: 'sites', faults: ['partition'], minutes: 0.25 });
  expect(converged).toBeLessThan(10_000);
});

/** How long each of so many newcomers to a settled mesh takes until all know it, one after the other. */
async function joinTimesMs(mesh: Mesh, joins: number, options: Omit<MemberOptions, 'name'>) {
  const { world } = mesh;
  const tookMs: number[] = [];
  for (let i = 1; i <= joins; i++) {
    const begun = world.now;
    const newcomer = mesh.add({ name: `new${i}`, ...options });
    mesh.start(newcomer);
    expect(await world.runUntil(() => mesh.allKnowAll, 60_000), newcomer.name).toBe(true);
    tookMs.push(Math.round(world.now - begun));
    mesh.crash(newcomer);
    await world.run(20_000);
  }
  return tookMs;
}

test('a newcomer whom few of a large mesh can hear is one of it within seconds', async () => {
  const world = new World({ seed: 3 });
  const mesh = new Mesh(world, { degree: 3, network: { latencyMs: 5 } });
  for (let i = 1; i <= 120; i++) mesh.start(mesh.add({ name: `n${i}` }));
  for (let i = 1; i <= 2; i++) mesh.start(mesh.add({ name: `far${i}`, broadcastDomain: 1 }));
  await world.run(10_000);
  const [near, far] = ['n1', 'far1'].map((name) => mesh.member(name) as Member);
  await world.resolve(near?.life?.node.dial(far?.host.address as string) as Promise<unknown>);
  expect(await world.runUntil(() => mesh.allKnowAll, 5000)).toBe(true);
  const tookMs = await joinTimesMs(mesh, 10, { broadcastDomain: 1 });
  expect(Math.max(...tookMs), String(tookMs)).toBeLessThan(4000);
  mesh.killAll();
});

test('a newcomer whom nobody answers at first need not ask again: of six in a mesh of twenty who hear it', async () => {
  const world = new World({ seed: 1 });
  const mesh = new Mesh(world, { degree: 4, network: { latencyMs: 60 } });
  expect(await startNodes(mesh, 'sites', 20)).toBe(true);
  await world.run(15_000);
  const tookMs = await joinTimesMs(mesh, 60, { broadcastDomain: 0 });
  expect(Math.max(...tookMs), String(tookMs)).toBeLessThan(3000);
  mesh.killAll();
});
