import { expect, test } from 'vitest';
import type { TaskEvent } from '../api.ts';
import type { ListedTask } from './find-task.ts';
import { formatTasks } from './ls.ts';
import { formatTask } from './show.ts';
import { progressLine } from './wait.ts';
import { lineOf } from './watch.ts';
import { formatWorkers } from './worker-ls.ts';
import { formatWorker } from './worker-show.ts';

const name = 'n'.repeat(64);
const steering = 'a\u001b[2Jb\u202e';
const steered = 'a\\u001b[2Jb\\u202e';
const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;

function taskOf(more: Partial<ListedTask> = {}): ListedTask {
  return {
    ...{ id: '4f1c20ab'.padEnd(32, '0'), n: 1, from: 'a', service: 'render', state: 'queued', priority: 3 },
    ...{ orderedAt: 0, attempt: 0, attempts: 0, fence: 0, worker: '', reason: '', retryOf: '', parent: '' },
    ...{ inputBytes: 1, resultBytes: 0 },
    ...more,
  };
}

const none = { after: [], parts: [], why: [] };

const eventOf = (more: Partial<TaskEvent> = {}): TaskEvent => ({
  ...{ state: 'queued', attempt: 0, worker: '', reason: '' },
  ...more,
});

test('tables of tasks and workers with long names fit 80 columns, and ids, times and states are whole', () => {
  const long = taskOf({ service: name, from: name, worker: name, state: 'cancelling', progress: 0.999 });
  const services = [{ service: name, concurrency: 10_000, queue: 10_000 }];
  const worker = { name, services, isHere: true, whyNot: 'has no paper '.repeat(20), tasks: 10_000 };
  const workerTable = formatWorker(worker).split('\n\n')[1] as string;
  for (const line of [formatTasks([long]), formatWorkers([worker]), workerTable].join('\n').split('\n'))
    expect(line.length, line).toBeLessThanOrEqual(80);
  expect(formatTasks([long]).split('\n')[1]).toMatch(
    new RegExp(`^4f1c20ab {2}${time} {2}cancelling 99% {2}n+… {2}n+… {2}n+…$`),
  );
});

test('nothing of what nodes say steers a terminal', () => {
  const task = taskOf({
    note: steering,
    progress: 0.5,
    reason: steering,
    worker: steering,
    state: 'running',
  });
  const shown = formatTask({ ...task, ...none });
  expect(shown).toContain(`50%: ${steered}`);
  expect(shown).toMatch(/^reason +a\\u001b\[2Jb\\u202e$/m);
  expect(formatTasks([task])).toContain(steered);
  expect(progressLine(eventOf({ progress: 1, note: steering }))).toContain(steered);
  const worker = { name: steering, services: [], isHere: true, whyNot: steering, tasks: 0 };
  for (const text of [shown, formatTasks([task]), formatWorkers([worker]), formatWorker(worker)])
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
});

test('a shown task says what there is to say, and nothing else', () => {
  const heads = (more: Partial<ListedTask>): string[] =>
    formatTask({ ...taskOf(more), ...none })
      .split('\n')
      .map((line) => line.split(/ {2,}/)[0] as string);
  const always = ['id', 'service', 'state', 'from', 'priority', 'ordered', 'input'];
  expect(heads({}).sort()).toEqual([...always].sort());
  const done = {
    state: 'done',
    startedAt: 1000,
    endedAt: 2500,
    attempt: 1,
    attempts: 3,
    worker: 'b',
  } as const;
  expect(heads({ ...done, resultBytes: 2 }).sort()).toEqual(
    [...always, 'attempt', 'worker', 'started', 'ended', 'result'].sort(),
  );
  const shown = formatTask({ ...taskOf(done), ...none });
  expect(shown).toMatch(new RegExp(`^ended +${time} \\(it ran for 1.5s\\)$`, 'm'));
  expect(shown).toMatch(/^attempt +1 of 3$/m);
  expect(formatTask({ ...taskOf({ service: '', retryOf: 'f'.repeat(32) }), ...none })).toMatch(
    /^service +\(parts\)\n(?:.*\n)*retry of +f{32}$/m,
  );
});

test('a watched task shows its worker, its attempt from the second on, and what was said', () => {
  expect(lineOf(eventOf())).toBe('queued');
  const running = eventOf({ state: 'running', worker: 'b', attempt: 1, progress: 0.459, note: 'frame 9' });
  expect(lineOf(running)).toBe('running at b, 45%: frame 9');
  expect(lineOf(eventOf({ state: 'failed', worker: 'b', attempt: 2, reason: 'no paper' }))).toBe(
    'failed at b, attempt 2: no paper',
  );
});

test('a wait shows a bar once a worker has said how far it is', () => {
  const running = { state: 'running', worker: 'b', attempt: 1 } as const;
  expect(progressLine(eventOf())).toBe('queued');
  expect(progressLine(eventOf(running))).toBe('running at b');
  expect(progressLine(eventOf({ ...running, progress: 0.05, note: 'x' }))).toBe(
    'running at b  [#                   ]   5%  x',
  );
  expect(progressLine(eventOf({ ...running, progress: 1 }))).toBe(
    'running at b  [####################] 100%',
  );
});
