/** How many tasks one worker may have. */
import { expect, test } from 'vitest';
import { taskLimits } from '../limits.ts';
import { noRequirements } from '../requirements.ts';
import type { TaskHead } from '../tasks-types.ts';
import { Matching } from './matching.ts';

test('a worker gets nothing more once it has as many tasks as it can name, whatever its places, until one has ended', () => {
  const { taskClaimsMax, taskLooksMax } = taskLimits;
  const services = ['render', 'encode', 'print'].map((service) => {
    return { service, concurrency: 1000, queue: 1000, isIdempotent: false };
  });
  const matching = new Matching();
  const capacity = { cores: 8, memory: 8, software: [], resources: [] };
  matching.work({ name: 'a', life: 1, isDraining: false, services, capacity });
  const put = (n: number, change: Partial<TaskHead>): void =>
    matching.put({
      ...{
        n,
        id: `${n}`,
        author: 'a',
        service: services[n % 3]?.service,
        needs: noRequirements,
        priority: 3,
      },
      ...{ rank: n, worker: '', workerLife: 0, state: 'queued', since: 0, ...change },
    } as TaskHead);
  for (let n = 1; n <= taskClaimsMax + 2; n++) put(n, {});
  const given: number[] = [];
  const match = (): void => {
    for (let isMore = true; isMore; ) {
      const found = matching.match(0, taskLooksMax);
      for (const { n } of found.matches) put(n, { state: 'running', worker: 'a', workerLife: 1 });
      given.push(...found.matches.map(({ n }) => n));
      isMore = found.isMore || found.matches.length > 0;
    }
  };
  match();
  expect(given).toHaveLength(taskClaimsMax);
  expect(matching.standings('print', noRequirements)).toMatchObject([
    { whyNot: `has ${taskClaimsMax} tasks, the most that one worker may have` },
  ]);
  put(given[0] as number, { state: 'done' });
  match();
  expect(given).toHaveLength(taskClaimsMax + 1);
});
