/** The checkers of convergence can fail: late views, missed degrees, links that are not at rest. */
import { expect, test } from 'vitest';
import type { Life } from '../../src/sim/index.ts';
import { checkDegrees } from '../../src/sim/world/checkers/checkers.ts';
import { TestStage } from './stage.ts';

test('a node that does not know the network within a sync period and a flood is told', async () => {
  const stage = await new TestStage().start(4);
  const life = stage.mesh.member('n1')?.life as Life;
  const old = await stage.world.resolve(life.node.topology());
  Object.assign(life.node, { topology: async () => ({ ...old, n3: [] }) });
  const begun = stage.world.now;
  expect(await stage.settling.settle()).toBe(false);
  expect(stage.world.now - begun).toBeLessThan(20_000);
  expect(stage.world.failures.join()).toContain('after the last change of the network: n1 has');
  stage.mesh.killAll();
});

test('packets that are lost now and then put that off by no more than what they were late', async () => {
  const stage = await new TestStage(2, { network: { loss: 0.1 } }).start(20);
  await stage.settling.settle();
  expect(stage.world.failures).toEqual([]);
  const life = stage.mesh.member('n1')?.life as Life;
  const old = await stage.world.resolve(life.node.topology());
  Object.assign(life.node, { topology: async () => ({ ...old, n3: [] }) });
  const begun = stage.world.now;
  expect(await stage.settling.settle()).toBe(false);
  expect(stage.world.now - begun).toBeLessThan(30_000);
  expect(stage.world.failures.join()).toContain('after the last change of the network: n1 has');
  stage.mesh.killAll();
});

test('a program that was not told of a node that lives is told', async () => {
  const stage = await new TestStage().start(4);
  stage.mesh.member('n1')?.life?.knows.delete('n2');
  stage.mesh.knowledgeVersion++;
  expect(await stage.settling.settle()).toBe(false);
  expect(stage.world.failures.join()).toContain('not every program was told of every other');
  stage.mesh.killAll();
});

test('a node below its degree is told, one that has links to all is not', async () => {
  const stage = await new TestStage().start(3);
  expect(await checkDegrees(stage.mesh, {})).toEqual([]);
  const life = stage.mesh.member('n1')?.life as Life;
  const status = await stage.world.resolve(life.node.status());
  Object.assign(life.node, { status: async () => ({ ...status, links: status.links.slice(1) }) });
  expect(await checkDegrees(stage.mesh, {})).toEqual(['n1 has 1 links and wants 2']);
  stage.mesh.killAll();
});
