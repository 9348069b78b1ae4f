/** Workers that drain, close or die while they have tasks, with real nodes. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job, Task } from '../../src/features/tasks/api.ts';
import { attach } from '../../src/remote/attach.ts';
import { Site } from './helpers.ts';
import { kinds, type Pair, taskPair } from './task-pair.ts';

const queue = { ifInfeasible: 'queue' } as const;

/** Runs until it is let go, or stopped. */
class Held {
  readonly jobs: Job[] = [];
  private readonly ends: ((value: string) => void)[] = [];

  readonly handler = (job: Job): Promise<string> => {
    this.jobs.push(job);
    return new Promise((resolve, reject) => {
      this.ends.push(resolve);
      job.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    });
  };

  letGo(): void {
    for (const end of this.ends.splice(0)) end('done');
  }
}

const whyNot = async ({ author }: Pick<Pair, 'author'>): Promise<string | undefined> =>
  (await author.tasks.workers()).find(({ name }) => name === 'b')?.whyNot;

/** Services. */
const offers = async ({ author }: Pair): Promise<string[]> =>
  ((await author.tasks.workers()).find(({ name }) => name === 'b')?.services ?? []).map(
    ({ service }) => service,
  );

async function isRunning(task: Task): Promise<void> {
  for await (const { state } of task.events()) if (state === 'running') return;
}

test.each(kinds)(
  'a drained worker, %s, finishes what runs; with now it gives it back, at no cost',
  async (kind) => {
    await using pair = await taskPair(kind);
    const held = new Held();
    await using work = pair.worker.tasks.work('held', held.handler);
    await work.opened;
    const { author } = pair;
    const first = await author.tasks.order('held', 1, queue);
    await isRunning(first);
    const second = await author.tasks.order('held', 2, queue);
    await author.tasks.drain('b');
    await expect.poll(() => whyNot(pair)).toBe('is draining');
    held.letGo();
    expect(await first.result()).toBe('done');
    expect(await second.status()).toMatchObject({ state: 'queued', attempt: 0 });
    await author.tasks.drain('b', 'off');
    await isRunning(second);
    await author.tasks.drain('b', 'now');
    await expect.poll(async () => (await second.status())?.state).toBe('queued');
    expect(await second.status()).toMatchObject({ attempt: 0 });
    expect(held.jobs.map(({ input }) => input)).toEqual([1, 2]);
    await author.tasks.drain('b', 'off');
    await expect.poll(() => held.jobs.length).toBe(3);
    held.letGo();
    expect(await second.result()).toBe('done');
    expect(await second.status()).toMatchObject({ attempt: 1 });
    expect(new Set(held.jobs.map(({ fence }) => fence)).size).toBe(3);
  },
);

test.each(kinds)(
  'work that is closed by %s takes nothing more, hears of a cancel, and ends once nothing of it runs',
  async (kind) => {
    await using pair = await taskPair(kind);
    const held = new Held();
    const work = pair.worker.tasks.work('held', held.handler, { concurrency: 2 });
    await work.opened;
    const { author } = pair;
    const [first, second] = await Promise.all(
      [1, 2].map((input) => author.tasks.order('held', input, queue)),
    );
    await Promise.all([first, second].map((task) => isRunning(task as Task)));
    let isClosed = false;
    const closed = work.close().then(() => {
      isClosed = true;
    });
    await expect.poll(() => offers(pair)).toEqual([]);
    const third = await author.tasks.order('held', 3, queue);
    await second?.cancel();
    await expect.poll(async () => (await second?.status())?.state).toBe('cancelled');
    expect(isClosed).toBe(false);
    held.letGo();
    expect(await first?.result()).toBe('done');
    await closed;
    expect(held.jobs).toHaveLength(2);
    expect(await third.status()).toMatchObject({ state: 'queued', attempt: 0 });
    // Closed again it has nothing more to wait for.
    await work.close();
    await using again = pair.worker.tasks.work('held', ({ input }) => input);
    await again.opened;
    expect(await third.result()).toBe(3);
  },
);

test.each(kinds)('work of %s whose signal fires ends as one that is closed', async (kind) => {
  await using pair = await taskPair(kind);
  const held = new Held();
  const ending = new AbortController();
  await pair.worker.tasks.work('held', held.handler, { signal: ending.signal }).opened;
  const task = await pair.author.tasks.order('held', 1, queue);
  await isRunning(task);
  ending.abort();
  await expect.poll(() => offers(pair)).toEqual([]);
  held.letGo();
  expect(await task.result()).toBe('done');
});

test('a node that closes says that it drains, finishes what runs, and begins nothing more', async () => {
  await using pair = await taskPair('a node of this process');
  const held = new Held();
  await pair.worker.tasks.work('held', held.handler, { queue: 1 }).opened;
  const { author } = pair;
  const [first, second] = (await author.tasks.orderMany(
    [1, 2].map((input) => ({ service: 'held', input, ...queue })),
  )) as [Task, Task];
  await isRunning(first);
  const closed = pair.worker.close({ drainMs: 20_000 });
  await expect.poll(() => whyNot(pair)).toBe('is draining');
  await expect.poll(async () => (await second.status())?.state).toBe('queued');
  held.letGo();
  expect(await first.result()).toBe('done');
  await closed;
  expect(held.jobs).toHaveLength(1);
  expect(await second.status()).toMatchObject({ state: 'queued', attempt: 0 });
});

test('a skein up that ends by SIGTERM finishes what its attached program runs, and takes nothing new', async () => {
  await using site = await Site.open(undefined, { SKEIN_NAMESPACE: `tasks-term-${process.pid}` });
  const [, b] = await Promise.all([site.up('a'), site.up('b')]);
  await site.must('status', '--count', '2', '--node', 'a');
  const control = (name: string): string => join(site.folder, 'run', `${name}.sock`);
  await using author = await attach({ control: control('a') });
  await using worker = await attach({ control: control('b') });
  const held = new Held();
  await worker.tasks.work('held', held.handler).opened;
  const first = await author.tasks.order('held', 1, queue);
  await isRunning(first);
  b?.process.kill('SIGTERM');
  await expect.poll(() => whyNot({ author })).toBe('is draining');
  const second = await author.tasks.order('held', 2, queue);
  held.letGo();
  expect(await first.result()).toBe('done');
  expect((await b?.ended)?.exitCode).toBe(0);
  expect(held.jobs).toHaveLength(1);
  expect(await second.status()).toMatchObject({ state: 'queued', attempt: 0 });
});

test('a task whose attached program is gone has failed, and is begun again where that was asked for', async () => {
  await using pair = await taskPair('an attached program');
  const held = new Held();
  await pair.worker.tasks.work('held', held.handler, { concurrency: 2 }).opened;
  const { author } = pair;
  const once = await author.tasks.order('held', 1, queue);
  const twice = await author.tasks.order('held', 2, { ...queue, attempts: 2 });
  await Promise.all([isRunning(once), isRunning(twice)]);
  await pair.worker.close();
  const gone = 'SKEIN_LOST: the program that was working on it is gone';
  await expect(once.result()).rejects.toMatchObject({
    code: 'SKEIN_FAILED',
    details: { state: 'failed', reason: gone },
  });
  await using work = author.tasks.work('held', ({ attempt }: Job) => attempt);
  await work.opened;
  expect(await twice.result()).toBe(2);
});
