/** Under virtual time: ends of tasks that were ordered with `reply: 'letter'`, in the mailboxes of their authors. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { Letter } from '../../src/features/letters/api.ts';
import type { State as LetterRows } from '../../src/features/letters/store/model-rows.ts';
import type { TaskEnded } from '../../src/features/tasks/api.ts';
import type { State as TaskTables } from '../../src/features/tasks/store/model-rows.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations, handled } from './formations.ts';

const formation = formations();
const wanted = { ifInfeasible: 'queue', reply: 'letter' } as const;

const ends = (letters: readonly Letter[]): TaskEnded[] => letters.map(({ body }) => body as TaskEnded);

/** Work that ends when the test says so. */
function held({ node }: Life, service: string) {
  let end: (result: unknown) => void = () => undefined;
  const work = { begun: 0, end: (result: unknown) => end(result) };
  node.tasks.work(service, () => {
    work.begun++;
    return new Promise((resolve) => {
      end = resolve;
    });
  });
  return work;
}

test('reply: each way in which a task ends goes to its author as a letter', async () => {
  const made = await formation({ seed: 1, nodes: 4 });
  const [a, b, c] = made.others as [Member, Member, Member];
  const { node, platform } = lifeOf(a);
  const letters = handled(lifeOf(a));
  lifeOf(b).node.tasks.work('double', ({ input }) => 2 * (input as number));
  lifeOf(b).node.tasks.work('broken', () => Promise.reject(new Error('no paper')));
  const stuck = held(lifeOf(c), 'stuck');
  await made.world.run(1000);
  const order = (service: string, more: object = {}) =>
    made.world.resolve(node.tasks.order(service, 21, { ...wanted, ...more }));
  const done = await order('double');
  const silent = await order('double', { reply: undefined });
  const failed = await order('broken');
  const lost = await order('stuck');
  const cancelled = await order('nobody');
  const expired = await order('nobody', { deadline: new Date(platform.wallNow() + 2000) });
  const parts = await order('double', { parts: [{ input: 1 }, { input: 2 }] });
  await made.until(() => stuck.begun === 1, 'it is begun');
  made.mesh.crash(c);
  await made.world.resolve(cancelled.cancel());
  await made.until(() => letters.length === 6, 'all six have come');
  await made.world.resolve(silent.result());
  await made.world.run(20_000);
  const byTask = new Map(ends(letters).map((end) => [end.task, end]));
  expect(letters.length).toBe(6);
  expect(byTask.get(done.id)).toEqual({ task: done.id, service: 'double', state: 'done', result: 42 });
  expect(byTask.get(parts.id)).toEqual({ task: parts.id, service: '', state: 'done', result: [2, 4] });
  const texts = [
    [failed, 'failed', 'broken', /no paper/],
    [lost, 'lost', 'stuck', /lease|lost/],
    [cancelled, 'cancelled', 'nobody', /./],
    [expired, 'expired', 'nobody', /deadline/],
  ] as const;
  for (const [{ id }, state, service, error] of texts)
    expect(byTask.get(id)).toEqual({ task: id, service, state, error: expect.stringMatching(error) });
  for (const { id, type, from } of letters)
    expect([id, type, from]).toEqual([
      ends(letters)[letters.findIndex((each) => each.id === id)]?.task,
      'task.ended',
      a.nodeName,
    ]);
  // Ordered again it says again how it has ended.
  const again = await made.world.resolve(node.tasks.retry(failed.id));
  await made.until(() => letters.length === 7, 'that of the repeated one has come');
  expect(ends(letters).at(-1)).toMatchObject({ task: again, state: 'failed' });
});

test('reply: a result as deep as one may be is read in the letter of its end, and a deeper one fails its task with how deep it is', async () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
  const made = await formation({ seed: 7, nodes: 3 });
  const [a, b] = made.others as [Member, Member];
  const letters = handled(lifeOf(a));
  lifeOf(b).node.tasks.work('nest', ({ input }) => nested(input as number));
  await made.world.run(1000);
  const { tasks } = lifeOf(a).node;
  const one = await made.world.resolve(tasks.order('nest', 500, wanted));
  const parts = await made.world.resolve(
    tasks.order('nest', 0, { ...wanted, parts: [{ input: 500 }, { input: 1 }] }),
  );
  const tooDeep = await made.world.resolve(tasks.order('nest', 501, wanted));
  await made.until(() => letters.length === 3, 'all have come');
  const byTask = new Map(ends(letters).map((end) => [end.task, end]));
  expect(byTask.get(one.id)?.result).toEqual(nested(500));
  expect(byTask.get(parts.id)?.result).toEqual([nested(500), nested(1)]);
  expect(await made.world.resolve(parts.result())).toEqual([nested(500), nested(1)]);
  const error = expect.stringContaining('it nests 501 levels deep, and 500 are accepted');
  expect(byTask.get(tooDeep.id)).toMatchObject({ state: 'failed', error });
});

test('reply: an author that is off when its task ends finds the letter once it is back', async () => {
  const made = await formation({ seed: 2, nodes: 4 });
  const [a, b] = made.others as [Member, Member];
  const work = held(lifeOf(b), 'job');
  await made.world.run(1000);
  const task = await made.world.resolve(lifeOf(a).node.tasks.order('job', 1, wanted));
  await made.until(() => work.begun === 1, 'it is begun');
  made.mesh.crash(a);
  await made.world.run(5000);
  work.end('there');
  await made.world.run(5000);
  const watcher = lifeOf(b).node;
  expect(await made.world.resolve(watcher.letters.status(task.id))).toMatchObject({
    ...{ from: a.nodeName, type: 'task.ended' },
    recipients: [{ name: a.nodeName, state: 'stored' }],
  });
  await made.mesh.start(a);
  const letters = handled(lifeOf(a));
  await made.until(() => letters.length > 0, 'it has come');
  await made.world.run(5000);
  expect(ends(letters)).toEqual([{ task: task.id, service: 'job', state: 'done', result: 'there' }]);
  expect(await made.world.resolve(watcher.letters.status(task.id))).toMatchObject({
    recipients: [{ state: 'delivered' }],
  });
});

/** What the disk of the machine has: nothing of the task, its end, or its letter too, before that is noted as sent. */
function onDisk({ host }: Member, id: string): 'nothing' | 'end' | 'letter' | 'note' {
  const content = host.disk.content as ReadonlyMap<string, unknown>;
  const { byId } = content.get('letters') as Pick<LetterRows, 'byId'>;
  const { owed, tasks } = content.get('tasks') as Pick<TaskTables, 'owed' | 'tasks'>;
  const isOwed = [...owed.rows()].length > 0;
  const hasEnded = [...tasks.rows()].some(([, row]) => row.id === id && row.state === 'done');
  if (!hasEnded) return 'nothing';
  if (!isOwed) return 'note';
  return byId.get(id) === undefined ? 'end' : 'letter';
}

test.each(
  (['end', 'letter', 'note'] as const).flatMap((last) => [3, 4, 5].map((seed) => [last, seed] as const)),
)(
  'reply: where the %s is the last that a broker has stored as it dies there is one letter (seed %i)',
  async (last, seed) => {
    const made = await formation({ seed, nodes: 4 });
    const { broker } = made;
    const [a, b] = made.others as [Member, Member];
    const letters = handled(lifeOf(a));
    const work = held(lifeOf(b), 'job');
    await made.world.run(1000);
    const task = await made.world.resolve(lifeOf(a).node.tasks.order('job', 1, wanted));
    await made.until(() => work.begun === 1, 'it is begun');
    // Nothing else is committed together with what this is about.
    a.host.disk.slowness = 20;
    work.end('there');
    await made.until(() => onDisk(a, task.id) === last, `${last} is the last that is stored`);
    made.mesh.crash(broker.member);
    a.host.disk.slowness = 1;
    await made.until(() => letters.length > 0, 'it has come');
    await made.world.run(30_000);
    expect(ends(letters)).toEqual([{ task: task.id, service: 'job', state: 'done', result: 'there' }]);
    const kept = await made.world.resolve(lifeOf(a).node.letters.list());
    expect(kept.map(({ id }) => id)).toEqual([task.id]);
    expect(onDisk(a, task.id)).toBe('note');
  },
);
