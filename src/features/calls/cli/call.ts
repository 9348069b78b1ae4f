/** `skein call`: asks a service, wherever it is offered, and prints its output. */
import type { Command } from 'commander';
import { bodyArgument } from '../../../cli/kit/body-argument.ts';
import {
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { printBody, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import { bodyToJson } from '../../../kit/body.ts';
import type { InputOf } from '../../../kit/operation.ts';
import type { operations } from '../remote.ts';

interface CallFlags extends NodeChoice, PrintChoice {
  readonly to?: string;
  readonly strategy?: NonNullable<InputOf<(typeof operations)['call']>['strategy']>;
  readonly key?: string;
  readonly jsonBody?: boolean;
  readonly idempotent?: boolean;
  readonly timeout?: number;
}

export function build(): Command {
  return withJson(
    nodeCommand('call', 'ask a service and print its output', [
      "skein call echo 'hello'",
      'skein call render --to farm7 --json-body \'{"frame": 12}\' --timeout 1m',
      'skein call resize --key cat.png - < cat.png > small.png',
    ]),
  )
    .argument('<service>', 'its name; `skein node ls` shows who offers what')
    .argument('[body]', 'text, or - for the bytes of standard input (default: null)')
    .option('--json-body', 'the body is JSON, not text')
    .option('--to <node>', 'only this node')
    .option(
      '--strategy <which>',
      'nearest (default), least-loaded, random, round-robin, or sticky with --key',
    )
    .option('--key <text>', 'the same node for the same key')
    .option('--idempotent', 'when its node is lost, ask another: twice does no harm')
    .option('--timeout <duration>', 'how long to wait for the answer (default: 10s)', durationOption)
    .action(async (service: string, body: string | undefined, flags: CallFlags) => {
      const input = await inputOf(service, body, flags);
      const { output } = await withNode(flags, (client) => client.call('call', input));
      if (flags.json) printJson({ output: bodyToJson(output) });
      else printBody(output);
    });
}

async function inputOf(
  service: string,
  body: string | undefined,
  flags: CallFlags,
): Promise<InputOf<(typeof operations)['call']>> {
  const { to, strategy, key, jsonBody, idempotent, timeout } = flags;
  return {
    service,
    body: body === undefined ? null : await bodyArgument(body, jsonBody === true),
    ...(to === undefined ? {} : { to }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(key === undefined ? {} : { key }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  };
}
