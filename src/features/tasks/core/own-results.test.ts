/** Results on the worker's disk: what is logged where that fails, and when they are read again. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { taskLimits } from './limits.ts';
import { OwnResults } from './own-results.ts';
import type { TasksShape } from './tasks-shape.ts';
import type { KeptResult } from './tasks-types.ts';

let logged: string[];
let asked: unknown[];
let loaded: number[];
let results: OwnResults;
let now: number;

beforeEach(() => {
  [logged, asked, loaded, now] = [[], [], [], 0];
  const agent = {
    get now() {
      return now;
    },
    log: (_level: string, text: string, { code }: { code: string }) => logged.push(`${code} ${text}`),
    ownStore: (verb: string, input: { readonly after?: unknown }) => asked.push(input.after ?? verb),
  } as unknown as BehaviorAgent<TasksShape>;
  results = new OwnResults(agent, {
    loaded: (kept) => loaded.push(...kept.map(({ n }) => n)),
    loadingChanged: () => undefined,
  });
});

test('a disk that keeps no result is named in one line of the log, and again only after it has kept one', () => {
  const failure = { code: 'SKEIN_STORE_FULL', message: 'no room', retryable: true } as const;
  const refuse = (): void => results.completed({ token: 1, verb: 'keepResult', ok: false, failure });
  for (let i = 0; i < 100; i++) refuse();
  const line =
    'SKEIN_STORE_FULL results cannot be kept on this machine, and are lost if this node ends before the swarm has them: no room';
  expect(logged).toEqual([line]);
  results.completed({ token: 1, verb: 'keepResult', ok: true, value: undefined });
  refuse();
  expect(logged).toEqual([line, line]);
});

describe('results of an earlier run', () => {
  const line = 'SKEIN_STORE results of an earlier run could not be read on this machine: input/output error';

  function finds(...ns: readonly number[]): void {
    const value = ns.map((n) => ({ store: 7, n, fence: n }) as KeptResult);
    results.completed({ token: 1, verb: 'keptResults', ok: true, value });
  }

  function fails(code: 'SKEIN_STORE' | 'SKEIN_INVALID' = 'SKEIN_STORE'): void {
    const failure = { code, message: 'input/output error', retryable: false } as const;
    results.completed({ token: 1, verb: 'keptResults', ok: false, failure });
  }

  /** As its deadline says. @returns Milliseconds until then. */
  function nextRead(): number {
    const waited = results.nextDeadline() - now;
    now = results.nextDeadline();
    results.deadline(now - 1);
    const before = asked.length;
    results.deadline(now);
    expect(asked.length - before).toBe(1);
    return waited;
  }

  test('that cannot be read are read again until they can be, first before the worker says anything', () => {
    results.load();
    const waits: number[] = [];
    const wasLoading: boolean[] = [];
    for (let i = 0; i < 10; i++) {
      fails();
      wasLoading.push(results.isLoading);
      waits.push(nextRead());
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(wasLoading).toEqual([true, true, true, ...Array.from({ length: 7 }, () => false)]);
    expect(waits.slice(0, 3).reduce((sum, ms) => sum + ms, 0)).toBeLessThan(taskLimits.taskLeaseMs / 2);
    expect(logged).toEqual([line]);
    finds(1, 2);
    expect([loaded, results.isLoading, results.nextDeadline()]).toEqual([
      [1, 2],
      false,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test('are read on from where a page of them was read', () => {
    results.load();
    const page = Array.from({ length: taskLimits.tasksPerPage }, (_, i) => i + 1);
    finds(...page);
    fails();
    nextRead();
    expect(asked.at(-1)).toMatchObject({ store: 7, n: page.length });
    finds(1000);
    expect(loaded).toEqual([...page, 1000]);
    expect(results.isLoading).toBe(false);
  });

  test('are not looked for again by a node without a store', () => {
    results.load();
    fails('SKEIN_INVALID');
    expect([results.isLoading, results.nextDeadline()]).toEqual([false, Number.POSITIVE_INFINITY]);
  });
});
