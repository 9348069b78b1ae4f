/** `skein worker show`: what a worker offers, and the tasks that it has. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { fittedTable, list, print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { WorkerView } from '../api.ts';
import { hasEnded, listTasks, taskStates } from './find-task.ts';
import { formatTasks } from './ls.ts';

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
      print(formatWorker(shown.worker));
      print(`\n${shown.tasks.length === 0 ? 'no tasks' : formatTasks(shown.tasks)}`);
    });
}

function unknownWorker(name: string, workers: readonly WorkerView[]): Error {
  const known = workers.map((worker) => worker.name).join(', ');
  return new Error(
    `${name} has never been a worker: ${known === '' ? 'no node has' : `those that were here are ${known}`}`,
  );
}

export function formatWorker({ name, whyNot, isHere, services }: WorkerView): string {
  const head = list([
    ['worker', name],
    ['state', isHere ? 'here' : 'away'],
    ['available', whyNot === '' ? 'yes' : `no: ${whyNot}`],
  ]);
  if (services.length === 0) return `${head}\n\nno services`;
  const rows = services.map(({ service, concurrency, queue }) => [
    service,
    String(concurrency),
    String(queue),
  ]);
  return `${head}\n\n${fittedTable(['SERVICE', 'AT A TIME', 'QUEUE'], rows, ['SERVICE'])}`;
}
