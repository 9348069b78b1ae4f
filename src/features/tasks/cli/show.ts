/** `skein task show`: all that is known of a task, why it waits, and its result. */
import type { Command } from 'commander';
import { type NodeChoice, nodeCommand, type PrintChoice, withJson } from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import {
  fittedTable,
  lineFitted,
  list,
  plural,
  print,
  printable,
  printBody,
  printJson,
} from '../../../cli/kit/output.ts';
import { idHelp } from '../../../cli/kit/short-id.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import { formatDuration } from '../../../kit/duration.ts';
import { percent } from './event-line.ts';
import { findTask, type ShownTask } from './find-task.ts';
import { serviceText } from './ls.ts';

interface ShowFlags extends NodeChoice, PrintChoice {
  readonly raw?: boolean;
}

/** Undefined: it has none. */
type Kept = { readonly result: unknown } | undefined;

export function buildShow(): Command {
  return withJson(
    nodeCommand('show', 'show how a task is, why it waits, and its result', [
      'skein task show 4f1c',
      'skein task show 4f1c --raw > frame.png',
    ]),
  )
    .argument('<id>', idHelp)
    .option('--raw', 'print the result alone: bytes as they are')
    .action(async (given: string, flags: ShowFlags) => {
      if (flags.raw && flags.json) throw new UsageError('task show: give --raw or --json, and not both');
      const { task, kept } = await withNode(flags, async (client) => {
        const task = await findTask(client, given);
        if (task.state !== 'done') return { task, kept: undefined };
        const { result } = await client.call('taskResult', { id: task.id });
        return { task, kept: { result: result ?? null } };
      });
      if (flags.raw) printBody(ofDone(task, kept));
      else if (flags.json) printJson({ ...task, ...(kept && { result: bodyToJson(kept.result) }) });
      else show(task, kept);
    });
}

function ofDone({ id, state }: ShownTask, kept: Kept): unknown {
  if (kept !== undefined) return kept.result;
  throw new Error(`task ${id} has no result: it is ${state}`);
}

function show(task: ShownTask, kept: Kept): void {
  print(formatTask(task));
  if (task.parts.length > 0) print(`\n${formatParts(task)}`);
  if (task.why.length > 0) {
    print('\nwhy it waits:');
    for (const why of task.why) print(lineFitted(printable(`  ${why}`)));
  }
  if (kept === undefined) return;
  print('');
  if (kept.result instanceof Uint8Array) print(`(${plural(kept.result.length, 'byte')}: --raw prints them)`);
  else printBody(kept.result);
}

export function formatTask(task: ShownTask): string {
  const { id, service, state, from, worker, reason, retryOf, parent, priority } = task;
  const pairs: (readonly [string, string])[] = [
    ['id', id],
    ['service', serviceText(service)],
    ['state', stateText(task)],
    ['reason', reason],
    ['from', from],
    ['worker', worker],
    ['attempt', attemptText(task)],
    ['priority', String(priority)],
    ...timesOf(task),
    ['part of', parent],
    ['after', task.after.join(' ')],
    ['retry of', retryOf],
    ['input', plural(task.inputBytes, 'byte')],
    ['result', state === 'done' ? plural(task.resultBytes, 'byte') : ''],
  ];
  return list(pairs.filter(([, value]) => value !== ''));
}

/** In order; their ids are whole, since a part is asked for by its own. */
function formatParts({ parts }: Pick<ShownTask, 'parts'>): string {
  const rows = parts.map(({ id, state, service }, part) => [String(part), id, state, service]);
  return fittedTable(['PART', 'ID', 'STATE', 'SERVICE'], rows, ['SERVICE']);
}

function stateText({ state, progress, note }: ShownTask): string {
  const said = note === undefined ? '' : `: ${note}`;
  return progress === undefined ? state : `${state}, ${percent(progress)}${said}`;
}

/** Of how many: where that is not known before a worker has it, the service says. */
function attemptText({ attempt, attempts }: ShownTask): string {
  if (attempt === 0) return '';
  return attempts === 0 ? String(attempt) : `${attempt} of ${attempts}`;
}

function timesOf({ orderedAt, startedAt, endedAt }: ShownTask): [string, string][] {
  const times: [string, string][] = [['ordered', localTime(orderedAt)]];
  if (startedAt !== undefined) times.push(['started', localTime(startedAt)]);
  if (endedAt === undefined) return times;
  const took =
    startedAt === undefined ? '' : ` (it ran for ${formatDuration(Math.max(0, endedAt - startedAt))})`;
  return [...times, ['ended', `${localTime(endedAt)}${took}`]];
}
