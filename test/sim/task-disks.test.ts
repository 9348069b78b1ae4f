/** Workers whose own disk keeps nothing. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job } from '../../src/features/tasks/api.ts';
import { partition } from '../../src/sim/world/faults/network-faults.ts';
import type { Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();

test('results that a full disk of the worker does not keep are handed in once the broker can be reached', async () => {
  const made = await formation({ seed: 51, nodes: 3 });
  const { world, mesh } = made;
  const [worker] = made.others as [Member];
  const disk = worker.host.ownDisk;
  const ends: (() => void)[] = [];
  const jobs: Job[] = [];
  const work = (job: Job): Promise<unknown> => {
    jobs.push(job);
    return new Promise((resolve) => ends.push(() => resolve(job.input)));
  };
  lifeOf(worker).node.tasks.work('job', work, { concurrency: 3, cores: 8 });
  await world.run(1000);
  const orders = [1, 2, 3].map((input) => ({ service: 'job', input }));
  const tasks = await world.resolve(made.broker.node.tasks.orderMany(orders));
  await made.until(() => jobs.length === 3, 'all of them run');
  await world.run(200);
  disk.isFull = true;
  const cut = partition([worker]);
  cut.start(mesh);
  for (const end of ends) end();
  // Well within its lease, and long enough to be put on the disk.
  await world.run(4000);
  const { results: kept } = disk.content.get('tasks') as { readonly results: { readonly size: number } };
  expect(kept.size).toBe(0);
  cut.end(mesh);
  const results = await world.resolve(Promise.all(tasks.map((task) => task.result())));
  expect(results).toEqual([1, 2, 3]);
  expect(jobs).toHaveLength(3);
});

test('a result that a full disk of the worker did not keep is kept once there is room, and handed in by the next incarnation', async () => {
  const made = await formation({ seed: 52, nodes: 3 });
  const { world, mesh } = made;
  const [worker] = made.others as [Member];
  const disk = worker.host.ownDisk;
  const jobs: Job[] = [];
  let end: (() => void) | undefined;
  const work = (job: Job): Promise<unknown> => {
    jobs.push(job);
    return new Promise((resolve) => {
      end = () => resolve(job.input);
    });
  };
  lifeOf(worker).node.tasks.work('job', work);
  await world.run(1000);
  const task = await world.resolve(made.broker.node.tasks.order('job', 'kept'));
  await made.until(() => jobs.length === 1, 'it runs');
  await world.run(200);
  disk.isFull = true;
  const cut = partition([worker]);
  cut.start(mesh);
  end?.();
  await world.run(2000);
  const { results: kept } = disk.content.get('tasks') as { readonly results: { readonly size: number } };
  expect(kept.size).toBe(0);
  disk.isFull = false;
  // Until its links are given up: what is on its way in them is gone then.
  await world.run(4000);
  expect(kept.size).toBe(1);
  mesh.crash(worker);
  cut.end(mesh);
  mesh.start(worker);
  lifeOf(worker).node.tasks.work('job', work);
  expect(await world.resolve(task.result())).toBe('kept');
  expect(jobs).toHaveLength(1);
});
