/** What is known of workers and services under virtual time: their figures, and when a worker could begin another task: needs 'queries'. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job } from '../../src/features/tasks/api.ts';
import type { Life } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();
/** The program of a simulated node is slow at times. */
const lagMs = 500;
const queue = { ifInfeasible: 'queue' } as const;

/** Tasks of this service run for as many milliseconds as their input says, and fail where it is negative. */
function working({ world }: FormationRun, { node }: Life, options = {}): void {
  const run = (job: Job<number>): Promise<string> =>
    new Promise((resolve, reject) =>
      world.after(Math.abs(job.input), () => (job.input < 0 ? reject(new Error('no')) : resolve('done'))),
    );
  node.tasks.work('job', run, options);
}

test('REQ21: a worker says what it has done, and how long its tasks took', async () => {
  const made = await formation({ seed: 31, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  working(made, b, { cores: 4, memory: '8G', software: ['blender'], resources: { gpu: 2 }, queue: 1 });
  await made.world.run(1000);
  for (const ms of [100, 300, -50]) {
    const task = await made.world.resolve(a.node.tasks.order('job', ms, queue));
    await made.world.resolve(task.result().catch(() => undefined));
  }
  // It says so as it renews its lease.
  await made.world.run(4000);
  const [worker] = await made.world.resolve(a.node.tasks.workers());
  const gigabyte = 2 ** 30;
  expect(worker).toEqual({
    ...{ name: b.node.name, isHere: true, whyNot: '', tasks: 0, waiting: 0 },
    services: [{ service: 'job', concurrency: 1, queue: 1 }],
    begins: { p50Ms: 0, p90Ms: 0, count: 0, computedAt: expect.any(Number) },
    ...{ cores: 4, freeCores: 4, memory: 8 * gigabyte, freeMemory: 8 * gigabyte },
    ...{ software: ['blender'], resources: { gpu: 2 } },
    figures: { freeMemory: 0, done: 2, failed: 1, meanMs: expect.any(Number) },
  });
  expect(worker?.figures?.meanMs).toBeGreaterThanOrEqual(200);
  expect(worker?.figures?.meanMs).toBeLessThan(200 + lagMs);
  await made.world.resolve(a.node.tasks.order('job', 60_000, { cores: 3, memory: '6G' }));
  await made.world.resolve(a.node.tasks.order('job', 60_000, { cores: 3 }));
  await made.world.run(1000);
  const [busy] = await made.world.resolve(made.broker.node.tasks.workers());
  expect(busy).toMatchObject({ tasks: 2, waiting: 1, freeCores: 1, freeMemory: 2 * gigabyte });
});

test('REQ15: a worker that is busy says when it could begin, at p50 and p90, from how many tasks, and when that was computed', async () => {
  const made = await formation({ seed: 32, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  working(made, b);
  await made.world.run(1000);
  const begins = async () =>
    (await made.world.resolve(a.node.tasks.workers('job')))[0] as NonNullable<unknown> & {
      begins?: { p50Ms: number; p90Ms: number; count: number; computedAt: number };
    };
  const first = await made.world.resolve(a.node.tasks.order('job', 1000));
  await made.world.run(500);
  // Nothing of it was done yet: nobody can say.
  expect(await begins()).not.toHaveProperty('begins');
  await made.world.resolve(first.result());
  for (const ms of [2000, 3000]) {
    const task = await made.world.resolve(a.node.tasks.order('job', ms));
    await made.world.resolve(task.result());
  }
  const running = await made.world.resolve(a.node.tasks.order('job', 60_000));
  await made.world.run(500);
  const { begins: said } = await begins();
  expect(said).toMatchObject({ count: 3 });
  expect(Math.abs((said?.p50Ms ?? 0) - 1500)).toBeLessThan(lagMs);
  expect(Math.abs((said?.p90Ms ?? 0) - 2500)).toBeLessThan(lagMs);
  const startedAt = (await made.world.resolve(running.status()))?.startedAt?.getTime() ?? 0;
  expect(said?.computedAt).toBeGreaterThanOrEqual(startedAt);
  expect(said?.computedAt).toBeLessThan(startedAt + 1000);
});

test('services say what waits, since when, who has them, and how long their tasks wait and run', async () => {
  const made = await formation({ seed: 33, nodes: 4 });
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  expect(await made.world.resolve(a.node.tasks.services())).toEqual([]);
  working(made, b);
  working(made, c);
  await made.world.run(1000);
  const idle = { service: 'job', depth: 0, atWorkers: 0, workers: [b.node.name, c.node.name].sort() };
  expect(await made.world.resolve(a.node.tasks.services())).toEqual([{ ...idle, workerCount: 2 }]);
  for (const ms of [400, 600]) {
    const task = await made.world.resolve(a.node.tasks.order('job', ms));
    await made.world.resolve(task.result());
  }
  for (let i = 0; i < 5; i++) await made.world.resolve(a.node.tasks.order('job', 60_000));
  await made.world.run(2000);
  await made.world.resolve(a.node.tasks.order('other', 1, queue));
  const [job, other] = await made.world.resolve(made.broker.node.tasks.services());
  expect(other).toEqual({
    ...{
      service: 'other',
      depth: 1,
      oldestAt: expect.any(Number),
      atWorkers: 0,
      workers: [],
      workerCount: 0,
    },
  });
  expect(job).toMatchObject({ depth: 3, atWorkers: 2, workerCount: 2, durations: { count: 2 } });
  const { durations, oldestAt } = job ?? {};
  const waiting = await made.world.resolve(a.node.tasks.list({ states: ['queued'], service: 'job' }));
  expect(oldestAt).toBe(waiting.tasks[0]?.orderedAt.getTime());
  expect(Math.abs((durations?.ranP50 ?? 0) - 400)).toBeLessThan(lagMs);
  expect(Math.abs((durations?.ranP90 ?? 0) - 600)).toBeLessThan(lagMs);
  expect(durations?.waitedP90).toBeLessThan(lagMs);
});

test('a peer asks another one whether it could take a task, and is answered by that worker itself', async () => {
  const made = await formation({ seed: 34, nodes: 4 });
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  working(made, b, { cores: 4, queue: 1 });
  await made.world.run(1000);
  const ask = (needs?: object) => made.world.resolve(a.node.query(b.node.name, 'availability', needs));
  const needs = { service: 'job', cores: 3 };
  expect(await ask()).toMatchObject({ name: b.node.name, whyNot: '', tasks: 0, begins: { count: 0 } });
  const first = await made.world.resolve(a.node.tasks.order('job', 1000, { cores: 3 }));
  await made.world.run(500);
  expect(await ask(needs)).toMatchObject({
    whyNot: 'runs 1 of 1 of "job", and 0 of 1 wait in its own queue',
  });
  expect(await ask(needs)).not.toHaveProperty('begins');
  await made.world.resolve(first.result());
  for (let i = 0; i < 2; i++) await made.world.resolve(a.node.tasks.order('job', 60_000, { cores: 3 }));
  await made.world.run(500);
  // Two of a second, of which one runs for half of it.
  const { begins, ...busy } = await ask(needs);
  expect(busy).toMatchObject({ tasks: 2, waiting: 1, freeCores: 1, figures: { done: 1, failed: 0 } });
  expect(begins?.count).toBe(1);
  expect(Math.abs((begins?.p50Ms ?? 0) - 1500)).toBeLessThan(2 * lagMs);
  expect(await ask({ service: 'job', cores: 8 })).toMatchObject({ whyNot: 'has 4 cores, 8 are needed' });
  expect(await made.world.resolve(a.node.query(c.node.name, 'availability'))).toMatchObject({
    ...{ name: c.node.name, services: [], whyNot: 'works on no tasks' },
  });
  for (const wrong of [{ cores: 0 }, { core: 1 }, { memory: 'much' }, [], { service: 'a b' }])
    expect(await made.problemOf(a.node.query(b.node.name, 'availability', wrong))).toMatchObject({
      ...{ code: 'SKEIN_INVALID' },
    });
});

test('the swarm is asked for its workers, ranked for a task, with why each other one would not', async () => {
  const made = await formation({ seed: 35, nodes: 5 });
  const [a, b, c, d] = made.others.map(lifeOf) as [Life, Life, Life, Life];
  working(made, b, { cores: 4 });
  working(made, c, { cores: 8 });
  working(made, d, { cores: 2 });
  await made.world.run(1000);
  const ask = () =>
    made.world.resolve(a.node.query({ swarm: true }, 'availability', { service: 'job', cores: 4 }));
  const ranked = async () => (await ask()).workers.map(({ name, whyNot }) => [name, whyNot]);
  const small = [d.node.name, 'has 2 cores, 4 are needed'];
  expect(await ranked()).toEqual([[c.node.name, ''], [b.node.name, ''], small]);
  expect(await ask()).toMatchObject({ workerCount: 3 });
  await made.world.resolve(a.node.tasks.order('job', 60_000, { node: c.node.name }));
  await made.world.run(500);
  expect(await ranked()).toEqual([[b.node.name, ''], [c.node.name, 'runs 1 of 1 of "job"'], small]);
});

test('REQ08: a worker whose node is not available is given no tasks until it is again', async () => {
  const made = await formation({ seed: 36, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  working(made, b, { queue: 5 });
  await made.world.run(1000);
  const running = await made.world.resolve(a.node.tasks.order('job', 1000));
  await made.world.run(300);
  await made.world.resolve(b.node.availability.set({ available: false }));
  const waits = await made.world.resolve(a.node.tasks.order('job', 10, { node: b.node.name }));
  expect(await made.world.resolve(running.result())).toBe('done');
  await made.world.run(10_000);
  const whyNot = 'is not available: its node takes no work';
  expect(await made.world.resolve(waits.status())).toMatchObject({
    ...{ state: 'queued', attempt: 0, why: [`${b.node.name} ${whyNot}`, expect.any(String)] },
  });
  expect(await made.world.resolve(a.node.query(b.node.name, 'availability'))).toMatchObject({ whyNot });
  await made.world.resolve(b.node.availability.set({ available: true }));
  expect(await made.world.resolve(waits.result())).toBe('done');
});
