/** What a worker can take on, and what it says where it cannot. */
import { expect, test } from 'vitest';
import { taskLimits } from './limits.ts';
import { Places } from './places.ts';
import type { Requirements } from './requirements.ts';

const anywhere: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const gibibyte = 2 ** 30;

function placesOf(cores = 8): Places {
  const places = new Places('w');
  places.offer(
    [
      { service: 'render', concurrency: 4, queue: 1, isIdempotent: false },
      { service: 'mail', concurrency: 1, queue: 0, isIdempotent: true },
    ],
    { cores, memory: 16 * gibibyte, software: ['blender'], resources: [['gpu', 2]] },
  );
  return places;
}

function rendering(needs: Partial<Requirements>): { service: string; needs: Requirements } {
  return { service: 'render', needs: { ...anywhere, ...needs } };
}

test('a service that it does not offer can never run here, and what it has can', () => {
  const places = placesOf();
  expect(places.whyNever({ service: 'bake', needs: anywhere })).toBe('offers no "bake"');
  const all = rendering({ cores: 8, memory: 16 * gibibyte, software: ['blender'], resources: [['gpu', 2]] });
  expect(places.whyNever({ ...all, needs: { ...all.needs, node: 'w', not: ['v'] } })).toBeUndefined();
});

test('a task can never run where something is missing, or where its author does not want it', () => {
  const places = placesOf();
  expect(places.whyNever(rendering({ cores: 9 }))).toBe('has 8 cores, 9 are needed');
  expect(places.whyNever(rendering({ cores: 9, node: 'v' }))).toBe('is not "v"');
  expect(places.whyNever(rendering({ not: ['v', 'w'] }))).toBe('is excluded by the task');
});

test('what runs takes room until it has ended', () => {
  const places = placesOf();
  const half = rendering({ cores: 5 });
  places.begun(half);
  expect(places.whyNotNow(rendering({ cores: 4 }))).toBe('has 3 of 8 cores free');
  expect(places.whyNotNow(rendering({ cores: 3 }))).toBeUndefined();
  places.ended(half);
  expect(places.whyNotNow(half)).toBeUndefined();
});

test('a task that asks for nothing takes nothing but a place of its service', () => {
  const places = placesOf(1);
  for (let i = 0; i < 4; i++) {
    expect(places.whyNotNow(rendering({}))).toBeUndefined();
    places.begun(rendering({}));
  }
  expect(places.whyNotNow(rendering({}))).toBe('runs 4 of 4 of "render"');
  expect(places.whyNotNow({ service: 'mail', needs: { ...anywhere, cores: 1 } })).toBeUndefined();
});

test('as many of a service may wait as it says', () => {
  const places = placesOf();
  expect([places.hasQueue('render'), places.hasQueue('mail')]).toEqual([true, false]);
  places.queued(rendering({}));
  expect(places.hasQueue('render')).toBe(false);
  places.unqueued(rendering({}));
  expect(places.hasQueue('render')).toBe(true);
});

test('all services together run and keep waiting no more than one node may', () => {
  const { taskConcurrencyMax, taskQueueMax } = taskLimits;
  const places = new Places('w');
  const offered = { concurrency: taskConcurrencyMax, queue: taskQueueMax, isIdempotent: false };
  places.offer(
    ['a', 'b'].map((service) => ({ service, ...offered })),
    { cores: 1, memory: 0, software: [], resources: [] },
  );
  for (let i = 0; i < taskConcurrencyMax; i++) places.begun({ service: 'a', needs: anywhere });
  for (let i = 0; i < taskQueueMax; i++) places.queued({ service: 'a', needs: anywhere });
  expect(places.whyNotNow({ service: 'b', needs: anywhere })).toBe(`runs ${taskConcurrencyMax} tasks`);
  expect(places.hasQueue('b')).toBe(false);
});

test('a worker that has become smaller has nothing free, and not less', () => {
  const places = placesOf();
  places.begun(rendering({ cores: 8 }));
  places.offer(places.offered, { ...places.capacity, cores: 2 });
  expect(places.whyNotNow(rendering({ cores: 1 }))).toBe('has 0 of 2 cores free');
});
