/** `skein worker ls`: the workers, those first that would take such a task now, and why each other one would not. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { fittedTable, orDash, print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { WorkerView } from '../api.ts';
import { type NeedsFlags, needsOf, withNeeds } from './needs-flags.ts';

interface ListFlags extends NodeChoice, PrintChoice, NeedsFlags {
  readonly service?: string;
}

export function buildList(): Command {
  const built = withJson(
    nodeCommand('ls', 'list the workers: who would take a task now, and why others would not', [
      'skein worker ls',
      'skein worker ls --service render --cores 4 --memory 8G --software blender',
    ]),
  ).option('--service <name>', 'of a task of this service');
  return withNeeds(built).action(async (flags: ListFlags) => {
    const { service } = flags;
    const input = { ...(service === undefined ? {} : { service }), ...needsOf(flags) };
    const { workers } = await withNode(flags, (client) => client.call('taskWorkers', input));
    if (flags.json) printJson(workers);
    else print(workers.length === 0 ? 'no workers' : formatWorkers(workers));
  });
}

export function formatWorkers(workers: readonly WorkerView[]): string {
  return fittedTable(
    ['WORKER', 'TASKS', 'SERVICES', 'AVAILABLE'],
    workers.map(({ name, tasks, services, whyNot }) => [
      name,
      String(tasks),
      orDash(services.map(({ service }) => service).join(', ')),
      whyNot === '' ? 'yes' : `no: ${whyNot}`,
    ]),
    ['WORKER', 'SERVICES', 'AVAILABLE'],
  );
}
