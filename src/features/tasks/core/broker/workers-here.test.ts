/** Workers at the broker: when their leases are over. */
import { beforeEach, expect, test } from 'vitest';
import { task } from '../../../../../test/core/workbench-rig.ts';
import type { NodeId } from '../../../../kernel/identity.ts';
import type { Member } from '../../../swarm/core/shared.ts';
import { leaseMsOf, taskLimits } from '../limits.ts';
import type { FromBroker } from '../messages.ts';
import type { TaskHead } from '../tasks-types.ts';
import type { Desk, MessageOf } from './errand.ts';
import { OpenTasks } from './open-tasks.ts';
import { WorkersHere } from './workers-here.ts';

const { taskLeaseMs } = taskLimits;
const store = 77;
let now: number;
let said: FromBroker[];
/** `1 died: why`. */
let abandoned: string[];
/** Operations of the store. */
let asked: string[];
let tasks: OpenTasks;
let workers: WorkersHere;

beforeEach(() => {
  now = 1000;
  said = [];
  abandoned = [];
  asked = [];
  tasks = new OpenTasks();
  const nothing = (): void => undefined;
  const desk = {
    ...{ failed: nothing, flushLater: nothing },
    ask: (verb: string) => asked.push(verb),
    now: () => now,
    by: () => ({ now: 5 }),
    storeTag: () => store,
    reply: (_end: unknown, message: FromBroker) => said.push(message),
  } as unknown as Desk;
  workers = new WorkersHere({
    ...{ desk, tasks, changed: nothing, gone: nothing, reopened: nothing, stop: nothing, forget: nothing },
    isAvailable: () => true,
    abandoned: (heads, outcome, reason) =>
      abandoned.push(...heads.map(({ n }) => `${n} ${outcome}: ${reason}`)),
  });
});

const memberOf = (node: number): Member => ({ node, life: 1, name: `w${node}` }) as unknown as Member;

/** It runs the task of its number. */
function begin(node: number, stallToleranceMs: number): void {
  claim(node);
  const message: MessageOf<'work'> = {
    ...{ type: 'work', opening: 1, isDraining: false, store, stallToleranceMs },
    services: [{ service: 'render', concurrency: 1, queue: 0, isIdempotent: false }],
    capacity: { cores: 1, memory: 1, software: [], resources: [] },
    inHand: [{ n: node, fence: 10 * node, state: 'running' }],
  };
  workers.work({ from: memberOf(node), message, done: () => undefined });
}

function claim(node: number): void {
  const head = { ...task(node), worker: `w${node}`, workerLife: 1, state: 'running' };
  tasks.put(head as unknown as TaskHead);
}

function renew(node: number): void {
  const figures = { load: 0, freeMemory: 0, done: 0, failed: 0, meanMs: 0 };
  const message = { type: 'renew', number: 7, figures } as const;
  workers.renew({ from: memberOf(node), message, done: () => undefined });
}

/** Looks whenever it has asked to. */
function pass(ms: number): void {
  for (const end = now + ms; ; ) {
    now = Math.min(end, Math.max(now, workers.nextDeadline()));
    workers.deadline(now);
    if (now >= end) return;
  }
}

test('a lease is 10 s, or three times what the loop of its node may stand still', () => {
  expect([0, 3000, 3333, 3334, 12_000].map(leaseMsOf)).toEqual([10_000, 10_000, 10_000, 10_002, 36_000]);
});

test('a worker is granted a lease by its own tolerance, and has died only when that is over', () => {
  begin(1, 3000);
  begin(2, 12_000);
  for (const node of [1, 2]) renew(node);
  expect(said).toEqual([
    { type: 'renewed', number: 7, leaseMs: taskLeaseMs },
    { type: 'renewed', number: 7, leaseMs: 36_000 },
  ]);
  pass(taskLeaseMs - 1);
  expect(abandoned).toEqual([]);
  pass(1);
  expect(abandoned).toEqual(['1 died: w1 has not renewed its lease for 10000 ms']);
  pass(36_000 - taskLeaseMs - 1);
  expect(abandoned).toHaveLength(1);
  pass(1);
  expect(abandoned.slice(1)).toEqual(['2 died: w2 has not renewed its lease for 36000 ms']);
});

test('a worker whose incarnation was said to be over, and that says what it works on again, is here', () => {
  begin(1, 3000);
  workers.lifeEnded(1 as NodeId);
  expect(workers.of(1 as NodeId)?.isAway).toBe(true);
  begin(1, 3000);
  expect(workers.of(1 as NodeId)?.isAway).toBe(false);
});

test('a next broker waits for those that are silent as long as the lease that they may have', () => {
  const seen = (name: string, stallToleranceMs: number) => ({
    ...{ name, stallToleranceMs, at: 1, services: [] },
    capacity: { cores: 1, memory: 1, software: [], resources: [] },
  });
  workers.loaded([seen('w1', 3000), seen('w2', 12_000)]);
  for (const node of [1, 2, 3]) claim(node);
  workers.begin();
  pass(taskLeaseMs - 1);
  expect(abandoned).toEqual([]);
  pass(1);
  // Of the third one nothing is known.
  expect(abandoned).toEqual([1, 3].map((n) => `${n} died: w${n} was not heard of for 10000 ms`));
  for (const n of [1, 3]) tasks.put({ ...(tasks.get(n) as TaskHead), worker: '', state: 'queued' });
  abandoned = [];
  pass(26_000 - 1);
  expect(abandoned).toEqual([]);
  pass(1);
  expect(abandoned).toEqual(['2 died: w2 was not heard of for 36000 ms']);
});

test('a worker is written into the store once: its renewals, and what it says again, write nothing', () => {
  begin(1, 3000);
  for (let i = 0; i < 20; i++) {
    pass(3000);
    renew(1);
  }
  begin(1, 3000);
  expect(asked).toEqual(['sawWorkers']);
  expect(abandoned).toEqual([]);
  expect(said).toHaveLength(20);
});

test('what a worker was handed is forgotten once that attempt is over, and no sooner', () => {
  begin(1, 3000);
  const worker = workers.of(1 as NodeId);
  const running = tasks.get(1) as TaskHead;
  const becomes = (head: TaskHead): number | undefined => {
    workers.taskChanged(head, tasks.get(1));
    tasks.put(head);
    return worker?.handed.size;
  };
  expect(worker?.handed).toEqual(new Set([running.fence]));
  expect(becomes({ ...running, state: 'cancelling' })).toBe(1);
  expect(becomes({ ...running, state: 'queued', worker: '' })).toBe(0);
  const fence = running.fence + 1;
  worker?.handed.add(fence);
  expect(becomes({ ...running, fence, state: 'assigned' })).toBe(1);
  expect(becomes({ ...running, fence, state: 'done' })).toBe(0);
});
