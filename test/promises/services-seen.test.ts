/** What the swarm remembers of the services of nodes that are gone. */
import { expect, test } from 'vitest';
import { createTestMesh } from '../../src/testing/index.ts';

test('the swarm knows what a node offers, and what it offered before it left or died', async () => {
  await using mesh = await createTestMesh(['ann', 'ben', 'cat', 'dan']);
  const offered = async () => {
    const nodes = await mesh.run(mesh.node('ann').swarm.nodes());
    return Object.fromEntries(nodes.map(({ name, services }) => [name, services]));
  };
  expect(await offered()).toEqual({ ann: [], ben: [], cat: [], dan: [] });
  const [ben, cat, dan] = [mesh.node('ben'), mesh.node('cat'), mesh.node('dan')];
  ben.respond('fax', () => 'sent');
  cat.respond('print', () => 'printed');
  const scan = dan.respond('scan', () => 'scanned');
  await mesh.pass(5000);
  expect(await offered()).toEqual({ ann: [], ben: ['fax'], cat: ['print'], dan: ['scan'] });
  await mesh.run(ben.close());
  mesh.crash('cat');
  await mesh.run(scan.close());
  await mesh.pass(30_000);
  expect(await offered()).toEqual({ ann: [], ben: ['fax'], cat: ['print'], dan: [] });
});
