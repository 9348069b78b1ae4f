/** When `opened` of work resolves, under virtual time. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job } from '../../src/features/tasks/api.ts';
import type { Life } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();
const double = ({ input }: Job<number>) => 2 * input;

test('once work is opened the broker knows of it: an order right after that is not infeasible', async () => {
  const made = await formation({ seed: 1, nodes: 3 });
  const [author, worker] = made.others.map(lifeOf) as [Life, Life];
  for (const service of ['double', 'twice']) {
    await made.world.resolve(worker.node.tasks.work(service, double).opened);
    const task = await made.world.resolve(author.node.tasks.order<number, number>(service, 21));
    expect(await made.world.resolve(task.result())).toBe(42);
  }
});

test('work of the broker itself is opened as well', async () => {
  const made = await formation({ seed: 2, nodes: 2 });
  const { node } = made.broker;
  await made.world.resolve(node.tasks.work('double', double).opened);
  const task = await made.world.resolve(node.tasks.order<number, number>('double', 21));
  expect(await made.world.resolve(task.result())).toBe(42);
});

test('work that is closed before the broker could hear of it was never opened', async () => {
  const made = await formation({ seed: 3, nodes: 2 });
  const [worker] = made.others.map(lifeOf) as [Life];
  const work = worker.node.tasks.work('double', double);
  await made.world.resolve(work.close());
  expect(await made.problemOf(work.opened)).toMatchObject({ code: 'SKEIN_CLOSED' });
});

test('where the swarm has no broker it is opened once there is one', async () => {
  const made = await formation({ seed: 4, nodes: 3 });
  const [author, worker] = made.others.map(lifeOf) as [Life, Life];
  made.mesh.crash(made.broker.member);
  let isOpened = false;
  const work = worker.node.tasks.work('double', double);
  work.opened.then(
    () => {
      isOpened = true;
    },
    () => undefined,
  );
  await made.world.run(10);
  expect(isOpened).toBe(false);
  await made.world.resolve(work.opened);
  const task = await made.world.resolve(author.node.tasks.order<number, number>('double', 21));
  expect(await made.world.resolve(task.result())).toBe(42);
});
