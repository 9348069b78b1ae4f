/** `skein send`: one message to named nodes or to all; says who got it and who did not, and why. */
import type { Command } from 'commander';
import { bodyArgument } from '../../../cli/kit/body-argument.ts';
import {
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { ExitError } from '../../../cli/kit/exit.ts';
import { namesIn } from '../../../cli/kit/node-names.ts';
import { print, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { InputOf } from '../../../kit/operation.ts';
import type { Missing, SendResult } from '../../../node/node.ts';
import type { operations } from '../remote.ts';

interface SendFlags extends NodeChoice, PrintChoice {
  readonly kind?: string;
  readonly jsonBody?: boolean;
  readonly receipt?: 'all' | 'count' | 'none';
  readonly timeout?: number;
  readonly trace?: boolean;
}

export function build(): Command {
  return withJson(
    nodeCommand('send', 'send a message to nodes or to all', [
      "skein send b 'hello'",
      'skein send b,c --kind job --json-body \'{"frames": 3}\'',
      'tar c scene | skein send @all -',
    ]),
  )
    .argument('<nodes>', 'NODE[,NODE...] or @all')
    .argument('<body>', 'text, or - for the bytes of standard input')
    .option('--kind <kind>', 'so that only listeners of this kind get it')
    .option('--json-body', 'the body is JSON, not text')
    .option('--receipt <which>', 'all (default), count, or none: do not wait for receipts')
    .option('--timeout <duration>', 'how long to wait for receipts (default: 10s)', durationOption)
    .option('--trace', 'record the hops: the recipient sees them')
    .action(async (nodes: string, body: string, flags: SendFlags) => {
      const input = await inputOf(nodes, body, flags);
      const result = await withNode(flags, (client) => client.call('send', input));
      if (flags.json) printJson(result);
      else print(formatResult(result, flags.receipt));
      if (result.missingCount > 0) throw new ExitError(1);
    });
}

async function inputOf(
  nodes: string,
  body: string,
  flags: SendFlags,
): Promise<InputOf<(typeof operations)['send']>> {
  const { kind, receipt, timeout, trace } = flags;
  return {
    to: namesIn(nodes, 'NODE[,NODE...] or @all'),
    body: await bodyArgument(body, flags.jsonBody === true),
    // Who is missing is printed, not thrown.
    require: 'none',
    ...(kind === undefined ? {} : { kind }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(trace === undefined ? {} : { trace }),
  };
}

export function formatResult(result: SendResult, receipt: string | undefined): string {
  if (receipt === 'none') return 'sent; no receipts were asked for';
  if (receipt === 'count') return `${result.deliveredCount} delivered, ${result.missingCount} missing`;
  const lines = result.delivered.map((name) => `${name}  delivered`);
  lines.push(...result.missing.map((one) => `${one.node}  missing: ${reasonTexts[one.reason]}`));
  return lines.length === 0 ? 'nobody to send to: this node is alone (see `skein why`)' : lines.join('\n');
}

const reasonTexts: Record<Missing['reason'], string> = {
  'no-route': 'no route to it (see `skein why`)',
  refused: 'refused there',
  busy: 'its queue is full',
  timeout: 'no receipt in time, so it is unknown whether it has it',
  lost: 'it went away meanwhile, so it is unknown whether it has it',
  aborted: 'given up, so it is unknown whether it has it',
};
