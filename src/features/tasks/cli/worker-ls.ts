/** `skein worker ls`: the workers, those first that would take such a task now, and why each other one would not. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { fittedTable, lineFitted, print, printable, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { formatDuration } from '../../../kit/duration.ts';
import type { BeginsEstimate, WorkerView } from '../api.ts';
import { percent } from './event-line.ts';
import { type NeedsFlags, needsOf, withNeeds } from './needs-flags.ts';

interface ListFlags extends NodeChoice, PrintChoice, NeedsFlags {
  readonly service?: string;
}

export function buildList(): Command {
  const built = withJson(
    nodeCommand('ls', 'list the workers: who would take a task now, and why others would not', [
      'skein worker ls',
      'skein worker ls --service render --cores 4 --memory 8G --software blender',
    ]).addHelpText(
      'after',
      '\nCORES and MEMORY: what tasks leave, of what the worker has for them. LOAD: how\n' +
        'busy its machine is. DONE, FAILED and MEAN: since its node was started.',
    ),
  ).option('--service <name>', 'of a task of this service');
  return withNeeds(built).action(async (flags: ListFlags) => {
    const { service } = flags;
    const input = { ...(service === undefined ? {} : { service }), ...needsOf(flags) };
    const { workers } = await withNode(flags, (client) => client.call('taskWorkers', input));
    if (flags.json) return printJson(workers);
    if (workers.length === 0) return print('no workers');
    print(formatWorkers(workers));
    const reasons = formatReasons(workers, Date.now());
    if (reasons.length > 0) print('\nwhy not now:');
    for (const reason of reasons) print(lineFitted(reason));
  });
}

export function formatWorkers(workers: readonly WorkerView[]): string {
  return fittedTable(
    ['WORKER', 'TASKS', 'CORES', 'MEMORY', 'LOAD', 'DONE', 'FAILED', 'MEAN', 'AVAILABLE'],
    workers.map((worker) => {
      const { name, tasks, cores, freeCores, memory, freeMemory, figures, whyNot } = worker;
      return [
        ...[name, String(tasks), `${freeCores}/${cores}`, `${size(freeMemory)}/${size(memory)}`],
        figures?.load === undefined ? '-' : percent(figures.load),
        ...(figures === undefined ? ['-', '-'] : [String(figures.done), String(figures.failed)]),
        figures?.meanMs === undefined ? '-' : formatDuration(figures.meanMs),
        whyNot === '' ? 'yes' : 'no',
      ];
    }),
    ['WORKER'],
  );
}

/** One line for each that would not take it now. @param now Unix milliseconds. */
export function formatReasons(workers: readonly WorkerView[], now: number): string[] {
  return workers
    .filter(({ whyNot }) => whyNot !== '')
    .map(({ name, whyNot, begins }) =>
      printable(`  ${name} ${whyNot}${begins ? `; ${beginsText(begins, now)}` : ''}`),
    );
}

/** `could begin in 3s (p90 9s; from 12 tasks, 2s ago)`. */
export function beginsText({ p50Ms, p90Ms, count, computedAt }: BeginsEstimate, now: number): string {
  if (count === 0) return 'has room';
  const ago = formatDuration(Math.max(0, now - computedAt));
  const from = `from ${count} ${count === 1 ? 'task' : 'tasks'}, ${ago} ago`;
  return `could begin in ${formatDuration(p50Ms)} (p90 ${formatDuration(p90Ms)}; ${from})`;
}

/** Rounded down, in the unit in which tasks ask for it: `8G`, `7.5G`, `512M`. */
export function size(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P'];
  let [count, unit] = [bytes, 0];
  while (count >= 1024 && unit < units.length - 1) [count, unit] = [count / 1024, unit + 1];
  return `${count < 10 ? Math.floor(count * 10) / 10 : Math.floor(count)}${units[unit]}`;
}
