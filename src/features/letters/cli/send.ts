/** `skein letter send`: stores a letter, and prints its id once it is on a disk: the broker's, or this node's own. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bodyArgument } from '../../../cli/kit/body-argument.ts';
import {
  durationOption,
  type NodeChoice,
  nodeCommand,
  type PrintChoice,
  withJson,
} from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { namesIn } from '../../../cli/kit/node-names.ts';
import { print, printError, printJson } from '../../../cli/kit/output.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { InputOf } from '../../../kit/operation.ts';
import type { operations } from '../remote.ts';

interface SendFlags extends NodeChoice, PrintChoice {
  readonly all?: boolean;
  readonly type?: string;
  readonly jsonBody?: boolean;
  readonly key?: string;
  readonly after?: number;
  readonly expires?: number;
  readonly allowUnknown?: boolean;
  readonly copies?: 1 | 2;
  readonly timeout?: number;
}

type Input = InputOf<(typeof operations)['sendLetter']>;

const recipientsHelp = 'NODE[,NODE...], or --all without a name';

export function buildSend(): Command {
  return withJson(
    nodeCommand('send', 'store a letter and print its id', [
      "skein letter send b 'read this when you are back'",
      'skein letter send b,c --json-body \'{"frames": 3}\' --key scene-7',
      "skein letter send --all 'new version tonight' --expires 8h",
      'skein letter send b - --after 10m < report.pdf',
    ]),
  )
    .argument('[nodes]', recipientsHelp)
    .argument('[body]', 'text, or - for the bytes of standard input (default: null)')
    .option('--all', 'to every node that the swarm has ever seen, but this one')
    .option('--json-body', 'the body is JSON, not text')
    .option('--type <type>', 'what the letter is called (default: letter)')
    .option('--key <text>', 'idempotency key: the same key within a day stores no second letter')
    .option('--after <duration>', 'deliver it this much later', durationOption)
    .option('--expires <duration>', 'do not deliver it after this time (default: 720h)', durationOption)
    .option('--allow-unknown', 'the swarm need not have seen the recipients: wait until they come')
    .addOption(
      new Option('--copies <number>', '2: keep it here as well until all are done').argParser(copiesOf),
    )
    .option('--timeout <duration>', 'how long to wait until it is stored (default: 30s)', durationOption)
    .action(async (first: string | undefined, second: string | undefined, flags: SendFlags) => {
      const input = await inputOf(first, second, flags);
      const sent = await withNode(flags, (client) => client.call('sendLetter', input));
      if (flags.json) return printJson(sent);
      print(sent.id);
      if (sent.where === 'outbox')
        printError(
          'skein: the swarm cannot take it yet: it is in the outbox of this node, and is sent on from there',
        );
      else if (sent.where === 'store' && !sent.isRepeat && flags.copies === 2)
        printError(
          'skein: the swarm has it, but this node could not keep a copy on its own disk: its log says why',
        );
    });
}

async function inputOf(
  first: string | undefined,
  second: string | undefined,
  flags: SendFlags,
): Promise<Input> {
  const { type, key, after, expires, allowUnknown, copies, timeout } = flags;
  const { to, body } = recipientsAndBody(first, second, flags.all === true);
  return {
    ...to,
    body: body === undefined ? null : await bodyArgument(body, flags.jsonBody === true),
    ...(type === undefined ? {} : { type }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(after === undefined ? {} : { notBefore: Date.now() + after }),
    ...(expires === undefined ? {} : { expiresMs: expires }),
    ...(allowUnknown === undefined ? {} : { allowUnknown }),
    ...(copies === undefined ? {} : { copies }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
  };
}

function copiesOf(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('give 1 or 2.');
  return text === '1' ? 1 : 2;
}

interface Addressed {
  readonly to: Pick<Input, 'to' | 'all'>;
  readonly body: string | undefined;
}

/** With --all the only argument is the body. */
function recipientsAndBody(first: string | undefined, second: string | undefined, isAll: boolean): Addressed {
  if (isAll && second !== undefined)
    throw new UsageError(`letter send: give --all or recipients, and not both (${first} is named)`);
  if (isAll) return { to: { all: true }, body: first };
  if (first === '@all') throw new UsageError('letter send: for all nodes, write --all instead of @all');
  if (first === undefined) throw new UsageError(`letter send: name the recipients: ${recipientsHelp}`);
  return { to: { to: namesIn(first, recipientsHelp) }, body: second };
}
