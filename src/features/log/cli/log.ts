/** `skein log`: what has happened in the swarm: listed, followed, or kept in a file. */
import { type Command, Option } from 'commander';
import { countOption, nodeCommand, withJson } from '../../../cli/kit/command.ts';
import { UsageError } from '../../../cli/kit/exit.ts';
import { interrupted, printedItem } from '../../../cli/kit/interrupt.ts';
import { lineFitted, print, printJson } from '../../../cli/kit/output.ts';
import { agoOption } from '../../../cli/kit/time-option.ts';
import { withNode } from '../../../cli/kit/with-node.ts';
import type { LogEntry } from '../api.ts';
import { textLine } from './entry-line.ts';
import { filterOf, type LogFlags } from './filter.ts';
import { keep } from './keep.ts';
import { buildForget, buildReaders } from './readers.ts';

const listed = 100;
const listedBefore = 10;

export function build(): Command {
  const log = withJson(
    nodeCommand('log', 'list, follow or keep what has happened in the swarm', [
      'skein log --last 20',
      'skein log --type letter --about b --since 1h',
      'skein log --follow --json',
      'skein log --keep audit --out audit.jsonl',
    ]).addHelpText(
      'after',
      '\nEvents are kept for 30 days, and 1 GiB of them at most; never what was sent.\n' +
        '--keep writes every event as a line of JSON, from the oldest on: under its name\n' +
        'the swarm remembers how far it has come, so that the next run goes on there.\n' +
        'After a crash the last lines may come again.',
    ),
  )
    .option(
      '--type <type>',
      'only of this type: letter.stored, or letter for all of letters (repeatable)',
      several,
    )
    .option('--from <node>', 'only from this node')
    .option('--to <node>', 'only for this node')
    .option('--about <node>', 'only from, for or about this node')
    .option('--subject <id>', 'only about this letter or node')
    .option('--since <time>', 'only since then: 1h ago, or 2026-11-29T12:00', agoOption)
    .option('--until <time>', 'only before then', agoOption)
    .option(
      '--last <n>',
      `this number of the newest (default: ${listed}; with --follow ${listedBefore})`,
      countOption,
    )
    .option('--after <cursor>', 'the oldest after this place, as --json prints it')
    .option('--follow', 'go on with what comes')
    .option('--count <n>', 'with --follow and --keep: end after this many', countOption)
    .addOption(
      new Option('--keep <name>', 'get all events once, under this name').conflicts([
        'last',
        'after',
        'follow',
      ]),
    )
    .option('--out <file>', 'with --keep: append to this file instead of printing')
    .action(run);
  log.addCommand(buildReaders());
  log.addCommand(buildForget());
  return log;
}

async function run(flags: LogFlags): Promise<void> {
  const { keep: name, out, follow, last, after, count = Number.POSITIVE_INFINITY } = flags;
  if (out !== undefined && name === undefined) throw new UsageError('--out: goes with --keep NAME');
  if (last !== undefined && after !== undefined) throw new UsageError('--last, --after: give one of them');
  if (flags.count !== undefined && follow !== true && name === undefined)
    throw new UsageError('--count: goes with --follow and --keep; --last says how many are listed');
  if (name !== undefined) return keep(flags, name, out);
  const isJson = flags.json === true;
  await withNode(flags, async (client) => {
    const filter = filterOf(flags);
    const wanted = after === undefined ? { last: last ?? (follow ? listedBefore : listed) } : { after };
    const found = await client.call('log', { ...filter, ...wanted });
    if (follow !== true) {
      if (isJson) printJson(found);
      else print(found.entries.length === 0 ? 'no events' : found.entries.map(line).join('\n'));
      return;
    }
    const signal = interrupted();
    const say = (entry: LogEntry) => printedItem(isJson ? JSON.stringify(entry) : line(entry), signal);
    for (const entry of found.entries) await say(entry);
    let left = count;
    const stream = client.stream('followLog', { ...filter, after: found.cursor }, { signal });
    for await (const entry of stream) {
      await say(entry);
      if (--left <= 0) break;
    }
  });
}

function line(entry: LogEntry): string {
  return lineFitted(textLine(entry));
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
