/** `skein query`: asks a node, or the swarm, by the name of a query, and prints the answer. */
import type { Command } from 'commander';
import { bodyArgument } from '../../../cli/kit/body-argument.ts';
import {
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { printBody, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { InputOf } from '../../../kit/operation.ts';
import type { operations } from '../remote.ts';

interface QueryFlags extends NodeChoice, PrintChoice {
  readonly swarm?: boolean;
  readonly jsonBody?: boolean;
  readonly timeout?: number;
}

type Input = InputOf<(typeof operations)['query']>;

export function build(): Command {
  return withJson(
    nodeCommand('query', 'ask a node, or the swarm, by the name of a query and print the answer', [
      'skein query b stats',
      'skein query b service echo',
      'skein query b availability --json-body \'{"service": "render", "cores": 4}\'',
      'skein query --swarm peers',
      'skein query --swarm state --json-body \'{"from": "b", "after": 100}\'',
    ]).addHelpText(
      'after',
      '\nEvery node and every swarm answers: services, service NAME, stats, mood,\navailability, state, peers. Programs answer others; `skein query NODE services`\nlists them. The input of availability is what a task needs, as JSON.',
    ),
  )
    .usage('[options] <node> <name> [input]\n       skein query [options] --swarm <name> [input]')
    .argument('[words...]', 'the node (not with --swarm), the name of the query, and its input: text, or -')
    .option('--swarm', 'ask the broker of the swarm instead of a node')
    .option('--json-body', 'the input is JSON, not text')
    .option('--timeout <duration>', 'how long to wait for the answer (default: 10s)', durationOption)
    .action(async (words: readonly string[], flags: QueryFlags) => {
      const input = await inputOf(words, flags);
      const { answer } = await withNode(flags, (client) => client.call('query', input));
      if (flags.json) printJson({ answer: bodyToJson(answer) });
      else printBody(answer);
    });
}

async function inputOf(words: readonly string[], flags: QueryFlags): Promise<Input> {
  const { swarm = false, jsonBody = false, timeout } = flags;
  const [node, name, input, ...rest] = swarm ? [undefined, ...words] : words;
  const usage = swarm ? 'skein query --swarm NAME [INPUT]' : 'skein query NODE NAME [INPUT]';
  if (rest.length > 0) throw new UsageError(`query: too many arguments ("${rest[0]}"); usage: ${usage}`);
  if (name === undefined) throw new UsageError(`query: name the query; usage: ${usage}`);
  return {
    ...(node === undefined ? { swarm: true } : { node }),
    name,
    body: input === undefined ? null : await bodyArgument(input, jsonBody),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  };
}
