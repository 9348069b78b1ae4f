/** The least that is a mesh: two nodes in the simulator, found by broadcast, a message and its receipt. */
import { afterEach, expect, test } from 'vitest';
import { type Life, Mesh, World } from '../../src/sim/index.ts';

let mesh: Mesh;

afterEach(() => mesh.killAll());

async function twoNodes(): Promise<{ world: World; a: Life; b: Life }> {
  const world = new World({ seed: 1 });
  mesh = new Mesh(world, { degree: 2, network: {} });
  const a = mesh.start(mesh.add({ name: 'a' }));
  const b = mesh.start(mesh.add({ name: 'b' }));
  await world.resolve(Promise.all([a.node.ready({ nodes: ['b'] }), b.node.ready({ nodes: ['a'] })]));
  return { world, a, b };
}

test('two nodes find each other by broadcast and agree on the network', async () => {
  const { world, a, b } = await twoNodes();
  expect(await world.resolve(a.node.topology())).toEqual({ a: ['b'], b: ['a'] });
  expect(await world.resolve(b.node.topology())).toEqual({ a: ['b'], b: ['a'] });
  expect(world.failures).toEqual([]);
});

test('a message is delivered and its receipt comes back', async () => {
  const { world, a, b } = await twoNodes();
  const stream = b.node.messages<{ text: string }>();
  const first = stream[Symbol.asyncIterator]().next();
  const before = world.now;
  const result = await world.resolve(a.node.send('b', { text: 'hi' }));
  expect(result.delivered).toEqual(['b']);
  // There and back, and a receipt may wait 5 ms for others.
  expect(world.now - before).toBeLessThan(60);
  const { value } = await world.resolve(first);
  expect(value).toMatchObject({ from: 'a', body: { text: 'hi' }, recipients: ['b'] });
  expect(world.failures).toEqual([]);
});

test('a node that leaves is told to have left, one that crashes to be lost', async () => {
  const { world, a, b } = await twoNodes();
  const reasons: string[] = [];
  a.node.events.addEventListener('node:down', ({ detail }) => reasons.push(detail.reason));
  await mesh.leave(b.member);
  await world.runUntil(() => reasons.length === 1, 5000);
  const again = mesh.start(b.member);
  await world.resolve(Promise.all([again.node.ready({ nodes: ['a'] }), a.node.ready({ nodes: ['b'] })]));
  mesh.crash(b.member);
  await world.runUntil(() => reasons.length === 2, 5000);
  expect(reasons).toEqual(['left', 'lost']);
});
