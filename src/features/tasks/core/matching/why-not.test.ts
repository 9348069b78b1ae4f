import { expect, test } from 'vitest';
import type { Requirements } from '../requirements.ts';
import { shapeKey } from './shapes.ts';
import { whyNot } from './why-not.ts';
import { type Held, Worker } from './worker.ts';

const nothing: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const gibibyte = 2 ** 30;

function worker(): Worker {
  const made = new Worker('a');
  made.work({
    ...{ name: 'a', life: 1, isDraining: false },
    services: [{ service: 'render', concurrency: 2, queue: 0, isIdempotent: false }],
    capacity: { cores: 8, memory: 16 * gibibyte, software: ['blender'], resources: [['gpu', 2]] },
  });
  made.take({
    ...{ n: 1, service: 'render', priority: 3, life: 1, state: 'running', isWaiting: false, since: 0 },
    needs: { ...nothing, cores: 6, memory: 14.5 * gibibyte, resources: [['gpu', 2]] },
  });
  return made;
}

const why = (at: Worker, needs: Partial<Requirements> = {}, service = 'render') => {
  const all = { ...nothing, ...needs };
  return whyNot(at, service, all, shapeKey(service, all));
};

test('a worker that does not take a task says why, with figures', () => {
  const at = worker();
  expect(why(at)).toBeUndefined();
  expect(why(at, { cores: 2, memory: gibibyte, software: ['blender'], node: 'a' })).toBeUndefined();
  expect(why(at, { cores: 3 })).toBe('has 2 of 8 cores free');
  expect(why(at, { cores: 9 })).toBe('has 8 cores, 9 are needed');
  expect(why(at, { memory: 2 * gibibyte })).toBe('has 1.5 GiB of 16 GiB of memory free');
  expect(why(at, { memory: 32 * gibibyte })).toBe('has 16 GiB of memory, 32 GiB are needed');
  expect(why(at, { software: ['krita'] })).toBe('lacks software "krita"');
  expect(why(at, { resources: [['gpu', 1]] })).toBe('has 0 of 2 "gpu" free');
  expect(why(at, { resources: [['gpu', 3]] })).toBe('has 2 "gpu", 3 are needed');
  expect(why(at, { resources: [['fpga', 1]] })).toBe('has no "fpga"');
  expect(why(at, { node: 'b' })).toBe('is not "b"');
  expect(why(at, { not: ['a'] })).toBe('is excluded by the task');
  expect(why(at, {}, 'encode')).toBe('offers no "encode"');
  expect(why(at, { cores: 2 }, '')).toBeUndefined();
});

test('a worker whose places are taken, that is draining or unreachable says so', () => {
  const at = worker();
  const [held] = at.held.values();
  at.take({ ...(held as Held), n: 2, needs: nothing });
  expect(why(at)).toBe('runs 2 of 2 of "render"');
  at.isDraining = true;
  expect(why(at)).toBe('is draining');
  at.isHere = false;
  expect(why(at)).toBe('is unreachable');
});
