/** `skein worker show`: what a worker offers, and the tasks that it has. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { fittedTable, list, print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { formatDuration } from '../../../kit/duration.ts';
import type { WorkerView } from '../api.ts';
import { percent } from './event-line.ts';
import { hasEnded, listTasks, taskStates } from './find-task.ts';
import { formatTasks } from './ls.ts';
import { beginsText, size } from './worker-ls.ts';

export function buildShow(): Command {
  return withJson(
    nodeCommand('show', 'show what a worker offers, and the tasks that it has', ['skein worker show b']),
  )
    .argument('<node>', 'its name')
    .action(async (name: string, flags: NodeChoice & PrintChoice) => {
      const shown = await withNode(flags, async (client) => {
        const { workers } = await client.call('taskWorkers', {});
        const worker = workers.find((each) => each.name === name);
        if (worker === undefined) throw unknownWorker(name, workers);
        const states = taskStates.filter((state) => !hasEnded({ state }));
        return { worker, tasks: await listTasks(client, { worker: name, states }) };
      });
      if (flags.json) return printJson(shown);
      print(formatWorker(shown.worker, Date.now()));
      print(`\n${shown.tasks.length === 0 ? 'no tasks' : formatTasks(shown.tasks)}`);
    });
}

function unknownWorker(name: string, workers: readonly WorkerView[]): Error {
  const known = workers.map((worker) => worker.name).join(', ');
  return new Error(
    `${name} has never been a worker: ${known === '' ? 'no node has' : `those that were here are ${known}`}`,
  );
}

/** @param now Unix milliseconds. */
export function formatWorker(worker: WorkerView, now: number): string {
  const { services, whyNot, begins, software, resources } = worker;
  const pairs: (readonly [string, string])[] = [
    ['worker', worker.name],
    ['state', worker.isHere ? 'here' : 'away'],
    ['available', whyNot === '' ? 'yes' : `no: ${whyNot}${begins ? `; ${beginsText(begins, now)}` : ''}`],
    ['tasks', `${worker.tasks}, of which ${worker.waiting} wait in its own queue`],
    ['cores', `${worker.freeCores} of ${worker.cores} free`],
    ['memory', `${size(worker.freeMemory)} of ${size(worker.memory)} free`],
    ['software', software.join(', ')],
    [
      'resources',
      Object.entries(resources)
        .map((pair) => pair.join('='))
        .join(', '),
    ],
    ...figuresOf(worker),
  ];
  const head = list(pairs.filter(([, value]) => value !== ''));
  if (services.length === 0) return `${head}\n\nno services`;
  const rows = services.map(({ service, concurrency, queue }) => [
    service,
    String(concurrency),
    String(queue),
  ]);
  return `${head}\n\n${fittedTable(['SERVICE', 'AT A TIME', 'QUEUE'], rows, ['SERVICE'])}`;
}

/** Of its machine, and of what it has done. */
function figuresOf({ figures }: WorkerView): [string, string][] {
  if (figures === undefined) return [];
  const { load, freeMemory, done, failed, meanMs } = figures;
  return [
    ['load', load === undefined ? '' : percent(load)],
    ['machine', `${size(freeMemory)} of memory free`],
    ['done', `${done}${meanMs === undefined ? '' : `, ${formatDuration(meanMs)} on average`}`],
    ['failed', String(failed)],
  ];
}
