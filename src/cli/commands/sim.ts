/** `skein sim`: one run of the deterministic simulator, judged and measured. */
import type { Command } from 'commander';
import { command, numberOption, type PrintChoice, withJson } from '../command.ts';
import { ExitError } from '../exit.ts';
import { print, printJson } from '../output.ts';

interface SimFlags extends PrintChoice {
  readonly nodes: number;
  readonly degree?: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly loss?: number;
  readonly latency?: number;
  readonly rate?: number;
  readonly faults?: string;
  readonly joinAndCrash?: boolean;
}

export function build(): Command {
  return withJson(
    command('sim', 'run a mesh in virtual time, with faults, and check it', [
      'skein sim --nodes 60 --degree 3 --seed 7 --minutes 2 --loss 2',
      'skein sim --nodes 20 --faults crash,partition --json',
    ]),
  )
    .option('--nodes <n>', 'how many nodes (default: 20)', numberOption, 20)
    .option('--degree <n>', 'links each keeps (default: 3)', numberOption)
    .option('--seed <n>', 'the same seed gives the same run (default: 1)', numberOption)
    .option('--minutes <n>', 'virtual minutes of messages and faults (default: 1)', numberOption)
    .option('--loss <percent>', 'of 100 packets, how many are lost (default: 0)', numberOption)
    .option('--latency <ms>', 'mean one-way delay of a link (default: 20)', numberOption)
    .option(
      '--rate <n>',
      'messages a second in the whole mesh (default: a quarter of the nodes)',
      numberOption,
    )
    .option('--faults <list>', 'which faults happen, separated by commas')
    .option('--join-and-crash', 'measure a join, a crash and a black hole at the end')
    .action(run);
}

async function run(flags: SimFlags): Promise<void> {
  const { formatReport, parseFaults, runSimulation } = await import('../../sim/index.ts');
  const { nodes, degree, seed, minutes, loss, latency, rate, faults, joinAndCrash } = flags;
  const report = await runSimulation({
    nodes,
    ...(degree === undefined ? {} : { degree }),
    ...(seed === undefined ? {} : { seed }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(loss === undefined ? {} : { lossPercent: loss }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(rate === undefined ? {} : { messagesPerSecond: rate }),
    ...(faults === undefined ? {} : { faults: parseFaults(faults) }),
    ...(joinAndCrash === undefined ? {} : { joinAndCrash }),
  });
  if (flags.json) printJson(report);
  else print(formatReport(report));
  if (report.failures.length > 0) throw new ExitError(1);
}
