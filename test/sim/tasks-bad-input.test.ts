/** What programs get wrong as they order: each is refused with what is wrong and what is accepted, and nothing is stored. */
import { expect, test } from 'vitest';
import { lifeOf } from '../../src/features/formation/sim/formation-run.ts';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import type { Life } from '../../src/sim/world/member.ts';
import { formations } from './formations.ts';

const formation = formations();
const steering = '\u001b[31mred';
const unknownId = 'f'.repeat(32);

test('bad input of an order is refused with the value and what is accepted, and nothing is stored', async () => {
  const made = await formation({ seed: 41, nodes: 3 });
  const [a, b] = made.others.map(lifeOf) as [Life, Life];
  const wait = made.world.resolve.bind(made.world);
  b.node.tasks.work('job', ({ input }) => input);
  await made.world.run(1000);
  const order = (options: object, input: unknown = 1, service = 'job') =>
    made.problemOf(a.node.tasks.order(service, input, options));
  const now = a.platform.wallNow();
  const before = (await wait(a.node.tasks.list())).tasks.length;

  const wrong: readonly (readonly [what: object, message: RegExp])[] = [
    [{ cores: 0 }, /cores.*1 to 65,?536.*0/],
    [{ cores: -1 }, /cores.*-1/],
    [{ cores: 0.5 }, /cores.*0\.5/],
    [{ cores: Number.NaN }, /cores.*NaN/],
    [{ memory: 0 }, /memory is a number of bytes from 1, or text such as 8G, got 0/],
    [{ memory: '8 elephants' }, /memory.*8 elephants/],
    [{ resources: { gpu: 0 } }, /resources\.gpu.*0/],
    [{ resources: { gpu: 1.5 } }, /resources\.gpu.*1\.5/],
    [{ resources: { [steering]: 1 } }, /resources is an object such as/],
    [{ software: ['a b'] }, /software is a list.*words/],
    [{ node: 'b', not: ['b'] }, /it may run on b alone, and not there/],
    [{ node: steering }, /tasks\.order: node/],
    [{ priority: 0 }, /priority is 1 \(front\), 2 \(middle\) or 3 \(end\), got 0/],
    [{ attempts: 0 }, /attempts.*0/],
    [{ timeoutMs: -1 }, /timeoutMs.*-1/],
    [{ deadline: new Date(now + 1000), notBefore: new Date(now + 2000) }, /is not after notBefore/],
    [{ deadline: new Date(Number.NaN) }, /deadline is a Date/],
    [{ after: ['no id'] }, /32 hexadecimal digits, got "no id"/],
    [{ ifInfeasible: 'later' }, /ifInfeasible is one of refuse, queue/],
    [{ cpu: 4 }, /unknown option "cpu"; accepted are/],
    [{ parts: [] }, /parts is a list of 1 to 1000 parts/],
    [{ parts: [{ cores: 0 }] }, /parts\[0\]: cores.*0/],
    [{ parts: [{ key: 'k' }] }, /parts\[0\]: unknown option "key"/],
  ];
  for (const [options, message] of wrong) {
    const problem = await order(options);
    expect(problem, JSON.stringify(options)).toBeInstanceOf(TypeError);
    expect(problem.message).toMatch(message);
    expect(problem.message).not.toContain('\u001b');
  }

  const named = await order({}, 1, steering);
  expect(named).toBeInstanceOf(TypeError);
  expect(named.message).not.toContain('\u001b');
  expect(await order({}, 'x'.repeat(taskLimits.taskInputBytes + 1))).toMatchObject({
    code: 'SKEIN_TOO_LARGE',
    message: expect.stringContaining(`over the limit of ${taskLimits.taskInputBytes}`),
  });
  expect(await order({ deadline: new Date(now - 1) })).toMatchObject({ code: 'SKEIN_EXPIRED' });
  expect(await order({ notBefore: new Date(now + 400 * 24 * 3_600_000) })).toMatchObject({
    code: 'SKEIN_INVALID',
    message: expect.stringContaining('a year'),
  });
  expect(await order({}, 1, 'nobody-does-this')).toMatchObject({ code: 'SKEIN_INFEASIBLE' });
  expect(await order({ parts: [{}, { service: 'nobody-does-this' }] })).toMatchObject({
    code: 'SKEIN_INFEASIBLE',
  });
  expect(await order({ after: [unknownId] })).toMatchObject({
    code: 'SKEIN_REFUSED',
    message: expect.stringContaining(`${unknownId}, or repeat it: that is unknown`),
  });
  expect((await wait(a.node.tasks.list())).tasks).toHaveLength(before);

  // A task waits for earlier ones alone, and cannot wait for one that came to nothing: there are no circles.
  const later = { notBefore: new Date(a.platform.wallNow() + 60_000) };
  const cancelled = await wait(a.node.tasks.order('job', 1, later));
  await wait(cancelled.cancel());
  expect(await order({ after: [cancelled] })).toMatchObject({
    code: 'SKEIN_REFUSED',
    message: expect.stringContaining('that is cancelled'),
  });
  expect(await wait(cancelled.cancel())).toBe('too-late');
  expect(await wait(a.node.tasks.task(unknownId).cancel())).toBe('unknown');
  expect(await made.problemOf(a.node.tasks.retry(unknownId))).toMatchObject({ code: 'SKEIN_UNKNOWN_TASK' });
});
