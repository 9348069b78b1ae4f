/**
 * The requirements of Chat that concern orders, tasks and workers (REQ14 to REQ21), each by its number, on nodes that are
 * processes of their own.
 *
 * Invariant: a swarm of three whose programs attach to them, of which b and c are workers; each test has services of its own
 * and leaves nothing running.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Job, Task, TaskState, WorkOptions } from '../../src/features/tasks/api.ts';
import type { SkeinNode } from '../../src/node/node.ts';
import { ThreeNodes } from './three-nodes.ts';

let nodes: ThreeNodes;
let a: SkeinNode;
let b: SkeinNode;
let c: SkeinNode;

beforeAll(async () => {
  nodes = await ThreeNodes.open('chat-tasks');
  [a, b, c] = nodes.all;
});
afterAll(() => nodes.close());

/** Work whose tasks run until they are let go, and then give the name of the worker. */
class HeldWork {
  readonly jobs: Job[] = [];
  private readonly ends = new Map<string, () => void>();
  private readonly work;

  constructor(node: SkeinNode, service: string, options: WorkOptions = {}) {
    const run = (job: Job): Promise<string> =>
      new Promise((resolve, reject) => {
        this.jobs.push(job);
        this.ends.set(job.id, () => resolve(node.name));
        job.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
    this.work = node.tasks.work(service, run, options);
  }

  get opened(): Promise<void> {
    return this.work.opened;
  }

  /** Until it has begun with this number of tasks. */
  async has(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.jobs).toHaveLength(count), 20_000);
  }

  end(): void {
    for (const end of this.ends.values()) end();
  }

  async close(): Promise<void> {
    this.end();
    await this.work.close();
  }
}

async function works(service: string, options: WorkOptions = {}): Promise<[HeldWork, HeldWork]> {
  const both = [new HeldWork(b, service, options), new HeldWork(c, service, options)] as const;
  await Promise.all(both.map(({ opened }) => opened));
  // The broker has heard of both.
  await vi.waitFor(async () => {
    const here = (await a.tasks.workers(service)).filter(({ whyNot }) => whyNot === '');
    expect(here.map(({ name }) => name).sort()).toEqual(['b', 'c']);
  }, 20_000);
  return [...both];
}

test('REQ14: a peer asks for the status of a running service, by the id of its order, from any node', async () => {
  const work = new HeldWork(b, 'status');
  await work.opened;
  const { id } = await a.tasks.order('status', { frame: 1 });
  await work.has(1);
  work.jobs[0]?.progress(0.25, 'a quarter');
  await expect
    .poll(async () => c.tasks.task(id).status())
    .toMatchObject({ id, state: 'running', worker: 'b', from: 'a', progress: 0.25, note: 'a quarter' });
  work.end();
  expect(await c.tasks.task(id).result()).toBe('b');
  expect(await a.tasks.task(id).status()).toMatchObject({ state: 'done', worker: 'b' });
  await work.close();
});

test('REQ15: several peers have the same service: one that is available is asked, and none is asked while it is not', async () => {
  const [atB, atC] = await works('similar');
  await b.availability.set({ available: false });
  await expect
    .poll(async () => (await a.query('b', 'availability', { service: 'similar' })).whyNot)
    .toMatch(/^is not available/);
  const first = await a.tasks.order('similar', 1);
  await atC.has(1);
  const second = await a.tasks.order('similar', 2);
  await expect
    .poll(async () => (await second.status())?.why.slice(0, 2).sort())
    .toEqual(['b is not available: its node takes no work', 'c runs 1 of 1 of "similar"']);
  await b.availability.set({ available: true });
  await atB.has(1);
  for (const work of [atB, atC]) work.end();
  expect(await Promise.all([first.result(), second.result()])).toEqual(['c', 'b']);
  await Promise.all([atB.close(), atC.close()]);
});

test('REQ16: tasks that are ordered together are distributed over the peers that are available', async () => {
  const [atB, atC] = await works('spread', { concurrency: 2 });
  const orders = [1, 2, 3, 4].map((input) => ({ service: 'spread', input }));
  const tasks = await a.tasks.orderMany(orders);
  await Promise.all([atB.has(2), atC.has(2)]);
  for (const work of [atB, atC]) work.end();
  const workers = (await Promise.all(tasks.map((task) => task.result()))) as string[];
  expect(workers.sort()).toEqual(['b', 'b', 'c', 'c']);
  await Promise.all([atB.close(), atC.close()]);
});

test('REQ17: a peer lists running tasks, those of others too', async () => {
  const work = new HeldWork(b, 'listed');
  await work.opened;
  const first = await a.tasks.order('listed', 1);
  await work.has(1);
  const second = await c.tasks.order('listed', 2);
  const listed = async (states: TaskState[]) =>
    (await c.tasks.list({ states, service: 'listed' })).tasks.map(({ id }) => id);
  await expect.poll(() => listed(['running'])).toEqual([first.id]);
  expect(await listed(['queued', 'offered'])).toEqual([second.id]);
  expect((await c.tasks.list({ author: 'a', service: 'listed' })).tasks).toMatchObject([{ worker: 'b' }]);
  await second.cancel();
  await work.close();
});

test('REQ18: a peer cancels a running task: its signal fires, and it ends as cancelled', async () => {
  const work = new HeldWork(b, 'cancelled');
  await work.opened;
  const task = await a.tasks.order('cancelled', 1);
  await work.has(1);
  expect(await c.tasks.task(task.id).cancel()).toBe('stopping');
  await expect(task.result()).rejects.toMatchObject({
    code: 'SKEIN_ABORTED',
    details: { state: 'cancelled' },
  });
  expect(work.jobs[0]?.signal.aborted).toBe(true);
  expect(await task.cancel()).toBe('too-late');
  await work.close();
});

test('REQ19: a worker runs several tasks at a time', async () => {
  const work = new HeldWork(b, 'several', { concurrency: 3 });
  await work.opened;
  const tasks: Task[] = [];
  for (const input of [1, 2, 3]) tasks.push(await a.tasks.order('several', input));
  await work.has(3);
  work.end();
  expect(await Promise.all(tasks.map((task) => task.result()))).toEqual(['b', 'b', 'b']);
  await work.close();
});

test('REQ20: a worker limits how many tasks it runs at a time; the next one begins when one of them has ended', async () => {
  const work = new HeldWork(b, 'limited', { concurrency: 2 });
  await work.opened;
  const tasks: Task[] = [];
  for (const input of [1, 2, 3]) tasks.push(await a.tasks.order('limited', input));
  await work.has(2);
  await expect.poll(async () => (await tasks[2]?.status())?.why[0]).toBe('b runs 2 of 2 of "limited"');
  expect(work.jobs).toHaveLength(2);
  work.end();
  await work.has(3);
  work.end();
  expect(await tasks[2]?.result()).toBe('b');
  await work.close();
});

test('REQ21: a worker signals statistics: cores and memory, load, and what it has done', async () => {
  const d = await nodes.start('d');
  const work = d.tasks.work('counted', ({ input }: Job<number>) => {
    if (input < 0) throw new Error('negative');
    return input;
  });
  await work.opened;
  for (const input of [1, 2, -1]) {
    const task = await a.tasks.order('counted', input);
    await task.result().catch(() => undefined);
  }
  // It says so with its lease, every 3 s.
  await expect
    .poll(async () => (await c.tasks.workers('counted')).find(({ name }) => name === 'd'), {
      timeout: 20_000,
    })
    .toMatchObject({
      figures: {
        ...{ done: 2, failed: 1 },
        ...{ load: expect.any(Number), freeMemory: expect.any(Number), meanMs: expect.any(Number) },
      },
    });
  const worker = (await c.tasks.workers('counted')).find(({ name }) => name === 'd');
  expect(worker?.cores).toBeGreaterThanOrEqual(1);
  expect(worker?.freeCores).toBe(worker?.cores);
  expect(worker?.memory).toBeGreaterThan(2 ** 20);
  const [service] = (await c.tasks.services()).filter((each) => each.service === 'counted');
  expect(service).toMatchObject({ depth: 0, workers: ['d'], durations: { count: 2 } });
  await work.close();
});
