/** Tasks for tests of what a store makes of them: ids from small numbers, and every field that a test does not name. */
import type {
  Change,
  Claimed,
  Ended,
  NewTask,
  OrderOutcome,
  TaskHead,
} from '../../src/features/tasks/core/tasks-types.ts';
import { tasksModel } from '../../src/features/tasks/store/model.ts';
import { tasksSqlite } from '../../src/features/tasks/store/sqlite.ts';
import { pairOf } from './pair.ts';

export const hex = (n: number): string => n.toString(16).padStart(32, '0');

const body = (...bytes: number[]) => ({ encoding: 0, body: Uint8Array.from(bytes) });

export function newTask(id: number, more: object = {}): NewTask {
  const needs = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
  return {
    ...{ id: hex(id), service: 'echo', input: body(id), needs, priority: 3, timeoutMs: 0, attempts: 1 },
    ...{
      isIdempotent: false,
      key: '',
      digest: `digest ${id}`,
      after: [],
      isLetter: false,
      parent: '',
      part: 0,
    },
    ...{ retryOf: '', rank: id, notBefore: 0, deadline: 0 },
    ...more,
  };
}

/** A task of several parts, with them. */
export function wholeTask(id: number, parts: readonly number[], more: object = {}): NewTask[] {
  const whole = newTask(id, { service: '', part: parts.length, ...more });
  return [whole, ...parts.map((each, part) => newTask(each, { parent: hex(id), part }))];
}

/** Both stores, and what a broker asks of them. Times are those of the clock, unless a test says another one. */
export function storesOfTasks() {
  const pair = pairOf(tasksModel, tasksSqlite);
  const { ask } = pair;
  let now = 1;
  const by = () => ({ now, via: 'x' });
  const order = (tasks: readonly NewTask[], more: object = {}) =>
    ask('order', {
      ...by(),
      time: now,
      author: 'a',
      isTogether: true,
      tasks,
      ranked: [],
      ...more,
    }) as OrderOutcome[];
  const claim = (n: number, worker = 'w', more: object = {}) => {
    const id = status(n)?.id ?? hex(n);
    const items = [{ n, id, worker, life: 1, attempts: 1, isIdempotent: false, offers: [], ...more }];
    return (ask('claim', { ...by(), items }) as Claimed[])[0] as Claimed;
  };
  const end = (n: number, outcome: string, more: object = {}, worker = 'w') => {
    const fence = status(n)?.fence ?? 0;
    const result = body(...(outcome === 'done' ? [n] : []));
    const item = { n, fence, outcome, result, reason: '', retryAt: 0, rank: 0, isFinal: false, ...more };
    return (ask('end', { ...by(), time: now, worker, items: [item] }) as Ended[])[0] as Ended;
  };
  const heads = () => ask('heads', { after: 0, limit: 1000 }) as TaskHead[];
  const status = (n: number) => heads().find((head) => head.n === n);
  return {
    ...pair,
    by,
    order,
    claim,
    end,
    heads,
    head: status,
    /** What an end means for others: their ids, and what they have come to. */
    follows: (ended: Ended) =>
      ended.type !== 'ended' ? [ended.type] : ended.change.affected.map(({ n, state }) => `${n} ${state}`),
    cancel: (id: number, reason = '') =>
      ask('cancel', { now, trace: ['p', 'x'], id: hex(id), reason }) as { type: string; change?: Change },
    expire: (n: number, state: string, reason = '') =>
      ask('expire', { ...by(), items: [{ n, state, reason }] }) as Change[],
    ready: (n: number, rank = 0) => ask('ready', { ...by(), time: now, ranked: [{ n, rank }] }) as TaskHead[],
    started: (n: number, fence: number) =>
      (ask('started', { ...by(), items: [{ n, fence }] }) as unknown[])[0],
    stateOf: (id: number) => (ask('status', hex(id)) as { state: string } | null)?.state,
    at: (time: number): void => {
      now = time;
    },
  };
}
