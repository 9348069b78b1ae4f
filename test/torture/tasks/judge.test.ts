/** The judge of a fleet that works on tasks, on diaries that are made up. */
import { describe, expect, test } from 'vitest';
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
  // It goes on, and its lease was not over before.
  expect(problemsOf('asked', store, { bob, cat }, [{ ...stopped, until: 19_600 }])).toEqual([found]);
  const after = (line: string): string =>
    `begun KEY ID 7 1 100\n${line} KEY 7 9100\nended KEY 7 done 20050\n`;
  expect(problemsOf('asked', store, { bob: after('lease'), cat })).toEqual([]);
  expect(problemsOf('asked', store, { bob: after('signal'), cat })).toEqual([found]);
});

describe('one that is lost', () => {
  const silent = 'bob has not renewed its lease for 10000 ms';
  const unheard = 'bob was not heard of for 10000 ms';
  const restarted = 'this run of bob has ended';
  const atWork = 'begun KEY ID 7 1 10000\n';
  const ended = `${atWork}ended KEY 7 done 10100\n`;
  const killed = (from: number, name = 'bob'): Blow => ({ name, how: 'killed', from, until: from + 10 });
  const stopped = (from: number, until: number): Blow => ({ name: 'bob', how: 'stopped', from, until });

  function isExcused(reason: string, bob: string, ...blows: readonly Blow[]): boolean {
    const lost = { ...done, state: 'lost', resultFence: undefined, reason };
    const problems = problemsOf('once', content(lost), { bob }, blows);
    expect(problems).toEqual(
      problems.length === 0
        ? []
        : [`task KEY is lost, and its worker bob has lived and held its lease: ${reason}`],
    );
    return problems.length === 0;
  }

  test.each([silent, unheard, restarted])(
    'although nothing was done to its worker is found: %s',
    (reason) => {
      expect(isExcused(reason, atWork)).toBe(false);
      expect(isExcused(reason, ended)).toBe(false);
    },
  );

  test('for a reason that is none is found, whatever was done to its worker', () => {
    expect(isExcused('tired', atWork, killed(10_050), stopped(10_060, 30_000))).toBe(false);
  });

  test.each([silent, unheard, restarted])(
    'is excused by the end of the run that had it at work: %s',
    (reason) => {
      expect(isExcused(reason, atWork, killed(10_050))).toBe(true);
      expect(isExcused(reason, atWork, killed(10_050, 'cat'))).toBe(false);
      // The run before has ended by then.
      expect(isExcused(reason, atWork, killed(9989))).toBe(false);
    },
  );

  test('is excused by the end of its run before its result was on the disk, not afterwards', () => {
    expect(isExcused(restarted, ended, killed(12_600))).toBe(true);
    expect(isExcused(restarted, ended, killed(12_601))).toBe(false);
  });

  test('with its result on the disk is excused where its worker is not back in time', () => {
    const back = (at: number): string => `${ended}started 9 ${at} 1\n`;
    expect(isExcused(silent, ended, killed(13_000))).toBe(true);
    expect(isExcused(silent, back(16_001), killed(13_000))).toBe(true);
    expect(isExcused(silent, back(16_000), killed(13_000))).toBe(false);
    expect(isExcused(restarted, ended, killed(13_000))).toBe(false);
    expect(isExcused(silent, ended, killed(21_601))).toBe(false);
  });

  test('is excused by a standstill as long as its lease, not by a shorter one', () => {
    expect(isExcused(silent, atWork, stopped(10_050, 16_050))).toBe(true);
    expect(isExcused(silent, atWork, stopped(10_050, 16_049))).toBe(false);
    expect(isExcused(restarted, atWork, stopped(10_050, 30_000))).toBe(false);
    expect(isExcused(silent, ended, stopped(21_600, 40_000))).toBe(true);
    expect(isExcused(silent, ended, stopped(21_601, 40_000))).toBe(false);
  });

  test('was begun by a worker that had come back from such a standstill: that is found', () => {
    expect(isExcused(silent, atWork, stopped(1000, 9700))).toBe(true);
    expect(isExcused(silent, atWork, stopped(1000, 9699))).toBe(false);
  });

  test('is excused where its worker knew that its lease was over, not where its handler was asked to stop', () => {
    expect(isExcused(silent, `${atWork}lease KEY 7 19100\n`)).toBe(true);
    expect(isExcused(silent, `${atWork}signal KEY 7 19100\n`)).toBe(false);
    expect(isExcused(restarted, `${atWork}lease KEY 7 19100\n`)).toBe(false);
  });
});

describe('one that is lost, and was not begun under its last claim', () => {
  const restarted = 'this run of bob has ended';
  const silent = 'bob has not renewed its lease for 10000 ms';
  const killed: Blow = { name: 'bob', how: 'killed', from: 500, until: 510 };

  /** @param bob Begun under an earlier claim, if at all. */
  function found(more: Partial<StoredTask>, blows: readonly Blow[] = [killed], bob = ''): readonly string[] {
    const lost = { ...done, state: 'lost', resultFence: undefined, reason: restarted, ...more };
    const kind = lost.attempts > 1 ? 'asked' : 'once';
    return problemsOf(kind, content(lost), { bob }, blows);
  }

  test('although it may be begun again is found; one that was given to a worker as often as it may be is accepted', () => {
    const left = (attempt: number): string =>
      `task KEY is lost after attempt ${attempt} of 3, and was not begun again: ${restarted}`;
    expect(found({ attempt: 1, attempts: 3 })).toEqual([left(1)]);
    expect(found({ attempt: 2, attempts: 3 }, [killed], 'begun KEY ID 6 1 100\n')).toEqual([left(2)]);
    expect(found({ attempt: 3, attempts: 3 })).toEqual([]);
    expect(found({ attempt: 3, attempts: 3 }, [killed], 'begun KEY ID 6 1 100\n')).toEqual([]);
    expect(found({})).toEqual([]);
  });

  test('by the end of a run of its worker is found where no run of that has ended, and accepted where one has', () => {
    const text = `task KEY is lost, was not begun, and that run has not ended: ${restarted}`;
    expect(found({}, [])).toEqual([text]);
    expect(found({}, [{ ...killed, name: 'cat' }])).toEqual([text]);
    expect(found({}, [{ ...killed, how: 'stopped' }])).toEqual([text]);
    expect(found({})).toEqual([]);
  });

  test('by the end of a lease is accepted: its worker had nothing to write down', () => {
    expect(found({ reason: silent }, [])).toEqual([]);
  });
});

test('a code that no kill explains, and what cannot be read, is found', () => {
  const ann = `failed ${keyOf('once')} SKEIN_INVALID\nwhat is this\n`;
  expect(problemsOf('once', content(done), { ann })).toEqual([
    'ann has written what cannot be read: what is this',
    'an order has failed with SKEIN_INVALID',
  ]);
});
