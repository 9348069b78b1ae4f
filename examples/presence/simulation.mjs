// Presence under faults: programs set lines while nodes crash and the network splits. Run: node simulation.mjs SEED
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { crash, Mesh, partition, World } from 'skein/sim';
import { presence } from './feature.mjs';

/** @import { Life } from 'skein/sim' */
/** @import { Change } from './shape.ts' */

/** Resolves with the nodes that see something else, once all is well again, than what the programs have set. */
export async function simulate(seed = 1, feature = presence) {
  const world = new World({ seed });
  const random = world.random.fork('presence');
  const mesh = new Mesh(world, { degree: 3, network: { latencyMs: 20 } });
  for (let i = 0; i < 10; i++) mesh.start(mesh.add({ name: `n${i}`, features: [feature] }));
  /** @param {Life} life */
  const apiOf = ({ node }) => node.use(feature);
  const made = /** @type {Map<Life, Change[]>} */ (new Map());
  for (let round = 0; round < 4; round++) {
    await world.runUntil(() => mesh.allKnowAll, 120_000);
    const island = partition(random.sample(mesh.members, 4));
    const death = crash(random.sample(mesh.members, 2), 'reset');
    for (const fault of [island, death]) fault.start(mesh);
    for (let i = 0; i < 40; i++) {
      const life = random.pick(mesh.living);
      const change = await world.resolve(apiOf(life).set(`line ${i} of round ${round}`));
      made.set(life, [...(made.get(life) ?? []), change]);
      await world.run(random.between(0, 1000));
    }
    for (const fault of [island, death]) fault.end(mesh);
  }
  mesh.start(mesh.add({ name: 'late', features: [feature] }));
  await world.runUntil(() => mesh.allKnowAll, 120_000);
  await world.run(5000);

  const current = mesh.living.flatMap((life) => made.get(life)?.at(-1) ?? []);
  const changes = [...made.values()].flat().sort((a, b) => a.at - b.at || (a.node < b.node ? -1 : 1));
  const expected = [Object.fromEntries(current.map(({ node, line }) => [node, line])), changes.slice(-100)];
  const seen = await mesh.ask((life) => Promise.all([apiOf(life).all(), apiOf(life).history()]));
  mesh.killAll();
  const wrong = [...seen].filter(([, answer]) => !isDeepStrictEqual(answer, expected));
  return [...world.failures, ...wrong.map(([{ member }]) => `${member.name} sees something else`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = await simulate(Number(process.argv[2] ?? 1));
  console.log(wrong.length === 0 ? 'all nodes see the same lines and the same history' : wrong.join('\n'));
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
