/** `skein task order`: stores a task and prints its id, or waits for its result and prints that. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bodyArgument } from '../../../cli/kit/body-argument.ts';
import {
  countOption,
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { print, printBody, printJson } from '../../../cli/kit/output.ts';
import { laterOption } from '../../../cli/kit/time-option.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { InputOf, OutputOf } from '../../../kit/operation.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { operations } from '../remote.ts';
import { findTaskId } from './find-task.ts';
import { infeasibleSaid } from './infeasible.ts';
import { type NeedsFlags, needsOf, severalOption, withNeeds } from './needs-flags.ts';
import { resultOf } from './wait.ts';

interface OrderFlags extends NodeChoice, PrintChoice, NeedsFlags {
  readonly text?: boolean;
  readonly jsonBody?: boolean;
  readonly on?: string;
  readonly not?: readonly string[];
  readonly priority?: 1 | 2 | 3;
  readonly notBefore?: number;
  readonly deadline?: number;
  readonly timeout?: number;
  readonly attempts?: number;
  readonly idempotent?: boolean;
  readonly key?: string;
  readonly after?: readonly string[];
  readonly part?: readonly string[];
  readonly queue?: boolean;
  readonly reply?: 'letter';
  readonly wait?: boolean;
}

type Order = InputOf<(typeof operations)['orderTask']>;
type Ordered = OutputOf<(typeof operations)['orderTask']>;

export function buildOrder(): Command {
  const built = withJson(
    nodeCommand('order', 'order a task and print its id, or with --wait its result', [
      'skein task order render \'{"frame": 12}\' --cores 4 --memory 8G --wait',
      'skein task order mail hello --not-before 10m --key newsletter-7',
      'skein task order render --part 1 --part 2 --part 3 --wait',
      'skein task order resize - --resource gpu=1 --queue < cat.png',
    ]).addHelpText(
      'after',
      '\nThe input is JSON, or text where it is no JSON. A task is begun once at most,\n' +
        'unless its service is idempotent (3 times) or --attempts allows more. Ctrl-C\n' +
        'ends the wait; the task goes on. Without --queue a task is refused that no\n' +
        'worker could ever run. The result of a task of several parts is the list of\n' +
        'theirs; where one of them fails the others are cancelled.',
    ),
  )
    .argument('<service>', 'what is to be done; `skein task services` lists them')
    .argument('[input]', 'JSON or text, or - for the bytes of standard input (default: null)')
    .addOption(new Option('--text', 'the input is text, also where it is JSON').conflicts('jsonBody'))
    .option('--json-body', 'the input must be JSON, also that of standard input');
  return withNeeds(built)
    .option('--on <node>', 'the only node that may run it')
    .option('--not <node>', 'a node that may not (repeatable)', severalOption)
    .option('--priority <n>', '1: to the front of the queue, 2: middle, 3: end (default)', priorityOption)
    .option('--not-before <time>', 'not begun before then: 10m, or 2026-11-29T12:00', laterOption)
    .option('--deadline <time>', 'it expires where it is not done by then', laterOption)
    .option('--timeout <duration>', 'how long one attempt may take', durationOption)
    .option('--attempts <n>', 'how often it may be begun', countOption)
    .option('--idempotent', 'to run it twice does no harm: up to 3 attempts')
    .option('--key <text>', 'idempotency key: the same key is the same task, for a day')
    .option('--after <id>', 'a task that must be done before it begins (repeatable)', severalOption)
    .option(
      '--part <input>',
      'an input of one of several parts that run as one task (repeatable)',
      severalOption,
    )
    .option('--queue', 'queue it also where no worker that was ever here could run it')
    .addOption(
      new Option('--reply <how>', 'how it ends goes to this node as a letter, also while it is off').choices([
        'letter',
      ]),
    )
    .option('--wait', 'wait until it has ended, and print its result')
    .action(async (service: string, given: string | undefined, flags: OrderFlags) => {
      if (given !== undefined && flags.part !== undefined)
        throw new UsageError('task order: give an input or --part, and not both');
      const input = await inputOf(given, flags);
      const parts = await Promise.all(
        (flags.part ?? []).map(async (each) => ({ input: await inputOf(each, flags) })),
      );
      await withNode(flags, async (client) => {
        const after = await Promise.all((flags.after ?? []).map((id) => findTaskId(client, id)));
        const ordered = await order(client, {
          ...orderOf(service, input, after, flags),
          ...(parts.length === 0 ? {} : { parts }),
        });
        if (flags.wait !== true) return show(ordered, flags);
        const result = await resultOf(client, ordered.id);
        if (flags.json) printJson({ ...ordered, result: bodyToJson(result) });
        else printBody(result);
      });
    });
}

function show(ordered: Ordered, { json }: PrintChoice): void {
  if (json === true) printJson(ordered);
  else print(ordered.id);
}

async function order(client: ControlClient, input: Order): Promise<Ordered> {
  try {
    return await client.call('orderTask', input);
  } catch (problem) {
    throw infeasibleSaid(problem, '--queue');
  }
}

async function inputOf(given: string | undefined, { text, jsonBody }: OrderFlags): Promise<unknown> {
  if (given === undefined) return null;
  const isText = text === true || given === '-' || !isJson(given);
  return bodyArgument(given, jsonBody === true || !isText);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function orderOf(service: string, input: unknown, after: readonly string[], flags: OrderFlags): Order {
  const { on, not, priority, notBefore, deadline, timeout, attempts, idempotent, key, queue, reply } = flags;
  return {
    service,
    input,
    ...needsOf(flags),
    ...(on === undefined ? {} : { node: on }),
    ...(not === undefined ? {} : { not: [...not] }),
    ...(priority === undefined ? {} : { priority }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(after.length === 0 ? {} : { after: [...after] }),
    ...(queue === undefined ? {} : { ifInfeasible: 'queue' }),
    ...(reply === undefined ? {} : { reply }),
  };
}

function priorityOption(text: string): 1 | 2 | 3 {
  if (text === '1' || text === '2' || text === '3') return Number(text) as 1 | 2 | 3;
  throw new InvalidArgumentError('Expected 1 (front), 2 (middle) or 3 (end).');
}
