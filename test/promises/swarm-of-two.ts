/** Two simulated nodes of a swarm that one of them keeps: `a` is the broker. */
import { once } from 'node:events';
import { storeModels } from '../../src/features/store-models.ts';
import type { LocalNode } from '../../src/node/node.ts';
import { Mesh, World } from '../../src/sim/index.ts';

const place = '10.9.0.1:7015';

export interface SwarmOfTwo {
  readonly world: World;
  readonly mesh: Mesh;
  readonly a: LocalNode;
  readonly b: LocalNode;
}

export async function swarmOfTwo(): Promise<SwarmOfTwo> {
  const world = new World({ seed: 1 });
  const mesh = new Mesh(world, { degree: 0, network: { latencyMs: 5 } });
  const add = (name: string, seeds: string[]) =>
    mesh.add({ name, seeds, solicit: false, formation: [place], store: storeModels });
  const keeper = add('a', []);
  mesh.network.places.add(place, [keeper.host]);
  const a = mesh.start(keeper).node;
  await world.resolve(once(a.events, 'formation:broker'));
  const b = mesh.start(add('b', [keeper.host.address])).node;
  await world.resolve(Promise.all([a, b].map((node) => node.ready({ count: 2 }))));
  return { world, mesh, a, b };
}
