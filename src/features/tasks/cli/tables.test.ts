import { expect, test } from 'vitest';
import { SkeinError } from '../../../kernel/index.ts';
import type { TaskEvent, WorkerView } from '../api.ts';
import { eventLine, progressLine } from './event-line.ts';
import type { ListedTask } from './find-task.ts';
import { infeasibleSaid } from './infeasible.ts';
import { formatTasks } from './ls.ts';
import { formatServices } from './services.ts';
import { formatTask } from './show.ts';
import { WatchedTask } from './watch.ts';
import { beginsText, formatReasons, formatWorkers, size } from './worker-ls.ts';
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

function workerOf(more: Partial<WorkerView> = {}): WorkerView {
  return {
    ...{ name: 'b', services: [], isHere: true, whyNot: '', tasks: 0, waiting: 0, cores: 4, freeCores: 4 },
    ...{ memory: 8 * 2 ** 30, freeMemory: 7.5 * 2 ** 30, software: [], resources: {} },
    ...more,
  };
}

const eventOf = (more: Partial<TaskEvent> = {}): TaskEvent => ({
  ...{ state: 'queued', attempt: 0, worker: '', reason: '' },
  ...more,
});

test('tables of tasks and workers with long names fit 80 columns, and ids, times and states are whole', () => {
  const long = taskOf({ service: name, from: name, worker: name, state: 'cancelling', progress: 0.999 });
  const services = [{ service: name, concurrency: 10_000, queue: 10_000 }];
  const figures = { load: 1, freeMemory: 2 ** 43, done: 10 ** 6, failed: 10 ** 5, meanMs: 10 ** 9 };
  const worker = workerOf({ name, services, tasks: 10_000, memory: 2 ** 40, freeMemory: 2 ** 40, figures });
  const workerTable = formatWorker(worker, 0).split('\n\n')[1] as string;
  const durations = { waitedP50: 1e9, waitedP90: 1e9, ranP50: 1e9, ranP90: 1e9, count: 256, computedAt: 0 };
  const queue = { service: name, depth: 200_000, oldestAt: 0, atWorkers: 10_000 };
  const serviceTable = formatServices([{ ...queue, workers: [name], workerCount: 200, durations }], 1e9);
  const tables = [formatTasks([long]), formatWorkers([worker]), workerTable, serviceTable];
  for (const line of tables.join('\n').split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
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
  const worker = workerOf({ name: steering, whyNot: steering, software: [steering] });
  const service = { service: steering, depth: 0, atWorkers: 0, workers: [steering], workerCount: 1 };
  const workers = [formatWorkers([worker]), formatWorker(worker, 0), ...formatReasons([worker], 0)];
  for (const text of [shown, formatTasks([task]), ...workers, formatServices([service], 0)])
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
  expect(eventLine(eventOf())).toBe('queued');
  const running = eventOf({ state: 'running', worker: 'b', attempt: 1, progress: 0.459, note: 'frame 9' });
  expect(eventLine(running)).toBe('running at b, 45%: frame 9');
  expect(eventLine(eventOf({ state: 'failed', worker: 'b', attempt: 2, reason: 'no paper' }))).toBe(
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

test('on a terminal a watched task has a line for each state, in which its progress is redrawn', () => {
  const written: string[] = [];
  const watched = new WatchedTask({ isTTY: true, columns: 50, write: (text) => written.push(text) });
  const running = { state: 'running', worker: 'b', attempt: 1 } as const;
  const reason = 'there is no paper in the tray of the printer';
  for (const event of [
    eventOf(),
    eventOf({ ...running, progress: 0.5 }),
    eventOf({ ...running, progress: 0.75 }),
    eventOf({ ...running, attempt: 2 }),
    eventOf({ ...running, state: 'failed', attempt: 2, reason }),
  ])
    watched.say(event);
  watched.end();
  const redrawn = (text: string) => `\r\u001b[K${text}`;
  expect(written.join('')).toBe(
    [
      redrawn('queued\n'),
      redrawn('running at b  [##########          ]  50%'),
      redrawn('running at b  [###############     ]  75%\n'),
      redrawn('running at b, attempt 2\n'),
      redrawn('failed at b, attempt 2: there is no paper in the …'),
      redrawn(`failed at b, attempt 2: ${reason}\n`),
    ].join(''),
  );
});

test('an order that no worker could run says how a person has it wait', () => {
  const text = "no worker could run it: ask for less, or have it wait (ifInfeasible: 'queue')";
  const problem = new SkeinError('SKEIN_INFEASIBLE', text);
  expect(infeasibleSaid(problem, '--queue')).toMatchObject({
    code: 'SKEIN_INFEASIBLE',
    message: 'no worker could run it: ask for less, or have it wait (--queue)',
  });
  const other = new Error(text);
  expect(infeasibleSaid(other, '--queue')).toBe(other);
});

test('workers are listed with what is left of them and their figures; why each other one would not follows', () => {
  const figures = { load: 0.42, freeMemory: 2 ** 30, done: 9, failed: 1, meanMs: 1234 };
  const busy = {
    whyNot: 'runs 1 of 1 of "render"',
    begins: { p50Ms: 3000, p90Ms: 9000, count: 12, computedAt: 0 },
  };
  const workers = [workerOf({ figures }), workerOf({ name: 'c', tasks: 2, freeCores: 0, ...busy })];
  expect(formatWorkers(workers)).toBe(
    [
      'WORKER  TASKS  CORES  MEMORY   LOAD  DONE  FAILED  MEAN  AVAILABLE',
      'b       0      4/4    7.5G/8G  42%   9     1       1.2s  yes',
      'c       2      0/4    7.5G/8G  -     -     -       -     no',
    ].join('\n'),
  );
  const why = 'could begin in 3s (p90 9s; from 12 tasks, 2s ago)';
  expect(formatReasons(workers, 2000)).toEqual([`  c runs 1 of 1 of "render"; ${why}`]);
  expect(beginsText({ p50Ms: 0, p90Ms: 0, count: 0, computedAt: 0 }, 0)).toBe('has room');
  expect(formatWorker(workers[0] as WorkerView, 0)).toMatch(
    /^worker +b\n[\s\S]*\nload +42%\nmachine +1G of memory free\ndone +9, 1.2s on average\nfailed +1\n/,
  );
  expect([0, 1023, 1024, 1536, 10.9 * 2 ** 20].map(size)).toEqual(['0', '1023', '1K', '1.5K', '10M']);
});

test('services are listed with what waits, and how long tasks take; where none was done that is left out', () => {
  const durations = { waitedP50: 5, waitedP90: 90, ranP50: 1500, ranP90: 3000, count: 7, computedAt: 0 };
  const queue = { service: 'render', depth: 3, oldestAt: 1000, atWorkers: 1 };
  const idle = { service: 'scan', depth: 0, atWorkers: 0, workers: [], workerCount: 0 };
  expect(
    formatServices([{ ...queue, workers: ['b', 'c'], workerCount: 4, durations }, idle], 3000).split('\n'),
  ).toEqual([
    'SERVICE  QUEUED  OLDEST  TAKEN  WAITED    RAN      FROM  WORKERS',
    'render   3       2s      1      5ms/90ms  1.5s/3s  7     b, c and 2 more',
    'scan     0       -       0      -         -        0     -',
  ]);
});
