/** The judge of a fleet that works on tasks, on diaries that are made up. */
import { expect, test } from 'vitest';
import type { Blow } from '../fleet.ts';
import { judge } from './judge.ts';
import { type Kind, planOf } from './settings.ts';
import type { StoreContent, StoredTask } from './store.ts';

const id = (n: number): string => n.toString(16).padStart(32, '0');

/** One of this kind. */
function keyOf(kind: Kind): string {
  for (let n = 0; ; n++) if (planOf(`ann/0/${n}`).kind === kind) return `ann/0/${n}`;
}

const done: StoredTask = {
  ...{ id: id(1), state: 'done', attempt: 1, attempts: 1, fence: 7, resultFence: 7, reason: '' },
};
const content = (task: StoredTask, ends: readonly string[] = [task.state]): StoreContent => ({
  ...{ integrity: ['ok'], tasks: [task], ends: new Map([[task.id, ends]]), stale: 0 },
});

/** What is written where one task is ordered, begun by bob and listed, and what bob writes besides. */
function problemsOf(
  kind: Kind,
  store: StoreContent,
  lines: { readonly bob?: string; readonly cat?: string; readonly ann?: string } = {},
  blows: readonly Blow[] = [],
): readonly string[] {
  const key = keyOf(kind);
  const state = store.tasks[0]?.state ?? 'done';
  const texts = {
    ann: `started 1 1 1\nordering ${key}\nstored ${key} ${id(1)}\n${lines.ann ?? ''}listed ${id(1)} ${state}\nlisted-all\n`,
    bob: (lines.bob ?? 'begun KEY ID 7 1 100\nended KEY 7 done 200\n')
      .replaceAll('KEY', key)
      .replaceAll('ID', id(1)),
    cat: (lines.cat ?? '').replaceAll('KEY', key).replaceAll('ID', id(1)),
  };
  const { problems } = judge(new Map(Object.entries(texts)), store, blows);
  return problems.map((problem) => problem.replaceAll(key, 'KEY'));
}

test('a task that was begun once and has its result is as it should be', () => {
  expect(problemsOf('once', content(done))).toEqual([]);
  expect(
    problemsOf('once', content(done), { bob: 'begun KEY ID 7 1 100\nended KEY 7 done 200\nbegun x' }),
  ).toEqual([]);
});

test('one that is gone, has not ended, has ended twice or was listed otherwise is found', () => {
  expect(problemsOf('once', { ...content(done), tasks: [] })).toEqual([
    'task KEY was stored, and is not there',
  ]);
  expect(problemsOf('once', content({ ...done, state: 'queued', resultFence: undefined }, []))).toEqual([
    `task ${id(1)} is queued at the end`,
  ]);
  expect(problemsOf('once', content(done, ['lost', 'done']))).toEqual([
    'task KEY is done, and the log has it end 2 times: lost, done',
  ]);
  expect(problemsOf('once', content(done), { ann: '' }).length).toBe(0);
  const unlisted = judge(new Map([['ann', `stored k ${id(1)}\nlisted-all\n`]]), content(done), []).problems;
  expect(unlisted).toContain('task k is done, and was listed as nothing');
});

test('the result of an earlier claim, or one that no handler has resolved with, is found', () => {
  expect(problemsOf('once', content({ ...done, fence: 9 }))).toEqual([
    'task KEY has the result of claim 7, and its last claim is 9',
  ]);
  expect(problemsOf('once', content(done), { bob: 'begun KEY ID 7 1 100\nended KEY 7 threw 200\n' })).toEqual(
    ['task KEY is done, and no handler of claim 7 has resolved'],
  );
});

test('one that is begun twice and may be once, or after a cancel that says never-started, is found', () => {
  const cat = 'begun KEY ID 8 2 300\nended KEY 8 done 400\n';
  expect(problemsOf('once', content({ ...done, fence: 8, resultFence: 8 }), { cat })).toEqual([
    'task KEY was begun 2 times, and may be 1 times',
  ]);
  const ann = `cancelled ${keyOf('once')} never-started\n`;
  expect(problemsOf('once', content(done), { ann })).toEqual([
    'task KEY was begun, and its cancel was answered with never-started',
  ]);
});

test('two attempts at once are found, but where that does no harm, and after a lease or a signal', () => {
  const store = content({ ...done, fence: 8, resultFence: 8 });
  const cat = 'begun KEY ID 8 2 20000\nended KEY 8 done 20100\n';
  const bob = 'begun KEY ID 7 1 100\nended KEY 7 done 20050\n';
  const stopped = { name: 'bob', how: 'stopped', from: 9000, until: 20_010 } as const;
  const found = 'task KEY was begun by cat while bob had it and held its lease';
  expect(problemsOf('asked', store, { bob, cat })).toEqual([found]);
  expect(problemsOf('often', store, { bob, cat })).toEqual([]);
  expect(problemsOf('asked', store, { bob, cat }, [stopped])).toEqual([]);
  expect(problemsOf('asked', store, { bob, cat }, [{ ...stopped, from: 19_000 }])).toEqual([found]);
  expect(problemsOf('asked', store, { bob: `signal KEY 7 9100\n${bob}`, cat })).toEqual([found]);
  const signaled = 'begun KEY ID 7 1 100\nsignal KEY 7 9100\nended KEY 7 done 20050\n';
  expect(problemsOf('asked', store, { bob: signaled, cat })).toEqual([]);
});

test('one that is lost although its worker has lived and was not stopped is found', () => {
  const lost = { ...done, state: 'lost', resultFence: undefined, reason: 'silent' };
  const bob = 'begun KEY ID 7 1 100\n';
  const found = 'task KEY is lost, and its worker bob has lived and held its lease: silent';
  expect(problemsOf('once', content(lost), { bob })).toEqual([found]);
  const killed = { name: 'bob', how: 'killed', from: 150, until: 160 } as const;
  expect(problemsOf('once', content(lost), { bob }, [killed])).toEqual([]);
});

test('a code that no kill explains, and what cannot be read, is found', () => {
  const ann = `failed ${keyOf('once')} SKEIN_INVALID\nwhat is this\n`;
  expect(problemsOf('once', content(done), { ann })).toEqual([
    'ann has written what cannot be read: what is this',
    'an order has failed with SKEIN_INVALID',
  ]);
});
