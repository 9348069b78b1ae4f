/** 30 minutes in which random nodes stand still for 2.5 s: how often any node was thought dead. */
import { pause } from '../../src/sim/index.ts';
import type { Figure } from './figure.ts';
import { startMesh } from './meshes.ts';

const nodes = 60;
const minutes = 30;
const pauseMs = 2500;
const betweenMs = { min: 500, max: 5000 };
const pausedAtOnceMax = 6;

export async function pauseFigures(): Promise<readonly Figure[]> {
  const { world, mesh } = await startMesh(nodes, 1, 0.01);
  const random = world.random.fork('pauses');
  let deaths = 0;
  let pauses = 0;
  mesh.observers.push({ lost: () => void deaths++ });
  const next = () => {
    const able = mesh.members.filter((member) => member.canAct);
    const victims = random.sample(able, random.integer(1, pausedAtOnceMax));
    pauses += victims.length;
    const standstill = pause(victims);
    standstill.start(mesh);
    world.after(pauseMs, () => standstill.end(mesh));
    world.after(random.between(betweenMs.min, betweenMs.max), next);
  };
  next();
  await world.run(minutes * 60_000);
  return [
    {
      name: `false deaths in ${minutes} minutes of ${nodes} nodes`,
      value: deaths,
      unit: 'deaths',
      goal: 0,
      note: `${pauses} pauses of ${pauseMs / 1000} s`,
    },
  ];
}
