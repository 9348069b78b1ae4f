/** `skein task ls`: the tasks that the swarm has, the oldest first. */
import { type Command, InvalidArgumentError } from 'commander';
import {
  countOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { localTime } from '../../../cli/kit/local-time.ts';
import { fittedTable, orDash, print, printJson } from '../../../cli/kit/output.ts';
import { digitsShown } from '../../../cli/kit/short-id.ts';
import { agoOption } from '../../../cli/kit/time-option.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { TaskState } from '../api.ts';
import { percent } from './event-line.ts';
import { type ListedTask, type ListFilter, listTasks, taskStates } from './find-task.ts';

interface ListFlags extends NodeChoice, PrintChoice {
  readonly state?: readonly TaskState[];
  readonly service?: string;
  readonly author?: string;
  readonly worker?: string;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
}

export function buildList(): Command {
  return withJson(
    nodeCommand('ls', 'list the tasks that the swarm has, the oldest first', [
      'skein task ls',
      'skein task ls --state queued,running --service render --since 1h',
    ]),
  )
    .option('--state <state>', `only in this state (repeatable): ${taskStates.join(', ')}`, stateOption)
    .option('--service <name>', 'only of this service')
    .option('--author <node>', 'only ordered by this node')
    .option('--worker <node>', 'only those that this node has, or was the last to')
    .option('--since <time>', 'only ordered since then: 1h ago, or 2026-11-29T12:00', agoOption)
    .option('--until <time>', 'only ordered before then', agoOption)
    .option('--limit <n>', 'the newest of them, no more than this many', countOption)
    .action(async (flags: ListFlags) => {
      const tasks = await withNode(flags, (client) => listTasks(client, filterOf(flags), flags.limit));
      if (flags.json) printJson(tasks);
      else print(tasks.length === 0 ? 'no tasks' : formatTasks(tasks));
    });
}

function filterOf({ state, service, author, worker, since, until }: ListFlags): ListFilter {
  return {
    ...(state === undefined ? {} : { states: [...state] }),
    ...(service === undefined ? {} : { service }),
    ...(author === undefined ? {} : { author }),
    ...(worker === undefined ? {} : { worker }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
}

function stateOption(text: string, before: readonly TaskState[] = []): readonly TaskState[] {
  const given = text.split(',').map((state) => state.trim() as TaskState);
  if (given.every((state) => taskStates.includes(state))) return [...new Set([...before, ...given])];
  throw new InvalidArgumentError(`Allowed choices are ${taskStates.join(', ')}.`);
}

export function formatTasks(tasks: readonly ListedTask[]): string {
  const digits = digitsShown(tasks);
  return fittedTable(
    ['ID', 'ORDERED', 'STATE', 'SERVICE', 'FROM', 'WORKER'],
    tasks.map(({ id, orderedAt, state, progress, service, from, worker }) => [
      id.slice(0, digits),
      localTime(orderedAt),
      progress === undefined ? state : `${state} ${percent(progress)}`,
      serviceText(service),
      from,
      orDash(worker),
    ]),
    ['SERVICE', 'FROM', 'WORKER'],
  );
}

/** A task of several parts has none of its own. */
export function serviceText(service: string): string {
  return service === '' ? '(parts)' : service;
}
