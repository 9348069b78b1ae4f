/** Tasks under virtual time: ordered, offered, run, cancelled, and what happens when a worker or the broker dies. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Job, Task, TaskEvent } from '../../src/features/tasks/api.ts';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import { partition } from '../../src/sim/world/faults/network-faults.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();
const queue = { ifInfeasible: 'queue' } as const;

/** Some nodes on one machine, whose broker can open the same store as the one before it. */
const machine = (seed: number, nodes: number): Promise<FormationRun> => formation({ seed, nodes });

/** Jobs that a node was given, each of which ends when the test says so. */
class Bench {
  readonly jobs: Job[] = [];
  private readonly ends = new Map<string, (how: { result?: unknown; error?: unknown }) => void>();

  constructor({ node }: Life, service: string, options = {}) {
    node.tasks.work(
      service,
      (job) => {
        this.jobs.push(job);
        return new Promise((resolve, reject) => {
          this.ends.set(job.id, ({ result, error }) =>
            error === undefined ? resolve(result) : reject(error),
          );
        });
      },
      options,
    );
  }

  end(id: string, result: unknown): void {
    this.ends.get(id)?.({ result });
  }

  fail(id: string, error: unknown): void {
    this.ends.get(id)?.({ error });
  }
}

interface OneWorker {
  readonly made: FormationRun;
  readonly a: Life;
  readonly b: Life;
  readonly bench: Bench;
}

/** An author `a` and a worker `b` of the service `job`, which the broker knows. */
async function oneWorker(seed: number, options = {}): Promise<OneWorker> {
  const made = await machine(seed, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const bench = new Bench(b, 'job', options);
  await made.world.run(1000);
  return { made, a, b, bench };
}

/** What becomes of a task, as it is followed. */
function followed(task: Task): TaskEvent[] {
  const events: TaskEvent[] = [];
  void (async () => {
    for await (const event of task.events()) events.push(event);
  })().catch(() => undefined);
  return events;
}

test('REQ15: a task goes to a worker of its service, and its result comes back', async () => {
  const made = await machine(1, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  b.node.tasks.work('double', ({ input }: Job<number>) => 2 * input);
  const task = await made.world.resolve(a.node.tasks.order('double', 21, queue));
  expect(task.isRepeat).toBe(false);
  expect(await made.world.resolve(task.result())).toBe(42);
  const status = await made.world.resolve(task.status());
  expect(status).toMatchObject({ state: 'done', worker: b.node.name, from: a.node.name, attempt: 1 });
  // By its id alone, from another node.
  expect(await made.world.resolve(made.broker.node.tasks.task(task.id).result())).toBe(42);
});

test('a task waits until a worker comes, and what no worker ever could run is refused at once', async () => {
  const made = await machine(2, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  expect(await made.problemOf(a.node.tasks.order('later', 1))).toMatchObject({ code: 'SKEIN_INFEASIBLE' });
  const task = await made.world.resolve(a.node.tasks.order('later', 1, queue));
  const waiting = await made.world.resolve(task.status());
  expect(waiting).toMatchObject({ state: 'queued', why: ['no worker is here'] });
  b.node.tasks.work('later', ({ input }) => input, { cores: 4 });
  expect(await made.world.resolve(task.result())).toBe(1);
  // A worker of that service was here once: it is feasible from now on, but not with more cores than that has.
  await made.world.resolve(a.node.tasks.order('later', 2));
  expect(await made.problemOf(a.node.tasks.order('later', 2, { cores: 8 }))).toMatchObject({
    code: 'SKEIN_INFEASIBLE',
  });
});

test('REQ16: tasks are spread over the workers that are free; the rest waits', async () => {
  const made = await machine(3, 6);
  const [author, ...workers] = made.others.map(lifeOf) as [Life, ...Life[]];
  const benches = workers.map((worker) => new Bench(worker, 'job'));
  await made.world.run(1000);
  const orders = Array.from({ length: 6 }, (_, i) => ({ service: 'job', input: i }));
  const tasks = await made.world.resolve(author.node.tasks.orderMany(orders));
  await made.until(() => benches.every(({ jobs }) => jobs.length === 1), 'each worker has one');
  await made.world.run(2000);
  expect(benches.map(({ jobs }) => jobs.length)).toEqual([1, 1, 1, 1]);
  const states = async () =>
    (await made.world.resolve(Promise.all(tasks.map((task) => task.status())))).map(
      (status) => status?.state,
    );
  expect(await states()).toEqual(['running', 'running', 'running', 'running', 'queued', 'queued']);
  const [first] = benches as [Bench];
  first.end(first.jobs[0]?.id ?? '', 'x');
  await made.until(() => first.jobs.length === 2, 'the free one has the next one');
  expect(first.jobs[1]?.input).toBe(4);
});

test('REQ16: a task of several services or inputs is spread over workers, and its result is that of each in order', async () => {
  const made = await machine(31, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const [first, second] = [new Bench(b, 'job'), new Bench(c, 'job')];
  c.node.tasks.work('double', ({ input }: Job<number>) => 2 * input);
  await made.world.run(1000);
  const parts = [{ input: 'x' }, { cores: 1 }, { service: 'double', input: 21 }];
  const task = await made.world.resolve(a.node.tasks.order('job', 'shared', { parts }));
  const events = followed(task);
  const result = task.result();
  await made.until(() => first.jobs.length + second.jobs.length === 2, 'both workers have a part');
  const jobs = [...first.jobs, ...second.jobs];
  expect(jobs.map(({ input }) => input).sort()).toEqual(['shared', 'x']);
  await made.until(
    () => events.some(({ note }) => note === '1 of 3 parts have ended'),
    'the third one is done',
  );
  // That a part has begun is said a moment later.
  await made.world.run(2 * taskLimits.taskStartedMs);
  const status = await made.world.resolve(task.status());
  expect(status).toMatchObject({ state: 'running', service: '', note: '1 of 3 parts have ended' });
  expect(status?.progress).toBeCloseTo(1 / 3);
  expect(status?.parts.map(({ service, state }) => [service, state])).toEqual([
    ['job', 'running'],
    ['job', 'running'],
    ['double', 'done'],
  ]);
  const running = jobs.find(({ input }) => input === 'x') as Job;
  running.progress(0.5);
  await made.until(
    () => events.some(({ progress }) => progress === 0.5),
    'what a part says counts for the whole',
  );
  for (const job of jobs) for (const bench of [first, second]) bench.end(job.id, `end of ${job.input}`);
  expect(await made.world.resolve(result)).toEqual(['end of x', 'end of shared', 42]);
  // By its id alone, and that of a part.
  expect(await made.world.resolve(b.node.tasks.task(task.id).result())).toHaveLength(3);
  const part = b.node.tasks.task(status?.parts[2]?.id ?? '');
  expect(await made.world.resolve(part.result())).toBe(42);
  expect(await made.world.resolve(part.status())).toMatchObject({ parent: task.id });
  const [one] = [await made.world.resolve(a.node.tasks.order('double', 4, { parts: [{}] }))];
  expect(await made.world.resolve(one.result())).toEqual([8]);
});

test('REQ16: where a part of a task fails the others are cancelled, and the task fails with which and why', async () => {
  const made = await machine(32, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const [first, second] = [new Bench(b, 'job'), new Bench(c, 'job')];
  await made.world.run(1000);
  const parts = [1, 2, 3].map((input) => ({ input }));
  const task = await made.world.resolve(a.node.tasks.order('job', 0, { parts }));
  const result = made.problemOf(task.result());
  await made.until(() => first.jobs.length + second.jobs.length === 2, 'both workers have a part');
  const [failing] = first.jobs as [Job];
  const [stopped] = second.jobs as [Job];
  first.fail(failing.id, new Error('no paper'));
  await made.until(() => stopped.signal.aborted, 'the signal of the other one fires');
  second.fail(stopped.id, stopped.signal.reason);
  const number = (failing.input as number) - 1;
  expect(await result).toMatchObject({
    code: 'SKEIN_FAILED',
    message: expect.stringContaining(`part ${number}, task ${failing.id}, ended as failed: no paper`),
  });
  const states = async () =>
    (await made.world.resolve(task.status()))?.parts.map(({ state }) => state).sort() ?? [];
  while ((await states()).includes('cancelling')) await made.world.run(100);
  expect(await states()).toEqual(['cancelled', 'cancelled', 'failed']);
  await made.world.run(2000);
  expect(first.jobs.length + second.jobs.length).toBe(2);
  // All of it again.
  const again = await made.world.resolve(a.node.tasks.retry(task.id));
  await made.until(() => first.jobs.length + second.jobs.length === 4, 'it is begun again');
  const retried = await made.world.resolve(a.node.tasks.task(again).status());
  expect(retried).toMatchObject({ retryOf: task.id, parts: [{}, {}, {}] });
});

test('REQ16: a cancel of a task of several parts cancels all of them, one of a single part fails the task', async () => {
  const { made, a, bench } = await oneWorker(33);
  const parts = [{ input: 1 }, { input: 2 }];
  const task = await made.world.resolve(a.node.tasks.order('job', 0, { parts }));
  await made.until(() => bench.jobs.length === 1, 'a part runs');
  const [job] = bench.jobs as [Job];
  expect(await made.world.resolve(task.cancel())).toBe('stopping');
  await made.until(() => job.signal.aborted, 'its signal fires');
  bench.fail(job.id, job.signal.reason);
  expect(await made.problemOf(task.result())).toMatchObject({
    code: 'SKEIN_ABORTED',
    details: { state: 'cancelled', reason: `cancelled by ${a.node.name}` },
  });
  const later = { notBefore: new Date(a.platform.wallNow() + 60_000) };
  const waiting = await made.world.resolve(a.node.tasks.order('job', 0, { parts, ...later }));
  expect(await made.world.resolve(waiting.cancel())).toBe('never-started');
  const other = await made.world.resolve(a.node.tasks.order('job', 0, { parts, ...later }));
  const [part] = (await made.world.resolve(other.status()))?.parts ?? [];
  expect(await made.world.resolve(a.node.tasks.task(part?.id ?? '').cancel())).toBe('never-started');
  expect(await made.problemOf(other.result())).toMatchObject({
    message: expect.stringContaining(`part 0, task ${part?.id}, ended as cancelled`),
  });
  await made.world.run(2000);
  expect(bench.jobs).toHaveLength(1);
});

test('a task of several parts keeps what holds for all of them: its key, its deadline, what it waits for', async () => {
  const { made, a, bench } = await oneWorker(34, { concurrency: 4 });
  const order = (inputs: readonly unknown[], options = {}) =>
    a.node.tasks.order('job', 0, { parts: inputs.map((input) => ({ input })), ...options });
  const first = await made.world.resolve(order([1, 2], { idempotencyKey: 'k' }));
  expect((await made.world.resolve(order([1, 2], { idempotencyKey: 'k' }))).id).toBe(first.id);
  expect(await made.problemOf(order([1, 3], { idempotencyKey: 'k' }))).toMatchObject({
    code: 'SKEIN_REFUSED',
  });
  const after = await made.world.resolve(order([3], { after: [first] }));
  await made.until(() => bench.jobs.length === 2, 'both parts run');
  expect(await made.world.resolve(after.status())).toMatchObject({ state: 'waiting', after: [first.id] });
  for (const { id } of bench.jobs) bench.end(id, 'x');
  expect(await made.world.resolve(first.result())).toEqual(['x', 'x']);
  await made.until(() => bench.jobs.length === 3, 'what has waited for it runs');
  bench.end(bench.jobs[2]?.id ?? '', 'y');
  expect(await made.world.resolve(after.result())).toEqual(['y']);
  const late = await made.world.resolve(order([4, 5], { deadline: new Date(a.platform.wallNow() + 2000) }));
  await made.until(() => bench.jobs.length === 5, 'both run');
  await made.until(() => bench.jobs.slice(3).every(({ signal }) => signal.aborted), 'both are cancelled');
  for (const { id } of bench.jobs.slice(3)) bench.fail(id, new Error('cancelled'));
  expect(await made.problemOf(late.result())).toMatchObject({
    details: { state: 'cancelled', reason: 'its deadline is over' },
  });
});

test('REQ17: tasks are listed by state, service, author and worker', async () => {
  const { made, a, b, bench } = await oneWorker(4);
  const one = await made.world.resolve(a.node.tasks.order('job', 1));
  const two = await made.world.resolve(made.broker.node.tasks.order('job', 2));
  await made.until(() => bench.jobs.length === 1, 'the first one runs');
  await made.world.run(500);
  const list = async (filter: Parameters<typeof a.node.tasks.list>[0]) =>
    (await made.world.resolve(a.node.tasks.list(filter))).tasks.map(({ id }) => id);
  expect(await list({})).toEqual([one.id, two.id]);
  expect(await list({ states: ['running'] })).toEqual([one.id]);
  expect(await list({ states: ['queued'], service: 'job' })).toEqual([two.id]);
  expect(await list({ author: a.node.name })).toEqual([one.id]);
  expect(await list({ worker: b.node.name })).toEqual([one.id]);
  expect(await list({ service: 'other' })).toEqual([]);
});

test('REQ18: a cancel keeps what has not begun from beginning, and fires the signal of what runs', async () => {
  const { made, a, bench } = await oneWorker(5);
  const running = await made.world.resolve(a.node.tasks.order('job', 1));
  const waiting = await made.world.resolve(a.node.tasks.order('job', 2));
  await made.until(() => bench.jobs.length === 1, 'the first one runs');
  const [job] = bench.jobs as [Job];
  job.signal.addEventListener('abort', () => bench.fail(job.id, job.signal.reason));
  expect(await made.world.resolve(waiting.cancel())).toBe('never-started');
  expect(await made.world.resolve(running.cancel())).toBe('stopping');
  await made.until(() => job.signal.aborted, 'its signal fires');
  expect(await made.problemOf(running.result())).toMatchObject({ code: 'SKEIN_ABORTED' });
  expect(await made.problemOf(waiting.result())).toMatchObject({
    code: 'SKEIN_ABORTED',
    details: { state: 'cancelled' },
  });
  expect(await made.world.resolve(running.cancel())).toBe('too-late');
  expect(await made.world.resolve(a.node.tasks.task('0'.repeat(32)).cancel())).toBe('unknown');
  await made.world.run(3000);
  expect(bench.jobs).toHaveLength(1);
});

test('REQ19, REQ20: a worker runs as many tasks at a time as it says', async () => {
  const { made, a, bench } = await oneWorker(6, { concurrency: 3 });
  const orders = Array.from({ length: 5 }, (_, i) => ({ service: 'job', input: i }));
  await made.world.resolve(a.node.tasks.orderMany(orders));
  await made.world.run(3000);
  expect(bench.jobs.map(({ input }) => input)).toEqual([0, 1, 2]);
});

test('priorities: 1 comes next, 3 last', async () => {
  const { made, a, bench } = await oneWorker(7);
  for (const [input, priority] of [
    ['first', 3],
    ['end 1', 3],
    ['end 2', 3],
    ['middle', 2],
    ['front', 1],
  ] as const)
    await made.world.resolve(a.node.tasks.order('job', input, { priority }));
  for (let done = 0; done < 5; done++) {
    await made.until(() => bench.jobs.length > done, `task ${done} is begun`);
    bench.end(bench.jobs[done]?.id ?? '', null);
  }
  expect(bench.jobs.map(({ input }) => input)).toEqual(['first', 'front', 'end 1', 'middle', 'end 2']);
});

test('a task that fails is failed with the text of its error; with attempts it is begun again', async () => {
  const made = await machine(8, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const attempts: [number, number][] = [];
  b.node.tasks.work('job', ({ attempt, fence, input }) => {
    attempts.push([attempt, fence]);
    if (attempt < (input as number)) throw new Error('not yet');
    return 'at last';
  });
  const once = await made.world.resolve(a.node.tasks.order('job', 2, queue));
  expect(await made.problemOf(once.result())).toMatchObject({
    code: 'SKEIN_FAILED',
    details: { state: 'failed', reason: 'not yet', attempt: 1 },
  });
  const again = await made.world.resolve(a.node.tasks.order('job', 3, { attempts: 5 }));
  expect(await made.world.resolve(again.result())).toBe('at last');
  expect(attempts.map(([attempt]) => attempt)).toEqual([1, 1, 2, 3]);
  const fences = attempts.map(([, fence]) => fence);
  expect(fences).toEqual(fences.toSorted((one, other) => one - other));
  expect(new Set(fences).size).toBe(4);
  const retried = await made.world.resolve(a.node.tasks.retry(once.id));
  expect(await made.problemOf(a.node.tasks.task(retried).result())).toMatchObject({ code: 'SKEIN_FAILED' });
  const status = await made.world.resolve(a.node.tasks.task(retried).status());
  expect(status).toMatchObject({ retryOf: once.id, state: 'failed' });
});

test('the same idempotency key is the same task; another input under it is refused', async () => {
  const made = await machine(9, 3);
  const [a] = made.others.map(lifeOf) as [Life];
  const options = { ...queue, idempotencyKey: 'k' };
  const one = await made.world.resolve(a.node.tasks.order('job', 1, options));
  const two = await made.world.resolve(a.node.tasks.order('job', 1, options));
  expect([two.id, two.isRepeat]).toEqual([one.id, true]);
  expect(await made.problemOf(a.node.tasks.order('job', 2, options))).toMatchObject({
    code: 'SKEIN_REFUSED',
  });
});

test('a task waits for others, and fails where one of them ends otherwise than done', async () => {
  const { made, a, bench } = await oneWorker(10);
  const first = await made.world.resolve(a.node.tasks.order('job', 'first'));
  const second = await made.world.resolve(a.node.tasks.order('job', 'second', { after: [first] }));
  const third = await made.world.resolve(a.node.tasks.order('job', 'third', { after: [second.id] }));
  await made.until(() => bench.jobs.length === 1, 'the first one is begun');
  expect((await made.world.resolve(second.status()))?.state).toBe('waiting');
  bench.end(first.id, 1);
  await made.until(() => bench.jobs.length === 2, 'the second one is begun');
  bench.fail(second.id, new Error('broken'));
  expect(await made.problemOf(third.result())).toMatchObject({ code: 'SKEIN_FAILED' });
  expect(await made.problemOf(a.node.tasks.order('job', 4, { after: [third] }))).toMatchObject({
    code: 'SKEIN_REFUSED',
  });
  expect(await made.problemOf(a.node.tasks.order('job', 4, { after: ['0'.repeat(32)] }))).toMatchObject({
    code: 'SKEIN_REFUSED',
  });
});

test('a task is not begun before its time, and expires at its deadline', async () => {
  const made = await machine(11, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const begun: number[] = [];
  b.node.tasks.work('job', () => begun.push(b.platform.wallNow()));
  await made.world.run(1000);
  const at = new Date(a.platform.wallNow() + 10_000);
  const later = await made.world.resolve(a.node.tasks.order('job', 1, { notBefore: at }));
  const deadline = new Date(a.platform.wallNow() + 5000);
  const never = await made.world.resolve(a.node.tasks.order('none', 1, { ...queue, deadline }));
  expect(await made.problemOf(never.result())).toMatchObject({ code: 'SKEIN_EXPIRED' });
  await made.world.resolve(later.result());
  expect(begun[0]).toBeGreaterThanOrEqual(at.getTime());
  expect(begun[0]).toBeLessThan(at.getTime() + 1000);
});

test('where its worker dies a task is lost, and one of an idempotent service runs elsewhere', async () => {
  const made = await machine(12, 4);
  const [a, b, c] = made.others as [Member, Member, Member];
  const once = { name: 'once', input: undefined, output: undefined, idempotent: false };
  const often = { ...once, name: 'often', idempotent: true };
  const [onceAtB, oftenAtB] = [new Bench(lifeOf(b), 'once'), new Bench(lifeOf(b), 'often')];
  await made.world.run(1000);
  const lost = await made.world.resolve(lifeOf(a).node.tasks.order(once, 1));
  const moved = await made.world.resolve(lifeOf(a).node.tasks.order(often, 1));
  await made.until(() => onceAtB.jobs.length + oftenAtB.jobs.length === 2, 'both run at b');
  const [onceAtC, oftenAtC] = [new Bench(lifeOf(c), 'once'), new Bench(lifeOf(c), 'often')];
  await made.world.run(1000);
  made.mesh.crash(b);
  expect(await made.problemOf(lost.result())).toMatchObject({
    code: 'SKEIN_LOST',
    details: { state: 'lost' },
  });
  await made.until(() => oftenAtC.jobs.length === 1, 'it runs elsewhere');
  oftenAtC.end(moved.id, 'there');
  expect(await made.world.resolve(moved.result())).toBe('there');
  expect(onceAtC.jobs).toEqual([]);
});

test('a change of the broker loses no task, and what runs goes on', async () => {
  const made = await machine(13, 4);
  const { broker } = made;
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const bench = new Bench(b, 'job', { concurrency: 2 });
  await made.world.run(1000);
  const orders = Array.from({ length: 4 }, (_, i) => ({ service: 'job', input: i }));
  const tasks = await made.world.resolve(a.node.tasks.orderMany(orders));
  await made.until(() => bench.jobs.length === 2, 'two of them run');
  const events = followed(tasks[0] as Task);
  made.mesh.crash(broker.member);
  await made.world.run(2000);
  for (let done = 0; done < 4; done++) {
    await made.until(() => bench.jobs.length > done, `task ${done} is begun`);
    bench.end(bench.jobs[done]?.id ?? '', bench.jobs[done]?.input);
  }
  const results = await made.world.resolve(Promise.all(tasks.map((task) => task.result())));
  expect(results).toEqual([0, 1, 2, 3]);
  expect(bench.jobs).toHaveLength(4);
  expect(events.at(-1)?.state).toBe('done');
});

test('a broker that stood still for longer than a lease takes nothing from workers that have gone on', async () => {
  const made = await machine(32, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const bench = new Bench(b, 'job');
  const task = await made.world.resolve(a.node.tasks.order('job', 1, queue));
  await made.until(() => bench.jobs.length === 1, 'it runs');
  made.broker.platform.pause();
  await made.world.run(500);
  bench.end(task.id, 7);
  await made.world.run(12_000);
  made.broker.platform.resume();
  expect(await made.world.resolve(task.result())).toBe(7);
});

test('a worker that cannot reach the broker is signaled before its lease is over, and its late result is refused', async () => {
  const made = await machine(14, 4);
  const [a, b] = made.others as [Member, Member];
  const bench = new Bench(lifeOf(b), 'job');
  await made.world.run(1000);
  const task = await made.world.resolve(lifeOf(a).node.tasks.order('job', 1));
  await made.until(() => bench.jobs.length === 1, 'it runs');
  await made.world.run(200);
  const cut = partition([b]);
  cut.start(made.mesh);
  const [job] = bench.jobs as [Job];
  await made.until(() => job.signal.aborted, 'its signal fires');
  const status = await made.world.resolve(task.status());
  expect(status?.state).toBe('running');
  expect(await made.problemOf(task.result())).toMatchObject({ code: 'SKEIN_LOST' });
  bench.end(job.id, 'late');
  cut.end(made.mesh);
  await made.world.run(20_000);
  expect((await made.world.resolve(task.status()))?.state).toBe('lost');
  const { entries } = await made.world.resolve(lifeOf(a).node.log.list({ type: 'task.stale', last: 10 }));
  expect(entries).toHaveLength(1);
});

test('a drained worker finishes what it has and takes nothing new; now: it gives it back', async () => {
  const made = await machine(15, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  const first = new Bench(b, 'job');
  await made.world.run(1000);
  const one = await made.world.resolve(a.node.tasks.order('job', 1));
  await made.until(() => first.jobs.length === 1, 'it runs');
  await made.world.resolve(a.node.tasks.drain(b.node.name));
  const two = await made.world.resolve(a.node.tasks.order('job', 2));
  await made.world.run(2000);
  first.end(one.id, 'finished');
  expect(await made.world.resolve(one.result())).toBe('finished');
  await made.world.run(2000);
  expect((await made.world.resolve(two.status()))?.why).toEqual([
    `${b.node.name} is draining`,
    expect.stringMatching(/^the last 1 tasks of "job" waited \d+ ms/),
  ]);
  await made.world.resolve(a.node.tasks.drain(b.node.name, 'off'));
  await made.until(() => first.jobs.length === 2, 'it takes tasks again');
  const second = new Bench(c, 'job');
  const job = first.jobs[1] as Job;
  job.signal.addEventListener('abort', () => first.fail(job.id, job.signal.reason));
  await made.world.resolve(a.node.tasks.drain(b.node.name, 'now'));
  await made.until(() => second.jobs.length === 1, 'another one has it');
  expect(second.jobs[0]).toMatchObject({ id: two.id, attempt: 1 });
});

test('workers are ranked, with why each other one would not take such a task', async () => {
  const made = await machine(16, 4);
  const [a, b, c] = made.others.map(lifeOf) as [Life, Life, Life];
  new Bench(b, 'render', { cores: 8, memory: '16G', software: ['blender'] });
  new Bench(c, 'render', { cores: 2, memory: '16G' });
  await made.world.run(1000);
  const workers = await made.world.resolve(
    a.node.tasks.workers('render', { cores: 4, memory: '8G', software: ['blender'] }),
  );
  expect(workers.map(({ name, whyNot }) => [name, whyNot === ''])).toEqual([
    [b.node.name, true],
    [c.node.name, false],
  ]);
  expect(workers[1]?.whyNot).toContain('blender');
});

test('a task that waits for its next attempt has no progress, whatever the one before has said', async () => {
  const made = await machine(31, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const bench = new Bench(b, 'slow');
  const task = await made.world.resolve(a.node.tasks.order('slow', 1, { ...queue, attempts: 2 }));
  const events = followed(task);
  await made.until(() => bench.jobs.length === 1, 'it has begun');
  bench.jobs[0]?.progress(0.5, 'half of it');
  await made.until(() => events.some(({ progress }) => progress === 0.5), 'it is heard of');
  bench.fail(task.id, new Error('not this time'));
  await made.until(() => events.some(({ state }) => state === 'waiting'), 'it waits for the next one');
  expect(events.at(-1)).not.toHaveProperty('progress');
  expect(await made.world.resolve(task.status())).not.toHaveProperty('progress');
});

test('progress is passed on to those who follow', async () => {
  const { made, a, bench } = await oneWorker(17);
  const task = await made.world.resolve(a.node.tasks.order('job', 1));
  const events = followed(task);
  await made.until(() => bench.jobs.length === 1, 'it runs');
  bench.jobs[0]?.progress(0.5, 'half of it');
  await made.until(() => events.some(({ progress }) => progress === 0.5), 'it is heard of');
  expect((await made.world.resolve(task.status()))?.note).toBe('half of it');
  bench.end(task.id, 1);
  await made.world.resolve(task.result());
  await made.world.run(100);
  expect(events.map(({ state }) => state).filter((state, i, all) => state !== all[i - 1])).toEqual(
    expect.arrayContaining(['running', 'done']),
  );
});

test('a task that nobody has ordered is unknown, and one that has not ended is not ordered again', async () => {
  const made = await machine(18, 3);
  const [a] = made.others.map(lifeOf) as [Life];
  const nobodys = '0'.repeat(32);
  expect(await made.problemOf(a.node.tasks.task(nobodys).result())).toMatchObject({
    code: 'SKEIN_UNKNOWN_TASK',
  });
  expect(await made.problemOf(a.node.tasks.retry(nobodys))).toMatchObject({ code: 'SKEIN_UNKNOWN_TASK' });
  const { id } = await made.world.resolve(a.node.tasks.order('job', 1, queue));
  expect(await made.problemOf(a.node.tasks.retry(id))).toMatchObject({ code: 'SKEIN_REFUSED' });
  expect(await made.world.resolve(a.node.tasks.remove(id))).toBe(false);
});

test('SKEIN_STORE_FULL: orders are refused at once while the disk of the broker is full, and what was stored is not lost', async () => {
  const { made, a, bench } = await oneWorker(35);
  const running = await made.world.resolve(a.node.tasks.order('job', 1));
  const waiting = await made.world.resolve(a.node.tasks.order('job', 2));
  await made.until(() => bench.jobs.length === 1, 'the first one runs');
  await made.world.run(1000);
  const { disk } = made.broker.member.host;
  disk.isFull = true;
  // Its result cannot be stored: it is handed in again once there is room.
  bench.end(running.id, 'kept');
  await made.world.run(500);
  for (let i = 0; i < 3; i++) {
    const before = made.world.now;
    expect(await made.problemOf(a.node.tasks.order('job', 3))).toMatchObject({
      code: 'SKEIN_STORE_FULL',
      retryable: true,
    });
    expect(made.world.now - before).toBeLessThan(500);
  }
  disk.isFull = false;
  const later = await made.world.resolve(a.node.tasks.order('job', 4));
  expect(await made.world.resolve(running.result())).toBe('kept');
  await made.until(() => bench.jobs.length === 2, 'the second one runs');
  bench.end(waiting.id, 'too');
  expect(await made.world.resolve(waiting.result())).toBe('too');
  await made.until(() => bench.jobs.length === 3, 'the one that was ordered then runs');
  expect(bench.jobs.map(({ id }) => id)).toEqual([running.id, waiting.id, later.id]);
});

test('the error of an order that may be stored all the same names the id that it is found by', async () => {
  const made = await machine(36, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  new Bench(b, 'job');
  await made.world.run(1000);
  const end = new AbortController();
  const ordered = made.problemOf(a.node.tasks.order('job', 1, { signal: end.signal }));
  await made.world.run(1);
  end.abort();
  const problem = await ordered;
  expect(problem).toMatchObject({ code: 'SKEIN_ABORTED', details: { ids: [expect.any(String)] } });
  const [id] = (problem as unknown as { details: { ids: [string] } }).details.ids;
  await made.world.run(1000);
  expect(await made.world.resolve(a.node.tasks.task(id).status())).toMatchObject({ id, state: 'running' });
});

test('a task that is offered is listed as that, and not as queued', async () => {
  const made = await machine(37, 3);
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  new Bench(b, 'job');
  await made.world.run(1000);
  // The worker does not answer: it is cut off, and the mesh has not noticed.
  partition([b.member]).start(made.mesh);
  const [offered, queued] = (await made.world.resolve(
    a.node.tasks.orderMany([
      { service: 'job', input: 1 },
      { service: 'job', input: 2 },
    ]),
  )) as [Task, Task];
  const list = async (state: 'offered' | 'queued') =>
    (await made.world.resolve(a.node.tasks.list({ states: [state] }))).tasks.map(({ id, state }) => [
      id,
      state,
    ]);
  expect(await list('offered')).toEqual([[offered.id, 'offered']]);
  expect(await list('queued')).toEqual([[queued.id, 'queued']]);
});

test('a result that a worker could not hand in is handed in by its next incarnation, however slow its disk, before its task counts as lost', async () => {
  const made = await machine(38, 4);
  const [a, b] = made.others as [Member, Member];
  const bench = new Bench(lifeOf(b), 'job');
  await made.world.run(1000);
  const task = await made.world.resolve(lifeOf(a).node.tasks.order('job', 1));
  await made.until(() => bench.jobs.length === 1, 'it runs');
  await made.world.run(200);
  const cut = partition([b]);
  cut.start(made.mesh);
  bench.end(task.id, 'kept');
  // Until its links are given up: what is on its way in them is gone then.
  await made.world.run(6000);
  made.mesh.crash(b);
  cut.end(made.mesh);
  b.host.ownDisk.slowness = 200;
  made.mesh.start(b);
  new Bench(lifeOf(b), 'job');
  expect(await made.world.resolve(task.result())).toBe('kept');
});
