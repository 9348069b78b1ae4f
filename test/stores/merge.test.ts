/** What waits in one store is moved into another one, under its ids. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { LetterStatus, NextLetters } from '../../src/features/letters/core/letters-types.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import { parts } from '../../src/features/sqlite-parts.ts';
import type { SeenNode } from '../../src/features/swarm/core/swarm-types.ts';
import { taskLimits } from '../../src/features/tasks/core/limits.ts';
import type { NewTask, TaskHead, TaskPage } from '../../src/features/tasks/core/tasks-types.ts';
import { checkStore } from '../../src/stores/sqlite/check.ts';
import { SqliteEngine } from '../../src/stores/sqlite/engine.ts';
import { mergeStore } from '../../src/stores/sqlite/merge.ts';
import { library, problemOf } from './engine-rig.ts';
import { newTask, wholeTask } from './tasks-rig.ts';

const base = mkdtempSync(join(tmpdir(), 'skein-merge-'));
let files = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

const newFile = (): string => join(base, `${++files}.sqlite`);
const now = 1_800_000_000_000;
const day = 24 * 3_600_000;

/**
 * Asks a store that nobody has open, before and after. One of the libraries lets go of a file only when its thread ends: so
 * a copy is asked, and takes the place of the store.
 */
function withStore<Value>(
  path: string,
  act: (ask: (verb: string, input: unknown, feature?: string) => unknown) => Value,
): Value {
  const scratch = newFile();
  for (const suffix of ['', '-wal'])
    if (existsSync(path + suffix)) copyFileSync(path + suffix, scratch + suffix);
  const engine = new SqliteEngine({ library, path: scratch, parts });
  const value = act((verb, input, feature = 'letters') => {
    const [outcome] = engine.carryOut([{ feature, operation: { verb, input: input as never } }]);
    if (outcome?.ok !== true) throw outcome?.error;
    return outcome.value;
  });
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  engine.backup(path);
  engine.close();
  return value;
}

const letter = (id: number, more: object = {}) => ({
  id: id.toString(16).padStart(32, '0'),
  author: 'a',
  recipients: ['b'],
  type: 'letter',
  via: 'k',
  sentAt: now - 5,
  encoding: 0,
  body: Uint8Array.of(id),
  key: '',
  digest: `digest ${id}`,
  notBefore: 0,
  expiresAt: now + day,
  ...more,
});

const merge = (from: string, path: string) => mergeStore(from, path, { library, parts, now });

function mailbox(path: string, recipient: string, at = now): { id: number; body: number[] }[] {
  const from = { after: 0, afterDue: { due: 0, n: 0 } };
  const room = { letters: 256, bytes: 2 ** 20, firstBytes: 2 ** 20 };
  const request = { recipient, time: at, ...from, ...room };
  const { due, fresh } = withStore(path, (ask) => ask('next', request)) as NextLetters;
  return [...due, ...fresh].map(({ id, body }) => ({ id: Number.parseInt(id, 16), body: [...body] }));
}
const idsIn = (path: string, recipient: string, at?: number) =>
  mailbox(path, recipient, at).map(({ id }) => id);

const settled = (recipient: string, n: number, outcome: string) => ({
  recipient,
  now,
  time: now,
  via: 'k',
  items: [{ n, attempt: 1, outcome, due: 0, waitMs: 0, reason: 'no' }],
});

test('letters that wait are moved under their ids and in their order, after those that wait there already', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(path, (ask) => ask('put', { now, time: now, before: null, letters: [letter(99)] }));
  const into = checkStore(path).facts?.id;
  withStore(from, (ask) => {
    ask('put', {
      now,
      time: now,
      before: null,
      letters: [
        letter(1, { recipients: ['b', 'c', 'd'] }),
        letter(2, { notBefore: now + 5000 }),
        letter(3),
        letter(4, { recipients: ['d'], key: 'k' }),
      ],
    });
    ask('settle', settled('b', 1, 'handled'));
    ask('settle', settled('d', 1, 'failed'));
    ask('settle', settled('d', 4, 'refused'));
  });
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 3, tasks: 0 },
    left: [],
  });
  expect(mailbox(path, 'b')).toEqual([
    { id: 99, body: [99] },
    { id: 3, body: [3] },
  ]);
  expect(idsIn(path, 'b', now + 5000)).toEqual([2, 99, 3]);
  expect(idsIn(path, 'c')).toEqual([1]);
  // What has ended is not moved, and what has failed waits for nobody.
  expect(idsIn(path, 'd')).toEqual([]);
  const { recipients } = withStore(from, (ask) => ask('status', letter(1).id)) as LetterStatus;
  expect(recipients).toMatchObject([
    { name: 'b', state: 'delivered' },
    { name: 'c', state: 'refused', reason: `moved to store ${into}` },
    { name: 'd', state: 'refused', reason: `moved to store ${into}` },
  ]);
  withStore(path, () => undefined);
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 0, tasks: 0 },
    left: [],
  });
  expect(idsIn(path, 'c')).toEqual([1]);
});

test('what has failed is moved as it is: nobody is handed it, it is kept as long, and people send it again', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(path, () => undefined);
  withStore(from, (ask) => {
    const letters = [letter(1, { recipients: ['b', 'd'] }), letter(2, { recipients: ['d'] })];
    ask('put', { now, time: now, before: null, letters });
    for (const n of [1, 2]) ask('settle', settled('d', n, 'failed'));
  });
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 2, tasks: 0 },
    left: [],
  });
  expect([idsIn(path, 'b'), idsIn(path, 'd')]).toEqual([[1], []]);
  const statusIn = (store: string, id: number) =>
    (withStore(store, (ask) => ask('status', letter(id).id)) as LetterStatus).recipients;
  const failed = { name: 'd', state: 'failed', attempts: 1, reason: 'no' };
  expect(statusIn(path, 1)).toEqual([{ name: 'b', state: 'stored', attempts: 0 }, failed]);
  expect(statusIn(path, 2)).toEqual([failed]);
  expect(statusIn(from, 2)).toMatchObject([{ name: 'd', state: 'refused' }]);
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 0, tasks: 0 },
    left: [],
  });
  const after = { expiresAt: 0, n: 0, recipient: '' };
  const swept = (time: number) =>
    withStore(path, (ask) => {
      const copies = ask('expiring', { time, after, limit: 10 }) as { recipient: string }[];
      return copies.filter(({ recipient }) => recipient === 'd').length;
    });
  const { letterFailedKeptMs } = letterLimits;
  expect([swept(now + letterFailedKeptMs - 1), swept(now + letterFailedKeptMs)]).toEqual([0, 2]);
  const by = { now, time: now, expiresAt: now + day, trace: ['k'] };
  withStore(path, (ask) => ask('retry', { id: letter(2).id, ...by }));
  expect(idsIn(path, 'd')).toEqual([2]);
});

test('a letter that is in both stores, and there not for all of its recipients, stays for the others and is named', () => {
  const [from, path] = [newFile(), newFile()];
  const put = (recipients: string[]) => ({
    now,
    time: now,
    before: null,
    letters: [letter(1, { recipients })],
  });
  withStore(from, (ask) => ask('put', put(['b', 'c'])));
  withStore(path, (ask) => ask('put', put(['b'])));
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 1, tasks: 0 },
    left: [`letter ${letter(1).id} of a: it is there already, and not for c`],
  });
  expect([idsIn(from, 'b'), idsIn(from, 'c'), idsIn(path, 'b')]).toEqual([[], [1], [1]]);
});

test('names that were seen are united, and a pin that the other store has otherwise is named and stays', () => {
  const [from, path] = [newFile(), newFile()];
  const [x, y] = ['a'.repeat(32), 'b'.repeat(32)];
  const seen = (name: string, ...times: number[]) => ({
    sights: times.map((at) => ({ name, at, services: [`s${at}`], addresses: [] })),
    events: [],
  });
  withStore(from, (ask) => {
    for (const each of [seen('a', 1, 9), seen('b', 2, 3), seen('new', 4)]) ask('saw', each, 'swarm');
    for (const [name, identity] of [
      ['a', x],
      ['b', x],
      ['new', y],
    ])
      ask('pin', { name, identity }, 'swarm');
  });
  withStore(path, (ask) => {
    for (const each of [seen('a', 5, 6), seen('b', 1, 8)]) ask('saw', each, 'swarm');
    for (const [name, identity] of [
      ['a', x],
      ['b', y],
    ])
      ask('pin', { name, identity }, 'swarm');
  });
  const left = [
    `name b: it is pinned to identity ${y} here, and to ${x} there: if that is the right one, run skein node forget b`,
  ];
  // a and new, and the pin of new.
  expect(merge(from, path)).toEqual({ moved: { swarm: 3, conversations: 0, letters: 0, tasks: 0 }, left });
  const nodes = withStore(path, (ask) => ask('nodes', { after: '', limit: 9 }, 'swarm')) as SeenNode[];
  expect(
    nodes.map(({ name, firstSeen, lastSeen, services, identity }) => [
      name,
      firstSeen,
      lastSeen,
      services[0],
      identity,
    ]),
  ).toEqual([
    ['a', 1, 9, 's9', x],
    ['b', 1, 8, 's8', y],
    ['new', 4, 4, 's4', y],
  ]);
  withStore(from, () => undefined);
  expect(merge(from, path)).toEqual({ moved: { swarm: 0, conversations: 0, letters: 0, tasks: 0 }, left });
});

test('conversations that the other store does not know are there afterwards, with who takes part; others stay as they are', () => {
  const [from, path] = [newFile(), newFile()];
  const begin = (id: number, by: string, names: string[]) => ({ id: letter(id).id, by, names, now });
  withStore(from, (ask) => {
    ask('begin', begin(1, 'a', ['b', 'c']), 'conversations');
    // Who has begun it has left.
    ask('leave', { id: letter(1).id, by: 'a' }, 'conversations');
    ask('begin', begin(2, 'b', ['c']), 'conversations');
  });
  withStore(path, (ask) => ask('begin', begin(2, 'b', ['d']), 'conversations'));
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 1, letters: 0, tasks: 0 },
    left: [],
  });
  const read = (id: number) => withStore(path, (ask) => ask('read', letter(id).id, 'conversations'));
  expect(read(1)).toEqual({ id: letter(1).id, startedBy: 'a', startedAt: now, participants: ['b', 'c'] });
  expect(read(2)).toMatchObject({ participants: ['b', 'd'] });
  const of = withStore(path, (ask) => ask('of', { name: 'c', after: '', limit: 9 }, 'conversations'));
  expect(of).toMatchObject([{ id: letter(1).id }]);
  withStore(from, () => undefined);
  expect(merge(from, path).moved).toEqual({ swarm: 0, conversations: 0, letters: 0, tasks: 0 });
});

test('one that was interrupted is done again, and no letter is there twice', () => {
  const [from, path] = [newFile(), newFile()];
  const letters = [letter(1), letter(2)];
  withStore(from, (ask) => ask('put', { now, time: now, before: null, letters }));
  // It had come so far.
  withStore(path, (ask) => ask('put', { now, time: now, before: null, letters: [letters[0]] }));
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 2, tasks: 0 },
    left: [],
  });
  expect(idsIn(path, 'b')).toEqual([1, 2]);
  expect(idsIn(from, 'b')).toEqual([]);
});

test('what waits or expires has as long to wait as before, whatever the two clocks were set by', () => {
  const [from, path] = [newFile(), newFile()];
  const clock = (correctionMs: number) => ({ correctionMs, wallNow: now, boot: '', elapsedMs: 0 });
  withStore(from, (ask) => {
    ask('keepClock', clock(-day), 'swarm');
    const letters = [
      letter(1, { expiresAt: now - day + 1000 }),
      letter(2, { notBefore: now - day + 500, expiresAt: now }),
    ];
    ask('put', { now, time: now - day, before: null, letters });
  });
  withStore(path, (ask) => ask('keepClock', clock(2 * day), 'swarm'));
  merge(from, path);
  expect(idsIn(path, 'b', now + 2 * day + 499)).toEqual([1]);
  expect(idsIn(path, 'b', now + 2 * day + 500)).toEqual([2, 1]);
  const sweep = (time: number) =>
    withStore(path, (ask) => {
      const copies = ask('expiring', { time, after: { expiresAt: 0, n: 0, recipient: '' }, limit: 10 });
      return ask('sweep', { now, time, via: 'k', copies, limit: 10 });
    }) as { expired: unknown[] };
  expect(sweep(now + 2 * day + 999).expired).toEqual([]);
  expect(sweep(now + 2 * day + 1000).expired).toHaveLength(1);
});

test('a letter whose key was used for another one stays where it is, and is named', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(from, (ask) =>
    ask('put', { now, time: now, before: null, letters: [letter(1, { key: 'k' }), letter(2)] }),
  );
  withStore(path, (ask) => ask('put', { now, time: now, before: null, letters: [letter(3, { key: 'k' })] }));
  expect(merge(from, path)).toEqual({
    moved: { swarm: 0, conversations: 0, letters: 1, tasks: 0 },
    left: [`letter ${letter(1).id} of a: its idempotency key was used for another one, ${letter(3).id}`],
  });
  expect([idsIn(from, 'b'), idsIn(path, 'b')]).toEqual([[1], [3, 2]]);
});

test('more than one step of letters keeps their order', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(path, () => undefined);
  const many = Array.from({ length: 1100 }, (_, i) => letter(i + 1));
  withStore(from, (ask) => ask('put', { now, time: now, before: null, letters: many }));
  expect(merge(from, path).moved).toMatchObject({ letters: 1100 });
  const listed = withStore(path, (ask) => ask('list', { after: 0, limit: 2000 })) as LetterStatus[];
  expect(listed.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
});

test.each(['from', 'path'] as const)('a store that is in use is left alone: %s', (which) => {
  const stores = { from: newFile(), path: newFile() };
  for (const each of Object.values(stores))
    withStore(each, (ask) => ask('put', { now, time: now, before: null, letters: [letter(1)] }));
  const engine = new SqliteEngine({ library, path: stores[which], parts });
  engine.carryOut([
    { feature: 'letters', operation: { verb: 'list', input: { after: 0, limit: 1 } as never } },
  ]);
  expect(problemOf(() => merge(stores.from, stores.path))).toMatchObject({
    code: 'SKEIN_BUSY',
    message: `the store ${stores[which]} is in use: stop the nodes that use it, then merge`,
  });
  engine.close();
});

test('a store that is not there, is the same one, or must not take anything, is refused, and nothing is moved', () => {
  const [from, path] = [newFile(), newFile()];
  for (const each of [from, path])
    withStore(each, (ask) => ask('put', { now, time: now, before: null, letters: [letter(1)] }));
  expect(problemOf(() => merge(from, from))).toMatchObject({ code: 'SKEIN_INVALID' });
  expect(problemOf(() => merge(join(base, 'none'), path)).message).toContain('there is no store at');
  const check = (into: string) => {
    throw new Error(`not ${into}`);
  };
  const { id } = checkStore(path).facts ?? {};
  const problem = problemOf(() => mergeStore(from, path, { library, parts, now, check }));
  expect(problem.message).toBe(`not ${id}`);
  expect(idsIn(from, 'b')).toEqual([1]);
});

test('whatever waits in both: afterwards all of it waits in one, once, each author’s letters in their order', () => {
  const someone = fc.constantFrom('a', 'b', 'c');
  const drafted = fc.record({
    author: someone,
    recipients: fc.uniqueArray(fc.constantFrom('x', 'y'), { minLength: 1 }),
    isInBoth: fc.boolean(),
  });
  void fc.assert(
    fc.property(fc.array(drafted, { maxLength: 12 }), fc.array(drafted, { maxLength: 4 }), (theirs, ours) => {
      const [from, path] = [newFile(), newFile()];
      const made = theirs.map(({ author, recipients }, i) => letter(i + 1, { author, recipients }));
      const own = ours.map(({ author, recipients }, i) => letter(i + 100, { author, recipients }));
      const both = made.filter((_, i) => theirs[i]?.isInBoth);
      withStore(from, (ask) => ask('put', { now, time: now, before: null, letters: made }));
      withStore(path, (ask) => ask('put', { now, time: now, before: null, letters: [...own, ...both] }));
      expect(merge(from, path)).toEqual({
        moved: { swarm: 0, conversations: 0, letters: made.length, tasks: 0 },
        left: [],
      });
      const order = [...own, ...both, ...made.filter((each) => !both.includes(each))];
      for (const name of ['x', 'y']) {
        const expected = order.filter(({ recipients }) => recipients.includes(name));
        expect(idsIn(path, name)).toEqual(expected.map(({ id }) => Number.parseInt(id, 16)));
        expect(idsIn(from, name)).toEqual([]);
      }
    }),
    { numRuns: 15 },
  );
});

const task = newTask;

/** As a broker does: tasks of `a`. */
const orderIn = (path: string, ...tasks: NewTask[]) =>
  withStore(path, (ask) =>
    ask('order', { now, via: 'k', time: now, author: 'a', isTogether: true, tasks, ranked: [] }, 'tasks'),
  );

/** By their ids: state and place in the queue. */
function tasksIn(path: string): Record<string, string> {
  const page = withStore(path, (ask) =>
    ask('list', { filter: {}, after: 0, limit: 999 }, 'tasks'),
  ) as TaskPage;
  return Object.fromEntries(page.tasks.map(({ id, state }) => [Number.parseInt(id, 16), state]));
}

/** @param ns Places of tasks that a worker claims, one after the other, so that their fences are 1 and up. */
function claimIn(path: string, ns: readonly number[], done: readonly number[] = []): void {
  const items = done.map((n) => ({
    ...{ n, fence: ns.indexOf(n) + 1, outcome: 'done', result: { encoding: 0, body: Uint8Array.of(n) } },
    ...{ reason: '', retryAt: 0, rank: 0, isFinal: false },
  }));
  withStore(path, (ask) => {
    const heads = ask('heads', { after: 0, limit: 999 }, 'tasks') as TaskHead[];
    const claims = ns.map((n) => ({
      ...{ n, id: heads.find((head) => head.n === n)?.id ?? '', worker: 'w', life: 1 },
      ...{ attempts: 1, isIdempotent: false, offers: [] },
    }));
    ask('claim', { now, via: 'k', items: claims }, 'tasks');
    ask('end', { now, via: 'k', time: now, worker: 'w', items }, 'tasks');
  });
}

const noneMoved = { swarm: 0, conversations: 0, letters: 0, tasks: 0 };

test('tasks that have ended, wait or are queued are moved as they are, and what waits for others waits for them there', () => {
  const [from, path] = [newFile(), newFile()];
  orderIn(path, task(99));
  orderIn(
    from,
    ...[task(1, { key: 'k' }), task(2, { after: [task(1).id] }), task(3, { notBefore: now + day })],
    ...wholeTask(4, [5, 6]),
  );
  claimIn(from, [5], [5]);
  const moved = { ...noneMoved, tasks: 6 };
  expect(merge(from, path)).toEqual({ moved, left: [] });
  expect(tasksIn(from)).toEqual({});
  expect(tasksIn(path)).toEqual({
    ...{ 99: 'queued', 1: 'queued', 2: 'waiting', 3: 'waiting', 4: 'running', 5: 'done', 6: 'queued' },
  });
  const heads = withStore(path, (ask) => ask('heads', { after: 0, limit: 9 }, 'tasks')) as TaskHead[];
  expect(
    heads.map(({ n, blockers, parent, partsLeft, notBefore }) => [n, blockers, parent, partsLeft, notBefore]),
  ).toEqual([
    [1, 0, 0, 0, 0],
    [2, 0, 0, 0, 0],
    [3, 1, 0, 0, 0],
    [4, 0, 0, 0, now + day],
    [5, 0, 0, 1, 0],
    [7, 0, 5, 0, 0],
  ]);
  const results = withStore(path, (ask) => ask('results', task(5).id, 'tasks'));
  expect(results).toEqual([{ encoding: 0, body: Uint8Array.of(5) }]);
  // The fences of the two stores are one row now: 2 and 3.
  claimIn(path, [2, 7]);
  const status = withStore(path, (ask) => ask('status', task(6).id, 'tasks'));
  expect(status).toMatchObject({ fence: 3, state: 'assigned', parent: task(4).id });
  withStore(from, () => undefined);
  expect(merge(from, path)).toEqual({ moved: noneMoved, left: [] });
});

test('a task that a worker has in hand stays where it is, with all that is tied to it, and is named', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(path, () => undefined);
  orderIn(
    from,
    ...[task(1), task(2, { after: [task(1).id] }), task(3), task(4, { after: [task(3).id, task(2).id] })],
    ...[...wholeTask(5, [6, 7]), task(8), task(9)],
  );
  claimIn(from, [1, 6, 9], [9]);
  const { moved, left } = merge(from, path);
  expect(moved).toEqual({ ...noneMoved, tasks: 2 });
  expect(tasksIn(path)).toEqual({ 8: 'queued', 9: 'done' });
  const tied = (id: number, to: number) =>
    `task ${task(id).id} of a: it is tied to task ${task(to).id}, which a worker has in hand`;
  const inHand = (id: number) =>
    `task ${task(id).id} of a: it is assigned, and worker w may still hand in its result there`;
  expect([...left].sort()).toEqual(
    [inHand(1), tied(2, 1), tied(3, 1), tied(4, 1), tied(5, 6), inHand(6), tied(7, 6)].sort(),
  );
  expect(Object.keys(tasksIn(from))).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

test('a task whose key the other store has used stays, with what waits for it, and one that it has already is moved', () => {
  const [from, path] = [newFile(), newFile()];
  orderIn(path, task(9, { key: 'k' }), task(3));
  orderIn(from, task(1, { key: 'k' }), task(2, { after: [task(1).id] }), task(3));
  expect(merge(from, path)).toEqual({
    moved: noneMoved,
    left: [
      `task ${task(1).id} of a: its id or idempotency key was used for another one there, ${task(9).id}`,
      `task ${task(2).id} of a: task ${task(1).id}, which it waits for or is a part of, is not there`,
    ],
  });
  expect([tasksIn(from), tasksIn(path)]).toEqual([
    { 1: 'queued', 2: 'waiting' },
    { 9: 'queued', 3: 'queued' },
  ]);
});

test('a merge of tasks in several steps moves each once', () => {
  const [from, path] = [newFile(), newFile()];
  withStore(path, () => undefined);
  const count = taskLimits.tasksPerReadMax + 2;
  orderIn(
    from,
    ...Array.from({ length: count }, (_, i) => task(i + 1, i === 0 ? {} : { after: [task(i).id] })),
  );
  expect(merge(from, path)).toEqual({ moved: { ...noneMoved, tasks: count }, left: [] });
  expect([Object.keys(tasksIn(from)).length, Object.keys(tasksIn(path)).length]).toEqual([0, count]);
});
