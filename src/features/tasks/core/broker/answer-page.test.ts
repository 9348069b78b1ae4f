/** Workers and services in pages, none of which is larger than an answer may be. */
import { expect, test } from 'vitest';
import { allPages } from '../../../../kit/list-pages.ts';
import { swarmLimits } from '../../../swarm/core/limits.ts';
import { workersAnswer } from '../../api/answers.ts';
import { ranked } from '../../api/ranked.ts';
import { taskLimits } from '../limits.ts';
import { standingOf } from '../matching/standing.ts';
import { Worker } from '../matching/worker.ts';
import { answerPage } from './answer-page.ts';

/** With as much to say as a worker may have. */
function largest(name: string) {
  const worker = new Worker(name);
  const word = (i: number) => `${i}`.padStart(64, 'w');
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => word(i));
  worker.work({
    ...{ name, life: 1, isDraining: false },
    services: upTo(taskLimits.taskServicesMax).map((service) => {
      return { service, concurrency: 1, queue: 1, isIdempotent: false };
    }),
    capacity: {
      ...{ cores: 1, memory: 1, software: upTo(taskLimits.taskWordsMax) },
      resources: upTo(taskLimits.taskWordsMax).map((kind) => [kind, 1] as const),
    },
  });
  return standingOf(worker, { whyNot: '', begins: undefined, figures: undefined });
}

test('a hundred of the largest workers come in pages that each fit into one answer, every worker once', async () => {
  const all = Array.from({ length: 100 }, (_, i) => largest(`w${`${i}`.padStart(3, '0')}`));
  let pages = 0;
  const found = await allPages(
    { what: 'tasks.workers', begin: '', placeOf: ({ name }: { readonly name: string }) => name },
    async (after) => {
      const json = answerPage(all.filter(({ name }) => name > after));
      expect(Buffer.byteLength(json)).toBeLessThan(swarmLimits.swarmAnswerBytesMax);
      pages++;
      return workersAnswer(JSON.parse(json));
    },
  );
  expect(Buffer.byteLength(JSON.stringify(all))).toBeGreaterThan(swarmLimits.swarmAnswerBytesMax);
  expect(found.map(({ name }) => name)).toEqual(all.map(({ name }) => name));
  expect(pages).toBeGreaterThan(10);
});

test('few are one page, and none are an empty one', () => {
  expect(JSON.parse(answerPage([]))).toEqual({ items: [], isMore: false });
  expect(JSON.parse(answerPage([{ name: 'a' }, { name: 'b' }]))).toMatchObject({ isMore: false });
});

test('workers of all pages are ranked: first those that would take such a task, then by room', () => {
  const worker = (name: string, more: object) => ({ ...largest(name), ...more });
  const some = [
    worker('e', { freeCores: 9, whyNot: 'is draining' }),
    worker('d', { freeCores: 1 }),
    worker('c', { freeCores: 2, freeMemory: 1 }),
    worker('b', { freeCores: 2, freeMemory: 2, tasks: 1 }),
    worker('a', { freeCores: 2, freeMemory: 2, tasks: 2 }),
  ];
  expect(ranked(some).map(({ name }) => name)).toEqual(['b', 'a', 'c', 'd', 'e']);
});
