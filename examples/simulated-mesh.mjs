// The very code that production runs, in a world of its own: virtual time, one seed for all chance.
// A minute passes in a moment, and the same seed gives the same run.
import { Mesh, partition, World } from 'skein/sim';

const world = new World({ seed: 7 });
const mesh = new Mesh(world, { degree: 3, network: { latencyMs: 20, loss: 0.01 } });
for (let i = 1; i <= 12; i++) mesh.start(mesh.add({ name: `n${i}` }));

await world.runUntil(() => mesh.allKnowAll, 60_000);
console.log(`12 nodes know each other after ${seconds(world.now)}`);

const [alone] = mesh.living;
if (alone === undefined) throw new Error('twelve are living');
const fault = partition(mesh.members.slice(0, 6));
fault.start(mesh);
const cutAt = world.now;
await world.runUntil(() => alone.knows.size === 5, 60_000);
console.log(`cut in two: ${alone.node.name} counts 6 after ${seconds(world.now - cutAt)}`);

fault.end(mesh);
const healedAt = world.now;
await world.runUntil(() => mesh.allKnowAll, 120_000);
console.log(`healed: all know all again after ${seconds(world.now - healedAt)}`);

const { delivered } = await world.resolve(alone.node.broadcast('we are one'));
console.log(`a broadcast of ${alone.node.name} reached ${delivered.length}`);
mesh.killAll();

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
