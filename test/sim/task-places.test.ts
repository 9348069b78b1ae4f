/** Under virtual time: places in the queue, where other tasks were ordered that wait for something. */
import { expect, test } from 'vitest';
import { type FormationRun, lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import type { OrderOptions } from '../../src/features/tasks/api.ts';
import type { Life, Member } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();

/** A worker that runs one task at a time, and the first one until the test says so. */
function inTurn({ node }: Life) {
  const begun: unknown[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  node.tasks.work('job', ({ input }) => {
    begun.push(input);
    return released;
  });
  return { begun, release: () => release() };
}

/** Orders four to the end of the queue, and one into its middle. */
async function middleOf(made: FormationRun, { node }: Life, worker: ReturnType<typeof inTurn>) {
  const order = (input: string, options: OrderOptions = {}) =>
    made.world.resolve(node.tasks.order('job', input, { ifInfeasible: 'queue', ...options }));
  for (const input of ['1', '2', '3', '4']) await order(input);
  await order('middle', { priority: 2 });
  worker.release();
  await made.until(() => worker.begun.includes('middle') && worker.begun.includes('4'), 'all of them run');
  return worker.begun.filter((input) => /^\d$|middle/.test(String(input)));
}

test('priorities: a task that waits for its time or for another one is no part of the queue', async () => {
  const made = await formation({ seed: 61, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const worker = inTurn(b);
  await made.world.run(1000);
  const first = await made.world.resolve(a.node.tasks.order('job', 'first'));
  await made.until(() => worker.begun.length === 1, 'the first one runs');
  const later = { notBefore: new Date(a.platform.wallNow() + 600_000) };
  for (let left = 4; left > 0; left--) {
    await made.world.resolve(a.node.tasks.order('job', 'later', later));
    await made.world.resolve(a.node.tasks.order('job', 'after it', { after: [first] }));
  }
  expect(await middleOf(made, a, worker)).toEqual(['1', '2', 'middle', '3', '4']);
});

test('priorities: tasks whose time comes while there is no broker have one place each', async () => {
  const made = await formation({ seed: 62, nodes: 4 });
  const [a, b] = made.others.slice(0, 2) as [Member, Member];
  const worker = inTurn(lifeOf(b));
  await made.world.run(1000);
  const { node, platform } = lifeOf(a);
  await made.world.resolve(node.tasks.order('job', 'first'));
  await made.until(() => worker.begun.length === 1, 'the first one runs');
  const soon = { notBefore: new Date(platform.wallNow() + 500), cores: 512 };
  for (let left = 2; left > 0; left--)
    await made.world.resolve(node.tasks.order('job', 'soon', { ifInfeasible: 'queue', ...soon }));
  // What the next broker asks of the store takes longer than a turn of its loop.
  a.host.disk.slowness = 20;
  made.mesh.crash(made.broker.member);
  await made.world.run(5000);
  a.host.disk.slowness = 1;
  await made.world.run(1000);
  // These two stand before the four that follow.
  expect(await middleOf(made, lifeOf(a), worker)).toEqual(['1', 'middle', '2', '3', '4']);
});
