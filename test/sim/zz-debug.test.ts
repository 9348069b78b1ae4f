import { test } from 'vitest';
import { Mesh, World } from '../../src/sim/index.ts';
test('debug', async () => {
  const world = new World({ seed: 1, trace: true });
  const mesh = new Mesh(world, { degree: 2, network: {} });
  const a = mesh.start(mesh.add({ name: 'a' }));
  mesh.start(mesh.add({ name: 'b' }));
  await world.run(5000);
  console.log(world.traceLines.join('\n'), world.failures.join('\n'), world.eventCount, mesh.logCounts, mesh.network.traffic);
  console.log(JSON.stringify(await world.resolve(a.node.status()), null, 1));
});
