/** The part of tasks on SQLite does what its model says, for whatever is asked of it and in whatever order. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import type { TaskHead } from '../../src/features/tasks/core/tasks-types.ts';
import { tasksModel } from '../../src/features/tasks/store/model.ts';
import { taskResultsModel } from '../../src/features/tasks/store/results-model.ts';
import { taskResultsSqlite } from '../../src/features/tasks/store/results-sqlite.ts';
import { tasksSqlite } from '../../src/features/tasks/store/sqlite.ts';
import { pairOf } from './pair.ts';

const hex = (n: number) => n.toString(16).padStart(32, '0');
const names = ['a', 'b', 'c'];
const someone = fc.constantFrom(...names);
const service = fc.constantFrom('render', 'echo');
const anId = fc.integer({ min: 1, max: 8 }).map(hex);
const place = fc.integer({ min: 1, max: 6 });
const time = fc.integer({ min: 1, max: 60 });
const rank = fc.integer({ min: -9, max: 9 });
const encoded = fc.record({ encoding: fc.constantFrom(0, 1), body: fc.uint8Array({ maxLength: 9 }) });
const reason = fc.constantFrom('', 'no');
const { taskDoneKeptMs, taskFailedKeptMs } = taskLimits;
const late = fc.constantFrom(1, 60, taskDoneKeptMs + 30, taskFailedKeptMs + 30, taskFailedKeptMs + 200);

const needs = fc.record({
  cores: fc.constantFrom(0, 2),
  memory: fc.constantFrom(0, 2 ** 50),
  software: fc.constantFrom([], ['blender']),
  resources: fc.constantFrom([], [['gpu', 1]]),
  node: fc.constantFrom('', 'a'),
  not: fc.constantFrom([], ['b', 'c']),
});
const rest = {
  needs,
  priority: fc.constantFrom(1, 2, 3),
  timeoutMs: fc.constantFrom(0, 9),
  attempts: fc.constantFrom(0, 1, 2, 3),
  isIdempotent: fc.boolean(),
  digest: fc.constantFrom('x', 'x', 'y'),
  isLetter: fc.boolean(),
  rank,
  notBefore: fc.constantFrom(0, 0, 0, 20, 70),
  deadline: fc.constantFrom(0, 90),
};
const task = fc.record({
  ...rest,
  id: anId,
  service,
  input: encoded,
  key: fc.constantFrom('', '', '', 'k1', 'k2'),
  after: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(anId, { maxLength: 2 }) },
  ),
  parent: fc.oneof({ weight: 19, arbitrary: fc.constant('') }, { weight: 1, arbitrary: anId }),
  part: fc.constant(0),
  retryOf: fc.oneof({ weight: 19, arbitrary: fc.constant('') }, { weight: 1, arbitrary: anId }),
});
const tasks = fc.array(task, { minLength: 1, maxLength: 3 });
const whole = fc
  .record({
    ...rest,
    id: fc.integer({ min: 20, max: 23 }),
    key: fc.constantFrom('', '', 'k3'),
    count: fc.constantFrom(1, 2, 3),
  })
  .map(({ id, count, key, ...same }) => {
    const made = { ...same, input: { encoding: 0, body: new Uint8Array(0) }, after: [], retryOf: '' };
    const parts = Array.from({ length: count }, (_, part) => ({
      ...{ ...made, id: hex(1000 * id + part), service: 'echo', key: '', parent: hex(id), part },
    }));
    return [{ ...made, id: hex(id), service: '', key, parent: '', part: count }, ...parts];
  });

const by = { now: time, via: fc.constantFrom('x', 'a') };
const person = { now: time, trace: fc.constantFrom(['p', 'x'], ['a', 'b', 'x'], ['x']) };
const ranked = fc.array(fc.record({ n: place, rank }), { maxLength: 5 });
/** Of the task at this place the fence and the worker are right, but where one is said here. */
const attempt = { n: place, fence: fc.constantFrom(...Array(6).fill(undefined), 1, 2) };
/** Undefined: the one that is there. */
const ofPlace = fc.constantFrom(...Array(6).fill(undefined), hex(1));
const ending = fc.record({
  ...attempt,
  outcome: fc.constantFrom('done', 'done', 'failed', 'stopped', 'given-back', 'died'),
  result: encoded,
  reason,
  retryAt: fc.constantFrom(0, 0, 30),
  rank,
  isFinal: fc.constantFrom(false, false, true),
});
const states = fc.constantFrom(
  'waiting',
  'queued',
  'assigned',
  'running',
  'done',
  'failed',
  'lost',
  'cancelled',
);
const command = <Verb extends string>(verb: Verb, input: fc.Arbitrary<object | string | number>) =>
  fc.record({ verb: fc.constant<string>(verb), input });
const commands = fc.oneof(
  ...[1, 2, 3].map(() =>
    command(
      'order',
      fc.record({
        ...by,
        time,
        author: someone,
        isTogether: fc.boolean(),
        tasks: fc.oneof(tasks, tasks, whole),
        ranked,
      }),
    ),
  ),
  command('ready', fc.record({ ...by, time, ranked })),
  ...[1, 2, 3, 4, 5].map(() =>
    command(
      'claim',
      fc.record({
        ...by,
        items: fc.array(
          fc.record({
            ...{ n: place, id: ofPlace, worker: someone, life: fc.integer({ min: 1, max: 3 }) },
            ...{ attempts: fc.integer({ min: 0, max: 3 }), isIdempotent: fc.boolean() },
            offers: fc.array(fc.record({ worker: someone, declined: fc.constantFrom('', 'full') }), {
              maxLength: 2,
            }),
          }),
          { minLength: 1, maxLength: 5 },
        ),
      }),
    ),
  ),
  command('started', fc.record({ ...by, items: fc.array(fc.record(attempt), { maxLength: 4 }) })),
  ...[1, 2, 3, 4, 5].map(() =>
    command(
      'end',
      fc.record({
        ...{ ...by, time, worker: fc.constantFrom('', '', 'of it', 'of it', 'a') },
        items: fc.array(ending, { minLength: 1, maxLength: 3 }),
      }),
    ),
  ),
  command('cancel', fc.record({ ...person, id: anId, reason })),
  command('cancel', fc.record({ ...person, id: fc.integer({ min: 20, max: 23 }).map(hex), reason })),
  command(
    'expire',
    fc.record({
      ...by,
      items: fc.array(
        fc.record({ n: place, state: fc.constantFrom('failed', 'cancelled', 'expired'), reason }),
        { maxLength: 3 },
      ),
    }),
  ),
  command('remove', fc.record({ ...person, id: anId })),
  command('sweep', fc.record({ now: late, limit: fc.integer({ min: 1, max: 5 }) })),
  command('heads', fc.record({ after: place, limit: fc.integer({ min: 1, max: 5 }) })),
  ...['status', 'ordered', 'results', 'letterSent'].map((verb) => command(verb, anId)),
  command(
    'list',
    fc.record({
      filter: fc.record(
        {
          ...{ states: fc.array(states, { maxLength: 3 }), service, author: someone, worker: someone },
          ...{ since: time, until: time },
        },
        { requiredKeys: [] },
      ),
      after: place,
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  ),
  command(
    'owedLetters',
    fc.record({
      after: fc.record({ endedAt: time, n: place }),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  ),
  command(
    'sawWorkers',
    fc.array(
      fc.record({
        ...{ name: someone, at: time, stallToleranceMs: time },
        services: fc.array(
          fc.record({ service, concurrency: time, queue: time, isIdempotent: fc.boolean() }),
          { maxLength: 2 },
        ),
        capacity: fc.constant({ cores: 1, memory: 2, software: ['b'], resources: [['gpu', 1]] }),
      }),
    ),
  ),
  command('workers', fc.record({ after: fc.constantFrom('', 'a'), limit: fc.integer({ min: 1, max: 3 }) })),
  command('durations', fc.record({ service, limit: fc.integer({ min: 1, max: 3 }) })),
  command('give', fc.record({ ...by, ids: fc.array(anId, { maxLength: 1 }), into: fc.constant('s') })),
);

type Ask = ReturnType<typeof pairOf>['ask'];

test('tasks on SQLite answer as their model does', () => {
  const reached = new Set<string>();
  void fc.assert(
    fc.property(fc.array(commands, { minLength: 30, maxLength: 60 }), (list) => {
      const { ask, log, close } = pairOf(tasksModel, tasksSqlite);
      for (const { verb, input } of list) ask(verb, resolved(ask, input));
      for (const { type } of log()) reached.add(type);
      lookAtAll(ask);
      close();
    }),
    { numRuns: 120 },
  );
  const types =
    'ordered queued offered declined assigned started done failed retried returned cancelling cancelled';
  const all = `${types} expired lost stale removed`.split(' ').map((type) => `task.${type}`);
  expect([...reached].sort()).toEqual(all.sort());
});

/** With the fences, workers and ids of now. */
function resolved(ask: Ask, input: object | string | number): unknown {
  if (typeof input !== 'object' || !('items' in input)) return input;
  const heads = new Map(
    (ask('heads', { after: 0, limit: 1000 }) as TaskHead[]).map((head) => [head.n, head]),
  );
  const items = (input.items as { n: number; fence?: number; id?: string }[]).map((item) => {
    const head = heads.get(item.n);
    if ('id' in item) return { ...item, id: item.id ?? head?.id ?? hex(1) };
    return 'fence' in item ? { ...item, fence: item.fence ?? head?.fence ?? 1 } : item;
  });
  const isOfIt = 'worker' in input && input.worker === 'of it';
  return { ...input, items, ...(isOfIt ? { worker: heads.get(items[0]?.n ?? 0)?.worker ?? 'a' } : {}) };
}

function lookAtAll(ask: Ask): void {
  ask('heads', { after: 0, limit: 1000 });
  const { tasks: all } = ask('list', { filter: {}, after: 0, limit: 1000 }) as { tasks: { id: string }[] };
  for (const { id } of all) for (const verb of ['status', 'ordered', 'results']) ask(verb, id);
  ask('owedLetters', { after: { endedAt: 0, n: 0 }, limit: 99 });
  ask('workers', { after: '', limit: 99 });
  for (const each of ['render', 'echo', '']) ask('durations', { service: each, limit: 99 });
  while (ask('sweep', { now: 2 * taskFailedKeptMs, limit: 3 })) ask('heads', { after: 0, limit: 1000 });
  ask('list', { filter: {}, after: 0, limit: 1000 });
}

test('what one store gives another takes, in both stores alike', () => {
  const { ask, log, close } = pairOf(tasksModel, tasksSqlite);
  const head = {
    ...{ n: 7, id: hex(1), author: 'a', service: 'echo', needs: none, priority: 3, state: 'queued', rank: 5 },
    ...{
      inputBytes: 1,
      orderedAt: 1,
      notBefore: 0,
      deadline: 0,
      timeoutMs: 0,
      attempts: 1,
      isIdempotent: false,
    },
    ...{
      attempt: 0,
      fence: 9,
      worker: '',
      workerLife: 0,
      blockers: 0,
      doom: '',
      parent: 0,
      part: 0,
      partsLeft: 0,
    },
    ...{ since: 1, reason: '' },
  };
  const moved = {
    ...{ head, startedAt: 0, endedAt: 0, letter: 'wanted', resultBytes: 0, keptUntil: 0, key: 'k' },
    ...{ digest: 'x', after: [], retryOf: '', attemptsOrdered: 0, parent: '', blockedBy: [] },
    ...{ input: { encoding: 0, body: Uint8Array.of(7) }, result: null },
  };
  const waiting = { ...head, id: hex(2), state: 'waiting', blockers: 1 };
  const take = (...all: object[]) => ask('take', { tasks: all });
  expect(take(moved, { ...moved, head: waiting, key: '', blockedBy: [hex(1)], after: [hex(1)] })).toEqual([
    { type: 'taken' },
    { type: 'taken' },
  ]);
  expect(
    take(
      moved,
      { ...moved, head: { ...head, id: hex(3) } },
      { ...moved, head: { ...head, id: hex(4) }, key: '', blockedBy: [hex(9)] },
      { ...moved, head: { ...head, author: 'b' } },
    ),
  ).toEqual([
    { type: 'known' },
    { type: 'other', id: hex(1) },
    { type: 'missing', id: hex(9) },
    { type: 'other', id: hex(1) },
  ]);
  expect(ask('heads', { after: 0, limit: 9 })).toMatchObject([
    { n: 1, id: hex(1), state: 'queued', rank: 5 },
    { n: 2, id: hex(2), state: 'waiting', blockers: 1 },
  ]);
  const items = [{ n: 1, id: hex(1), worker: 'w', life: 1, attempts: 1, isIdempotent: false, offers: [] }];
  // Above any fence that the task has had in the other store.
  expect(ask('claim', { now: 2, via: 'x', items })).toMatchObject([{ head: { fence: 10 } }]);
  ask('give', { now: 3, via: '', ids: [hex(1)], into: 's' });
  expect(ask('heads', { after: 0, limit: 9 })).toMatchObject([
    { n: 2, doom: `task ${hex(1)}, which it waits for, has moved to store s` },
  ]);
  expect(log().map(({ type, note }) => [type, note])).toEqual([
    ['task.assigned', ''],
    ['task.removed', 'moved to store s'],
  ]);
  close();
});

const none = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };

test('results that a worker keeps on SQLite are as their model says', () => {
  const at = {
    store: fc.constantFrom(1, 2),
    n: fc.integer({ min: 1, max: 3 }),
    fence: fc.integer({ min: 1, max: 3 }),
  };
  const kept = fc
    .record({ ...at, id: anId, how: ending })
    .map(({ how, ...where }) => ({ ...where, ending: { ...how, n: where.n, fence: where.fence } }));
  const asked = fc.oneof(
    command('keepResult', kept),
    command('dropResult', fc.record(at)),
    command(
      'keptResults',
      fc.record({
        after: fc.record({ store: fc.constantFrom(0, 1, 2), n: fc.integer({ min: 0, max: 3 }) }),
        limit: fc.integer({ min: 1, max: 3 }),
      }),
    ),
  );
  void fc.assert(
    fc.property(fc.array(asked, { maxLength: 30 }), (list) => {
      const { ask, close } = pairOf(taskResultsModel, taskResultsSqlite);
      for (const { verb, input } of list) ask(verb, input);
      ask('keptResults', { after: { store: 0, n: 0 }, limit: 99 });
      close();
    }),
    { numRuns: 60 },
  );
});
