/** Results on the worker's disk: what is logged where that fails, and when it is tried again. */
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
let lastToken: number;

beforeEach(() => {
  [logged, asked, loaded, now, lastToken] = [[], [], [], 0, 0];
  const agent = {
    get now() {
      return now;
    },
    log: (_level: string, text: string, { code }: { code: string }) => logged.push(`${code} ${text}`),
    ownStore: (verb: string, input: { readonly after?: unknown; readonly n?: number }) => {
      asked.push(input.after ?? `${verb} ${input.n}`);
      return ++lastToken;
    },
  } as unknown as BehaviorAgent<TasksShape>;
  results = new OwnResults(agent, {
    loaded: (kept) => loaded.push(...kept.map(({ n }) => n)),
    loadingChanged: () => undefined,
  });
});

describe('a disk that refuses results', () => {
  const line =
    'SKEIN_STORE_FULL results cannot be kept on this machine for now, and are lost if this node ends before they can be: no room';

  function keep(n: number): number {
    results.keep({ store: 7, n, fence: n } as KeptResult);
    return lastToken;
  }

  function keeps(token: number): void {
    results.completed({ token, verb: 'keepResult', ok: true, value: undefined });
  }

  function refuses(token: number, code: 'SKEIN_STORE_FULL' | 'SKEIN_INVALID' = 'SKEIN_STORE_FULL'): void {
    const failure = { code, message: 'no room', retryable: true } as const;
    results.completed({ token, verb: 'keepResult', ok: false, failure });
  }

  /** As its deadline says. @returns Milliseconds until then. */
  function wait(): number {
    const waited = results.nextDeadline() - now;
    now = results.nextDeadline();
    results.deadline(now);
    return waited;
  }

  test('is named in one line of the log, and again only after it has kept one', () => {
    for (let n = 1; n <= 100; n++) refuses(keep(n));
    expect(logged).toEqual([line]);
    keeps(keep(101));
    // What was refused already is named once.
    wait();
    refuses(lastToken);
    expect(logged).toEqual([line]);
    refuses(keep(102));
    expect(logged).toEqual([line, line]);
  });

  test('is tried again with each, after a pause that doubles up to a minute, until it has kept it', () => {
    let token = keep(1);
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      refuses(token);
      waits.push(wait());
      token = lastToken;
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(asked).toEqual(Array.from({ length: 11 }, () => 'keepResult 1'));
    keeps(token);
    expect(results.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('is tried with each result when its own pause is over, and not before', () => {
    refuses(keep(1));
    now = 300;
    refuses(keep(2));
    asked = [];
    results.deadline(499);
    expect(asked).toEqual([]);
    expect([wait(), asked]).toEqual([200, ['keepResult 1']]);
    refuses(lastToken);
    expect([wait(), asked]).toEqual([300, ['keepResult 1', 'keepResult 2']]);
    keeps(lastToken);
    expect([wait(), asked]).toEqual([700, ['keepResult 1', 'keepResult 2', 'keepResult 1']]);
  });

  test('is not tried again with what the swarm has meanwhile, while it waits or on its way to the disk', () => {
    refuses(keep(1));
    const token = keep(2);
    for (const n of [1, 2]) results.drop({ store: 7, n, fence: n });
    refuses(token);
    expect(results.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('is not tried again where a node has no store', () => {
    refuses(keep(1), 'SKEIN_INVALID');
    expect(results.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
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
