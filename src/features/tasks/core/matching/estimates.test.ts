import { expect, test } from 'vitest';
import { taskLimits } from '../limits.ts';
import type { Requirements } from '../requirements.ts';
import { Estimates } from './estimates.ts';
import { type Held, Worker } from './worker.ts';

const nothing: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const cores = (count: number): Requirements => ({ ...nothing, cores: count });

/** A worker of 8 cores that runs these tasks, each since the time that is given. */
function worker(held: readonly Partial<Held>[], queue = 0): Worker {
  const made = new Worker('a');
  made.work({
    ...{ name: 'a', life: 1, isDraining: false },
    services: ['render', 'encode'].map((service) => ({
      service,
      concurrency: 4,
      queue,
      isIdempotent: false,
    })),
    capacity: { cores: 8, memory: 0, software: [], resources: [['gpu', 1]] },
  });
  for (const [index, one] of held.entries()) {
    made.take({
      ...{ n: index + 1, service: 'render', needs: cores(4), priority: 3, life: 1, state: 'running' },
      ...{ isWaiting: false, since: 0, ...one },
    });
  }
  return made;
}

const ran = (...durations: readonly number[]) => durations.map((ranMs) => ({ waitedMs: 0, ranMs }));

test('estimates are of the last tasks that were done, and say from how many and when', () => {
  const estimates = new Estimates();
  expect(estimates.of('render', 5)).toBeUndefined();
  estimates.load(
    'render',
    Array.from({ length: 10 }, (_, i) => ({ waitedMs: 10 - i, ranMs: 100 * (10 - i) })),
  );
  const first = { waitedP50: 5, waitedP90: 9, ranP50: 500, ranP90: 900, count: 10, computedAt: 5 };
  expect(estimates.of('render', 5)).toEqual(first);
  estimates.record('render', { waitedMs: 0, ranMs: 0 });
  expect(estimates.of('render', 1004)).toEqual(first);
  expect(estimates.of('render', 1005)).toMatchObject({ count: 11, computedAt: 1005 });
  for (let i = 0; i < taskLimits.taskDurationsMax; i++) estimates.record('render', { waitedMs: 7, ranMs: 7 });
  expect(estimates.of('render', 9000)).toMatchObject({ ranP90: 7, count: taskLimits.taskDurationsMax });
});

test('services not heard of for the longest time make room', () => {
  const estimates = new Estimates();
  const record = (service: string): void => estimates.record(service, { waitedMs: 1, ranMs: 1 });
  for (let i = 0; i < taskLimits.taskEstimatesMax; i++) record(`s${i}`);
  record('s0');
  record('new');
  expect(['s0', 's1', 's2', 'new'].map((service) => estimates.has(service))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test('a task begins when what is in the way will have run for the median of its service', () => {
  const estimates = new Estimates();
  estimates.load('render', ran(1000, 1000, 1000));
  const busy = worker([{ since: 100 }, { since: 400 }]);
  expect(estimates.begins(busy, 'render', cores(4), 600)?.p50Ms).toBe(500);
  expect(estimates.begins(busy, 'render', cores(8), 600)?.p50Ms).toBe(800);
  expect(estimates.begins(busy, 'render', cores(0), 600)?.p50Ms).toBe(0);
  expect(estimates.begins(busy, 'render', cores(4), 5000)?.p50Ms).toBe(0);
});

test('when a task begins is said at the median and the ninth decile, from how many tasks, and when', () => {
  const estimates = new Estimates();
  const tenths = Array.from({ length: 10 }, (_, i) => (i + 1) * 100);
  estimates.load('render', ran(...tenths));
  estimates.load('encode', ran(2000));
  expect(estimates.of('encode', 10)).toMatchObject({ computedAt: 10 });
  const busy = worker([{}, { service: 'encode' }]);
  expect(estimates.begins(busy, 'render', cores(4), 20)).toEqual({
    ...{ p50Ms: 480, p90Ms: 880, count: 11, computedAt: 10 },
  });
  // Both take longer than tasks did, and are in the way.
  expect(estimates.begins(busy, 'render', cores(4), 9000)).toMatchObject({ p90Ms: 0, count: 11 });
  expect(estimates.begins(worker([]), 'render', cores(4), 20)).toEqual({
    ...{ p50Ms: 0, p90Ms: 0, count: 0, computedAt: 20 },
  });
});

test('tasks in the queue of a worker come first', () => {
  const estimates = new Estimates();
  estimates.load('render', ran(1000));
  const busy = worker([{ needs: cores(8) }, { needs: cores(8), isWaiting: true, state: 'assigned' }], 1);
  expect(estimates.begins(busy, 'render', cores(8), 0)?.p50Ms).toBe(2000);
});

test('what nothing was observed of, or could never be, has no estimate', () => {
  const estimates = new Estimates();
  estimates.load('render', ran(1000));
  const busy = worker([{ service: 'encode' }, { service: 'encode' }]);
  expect(estimates.begins(busy, 'render', cores(4), 0)).toBeUndefined();
  expect(estimates.begins(worker([{}, {}]), 'render', cores(9), 0)).toBeUndefined();
  expect(estimates.begins(worker([{}, {}]), 'bake', cores(1), 0)).toBeUndefined();
  const away = worker([]);
  away.isHere = false;
  expect(estimates.begins(away, 'render', cores(1), 0)).toBeUndefined();
});
