/** Code that is wrong and goes on: an exception that was caught, a link ended for what came over it. */
import { expect, test } from 'vitest';
import type { Behavior } from '../../src/kernel/contracts.ts';
import type { Life, Mesh } from '../../src/sim/index.ts';

import { TestStage } from './stage.ts';

const failing: Behavior = {
  name: 'failing',
  links: {
    incomingUp: () => {
      throw new Error('no good');
    },
    outgoingUp: () => {
      throw new Error('no good');
    },
  },
};

function startTwo(mesh: Mesh, behaviors: () => readonly Behavior[]): void {
  for (const name of ['n1', 'n2']) mesh.start(mesh.add({ name, behaviors }));
}

test('what a behavior throws is a failure of the run, though its kernel goes on', async () => {
  const stage = new TestStage();
  startTwo(stage.mesh, () => [failing]);
  expect(await stage.settling.allKnowAll(5000, 2)).toBe(true);
  expect(stage.world.failures.join()).toMatch(
    /n[12]: behavior failing threw: Error: no good\n +at \S*(incoming|outgoing)Up/,
  );
  stage.mesh.killAll();
});

test('a link that ends for what came over it is a failure, whatever happened to it', async () => {
  const stage = await new TestStage().start(3);
  for (const stream of [...stage.mesh.network.streams]) stream.cut('both');
  await stage.world.run(2000);
  expect(stage.world.failures).toEqual([]);
  const life = stage.mesh.member('n1')?.life as Life;
  stage.mesh.tell((observer) => observer.linkDown?.(life, 'n2', 'protocol'));
  expect(stage.world.failures.join()).toContain('n1 and n2 ended their link for what came over it');
  stage.mesh.killAll();
});

test('a link to one who has lied may end so', async () => {
  const stage = await new TestStage().start(3);
  const [liar, other] = stage.mesh.living as [Life, Life];
  stage.mesh.tell((observer) => observer.lied?.(liar));
  for (const stream of [...stage.mesh.network.streams]) stream.cut('both');
  stage.mesh.tell((observer) => observer.linkDown?.(other, liar.node.name, 'protocol'));
  stage.mesh.tell((observer) => observer.linkDown?.(liar, other.node.name, 'protocol'));
  expect(stage.world.failures).toEqual([]);
  stage.mesh.killAll();
});
