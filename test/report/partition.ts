/** Two halves that do not hear each other for a minute: how soon all know all once they do again. */
import { partition } from '../../src/sim/index.ts';
import type { Figure } from './figure.ts';
import { startMesh, untilAllKnowAll } from './meshes.ts';

const nodes = 60;
const seeds = [1, 2, 3, 4, 5];
const partitionMs = 60_000;
const mergeLimitMs = 60_000;

export async function partitionFigures(): Promise<readonly Figure[]> {
  const times: (number | undefined)[] = [];
  for (const seed of seeds) times.push(await mergeSeconds(seed));
  return [
    {
      name: 'halves re-merged after a minute apart',
      value: times.includes(undefined) ? undefined : Math.max(...(times as number[])),
      unit: 's',
      goal: 15,
      note: `the slowest of ${seeds.length} seeds`,
    },
  ];
}

async function mergeSeconds(seed: number): Promise<number | undefined> {
  const started = await startMesh(nodes, seed, 0.01);
  const { world, mesh } = started;
  const split = partition(world.random.fork('halves').sample(mesh.members, nodes / 2));
  split.start(mesh);
  await world.run(partitionMs);
  split.end(mesh);
  const healedAt = world.now;
  if (mesh.allKnowAll) throw new Error(`seed ${seed}: the halves never lost each other`);
  return (await untilAllKnowAll(started, nodes, mergeLimitMs)) ? (world.now - healedAt) / 1000 : undefined;
}
