/** What tasks leave out, as GUARANTEES.md says it: no preemption, no fair share, no exactly once, no orders in another's transaction, no replay of workflow code. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job } from '../../src/features/tasks/api.ts';
import type { Life } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();
const queue = { ifInfeasible: 'queue' } as const;

/** Inputs of what a worker has begun, in order. Each runs for a second. */
function working({ world }: FormationRun, { node }: Life, begun: Job[]): void {
  node.tasks.work('job', (job: Job) => {
    begun.push(job);
    return new Promise((resolve) => world.after(1000, () => resolve(job.input)));
  });
}

test('a running task is not stopped for one of higher priority', async () => {
  const made = await formation({ seed: 51, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const begun: Job[] = [];
  working(made, b, begun);
  await made.world.run(1000);
  const low = await made.world.resolve(a.node.tasks.order('job', 'low', { priority: 3 }));
  await made.until(() => begun.length === 1, 'it runs');
  const high = await made.world.resolve(a.node.tasks.order('job', 'high', { priority: 1 }));
  expect(await made.world.resolve(low.result())).toBe('low');
  expect(begun[0]?.signal.aborted).toBe(false);
  expect(await made.world.resolve(high.result())).toBe('high');
  expect(begun.map(({ input }) => input)).toEqual(['low', 'high']);
});

test('authors have no shares: one task waits behind the hundred that another author has ordered before', async () => {
  const made = await formation({ seed: 52, nodes: 4 });
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const hundred = Array.from({ length: 100 }, (_, i) => ({ service: 'job', input: i, ...queue }));
  await made.world.resolve(a.node.tasks.orderMany(hundred));
  const one = await made.world.resolve(b.node.tasks.order('job', 'of another author', queue));
  const begun: Job[] = [];
  working(made, c, begun);
  expect(await made.world.runUntil(() => begun.some(({ id }) => id === one.id), 600_000)).toBe(true);
  expect(begun.map(({ from }) => from)).toEqual([...hundred.map(() => a.node.name), b.node.name]);
});

test('an outbox that orders again after a crash gets the same task: its row is the idempotency key', async () => {
  const made = await formation({ seed: 53, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  // The application has committed this row with its own data, and deletes it once the order is confirmed.
  const row = { key: 'invoice-7', input: 'invoice 7' };
  const order = () => a.node.tasks.order('job', row.input, { idempotencyKey: row.key, ...queue });
  const first = await made.world.resolve(order());
  // It has not come to delete the row, and orders again.
  const second = await made.world.resolve(order());
  expect([second.id, second.isRepeat]).toEqual([first.id, true]);
  const begun: Job[] = [];
  working(made, b, begun);
  expect(await made.world.resolve(second.result())).toBe('invoice 7');
  await made.world.run(5000);
  expect(begun).toHaveLength(1);
});

test('with two attempts a task may be begun twice, and its effects are there twice', async () => {
  const made = await formation({ seed: 54, nodes: 4 });
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const effects: number[] = [];
  for (const { node } of [b, c])
    node.tasks.work('job', (job: Job) => {
      effects.push(job.fence);
      return new Promise((resolve) => made.world.after(30_000, () => resolve(1)));
    });
  await made.world.run(1000);
  const task = await made.world.resolve(a.node.tasks.order('job', 1, { attempts: 2 }));
  await made.until(() => effects.length === 1, 'it has begun');
  const worker = (await made.world.resolve(task.status()))?.worker;
  const member = made.others.find((each) => lifeOf(each).node.name === worker);
  if (member === undefined) throw new Error('it runs nowhere');
  made.mesh.crash(member);
  expect(await made.world.runUntil(() => effects.length === 2, 60_000)).toBe(true);
  expect(await made.world.resolve(task.result())).toBe(1);
  // What it writes elsewhere can tell the two by their fences.
  expect(effects[1]).toBeGreaterThan(effects[0] as number);
});

test('a handler that is begun again begins at its start, and no step is replayed; of tasks that wait for each other those that are done stay done', async () => {
  const made = await formation({ seed: 55, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const steps: string[] = [];
  /** The hotel has no room at first. */
  const book = (step: string, attempt: number): string => {
    steps.push(`${step} ${attempt}`);
    if (step === 'hotel' && attempt === 1) throw new Error('no room');
    return step;
  };
  b.node.tasks.work('trip', ({ attempt }: Job) => ['flight', 'hotel'].map((step) => book(step, attempt)));
  b.node.tasks.work('book', ({ input, attempt }: Job<string>) => book(input, attempt));
  await made.world.run(1000);
  const again = { attempts: 2 };
  const trip = await made.world.resolve(a.node.tasks.order('trip', null, again));
  expect(await made.world.resolve(trip.result())).toEqual(['flight', 'hotel']);
  expect(steps.splice(0)).toEqual(['flight 1', 'hotel 1', 'flight 2', 'hotel 2']);
  const flight = await made.world.resolve(a.node.tasks.order('book', 'flight', again));
  const hotel = await made.world.resolve(a.node.tasks.order('book', 'hotel', { ...again, after: [flight] }));
  expect(await made.world.resolve(hotel.result())).toBe('hotel');
  expect(steps).toEqual(['flight 1', 'hotel 1', 'hotel 2']);
});
