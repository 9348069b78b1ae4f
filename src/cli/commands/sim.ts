/**
 * `skein sim`: one run of the deterministic simulator, judged and measured: a scenario from a file, or a
 * random run by its options.
 *
 * Called by the command line. Invariant: exit code 1 when something was not as it must be, and the last
 * line is the one command that repeats the run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { SimulationOptions } from '../../sim/run/options.ts';
import type { RunRecord } from '../../sim/run/svg/recorder.ts';
import { command, countOption, numberOption, type PrintChoice, withJson } from '../kit/command.ts';
import { ExitError, UsageError } from '../kit/exit.ts';
import { print, printJson } from '../kit/output.ts';
import { progressOnTerminal } from '../progress.ts';

interface SimFlags extends PrintChoice {
  readonly nodes?: number;
  readonly degree?: number;
  readonly seed?: number;
  readonly minutes?: number;
  readonly loss?: number;
  readonly latency?: number;
  readonly rate?: number;
  readonly start?: string;
  readonly workload?: string;
  readonly faults?: string;
  readonly joinAndCrash?: boolean;
  readonly svg?: string;
}

/** A scenario says all of these itself. */
const randomOnly = [
  'nodes',
  'degree',
  'minutes',
  'loss',
  'latency',
  'rate',
  'faults',
  'joinAndCrash',
] as const;
const defaultNodes = 20;
/** As `faultNames` has them, which help does not load the simulator for. */
export const faults = [
  'partition',
  'oneway',
  'crash',
  'vanish',
  'pause',
  'cut',
  'drift',
  'loss',
  'flap',
  'slow',
  'jump',
  'restart',
  'leave',
  'twin',
  'dials',
  'liar',
  'datagrams',
  'disk',
  'move',
] as const;

/** As `workloadNames` has them. */
export const workloads = [
  'mixed',
  'chatty',
  'large',
  'slow-readers',
  'calls',
  'channels',
  'formation',
  'letters',
  'letters-in-bursts',
  'letters-on-machines',
  'conversations',
  'impostors',
  'log',
  'availability',
  'queries',
  'tasks',
  'denials',
] as const;

export function build(): Command {
  return withJson(
    command('sim', 'run a mesh in virtual time, with faults, and check it', [
      'skein sim examples/scenarios/partition.json --svg run.svg',
      'skein sim --nodes 60 --degree 3 --seed 7 --minutes 2 --loss 2',
      'skein sim --nodes 20 --faults crash,partition --json',
      'skein sim --nodes 12 --workload chatty,calls,channels --faults crash',
    ]),
  )
    .argument('[file]', 'a scenario (see docs/scenarios.md); without one the run is random')
    .option('--seed <n>', "the same seed gives the same run (default: the scenario's, or 1)", seedOption)
    .option('--svg <path>', 'draw a picture of the run into this file')
    .option('--nodes <n>', `how many nodes, 2 to 5000 (default: ${defaultNodes})`, countOption)
    .option('--degree <n>', 'links each keeps (default: 3)', numberOption)
    .option('--minutes <n>', 'virtual minutes of messages and faults (default: 1)', numberOption)
    .option('--loss <percent>', 'of 100 packets, how many are lost, 0 to 50 (default: 0)', numberOption)
    .option('--latency <ms>', 'mean one-way delay of a link (default: 20)', numberOption)
    .option(
      '--rate <n>',
      'messages, calls and so on a second, of all workloads (default: by workload; mixed: a quarter of the nodes)',
      numberOption,
    )
    .option(
      '--start <name>',
      'how the mesh comes to be: cold, islands, triangles, flood, sites (default: cold)',
    )
    .option(
      '--workload <list>',
      `what the programs do at the same time, separated by commas: ${workloads.join(', ')} (default: mixed)`,
    )
    .option('--faults <list>', `which faults happen, separated by commas, or all: ${faults.join(', ')}`)
    .option('--join-and-crash', 'measure a join, a crash and a black hole at the end')
    .action((file: string | undefined, flags: SimFlags) =>
      file === undefined ? runRandom(flags) : runFile(file, flags),
    );
}

async function runFile(file: string, flags: SimFlags): Promise<void> {
  const stray = randomOnly.find((name) => flags[name] !== undefined);
  if (stray !== undefined)
    throw new UsageError(`${flagOf(stray)} is for random runs; a scenario says it itself, in ${file}`);
  const { formatScenario, parseScenario, runScenario } = await import('../../sim/index.ts');
  const text = readText(file);
  const scenario = prefixed(file, () => parseScenario(text));
  const { seed } = flags;
  const { report, record } = await runScenario(scenario, { file, ...(seed === undefined ? {} : { seed }) });
  if (flags.svg !== undefined)
    await draw(flags.svg, record, report.name, `seed ${report.seed}, ${report.nodes} nodes`);
  if (flags.json) printJson(report);
  else print(formatScenario(report));
  if (report.failures.length > 0) throw new ExitError(1);
}

async function runRandom(flags: SimFlags): Promise<void> {
  const { formatReport, parseFaults, RunRecorder, runSimulation } = await import('../../sim/index.ts');
  const recorder = new RunRecorder();
  const progress = progressOnTerminal();
  const report = await withFlagNames(() =>
    runSimulation(simulationOptions(flags, parseFaults), (mesh) => {
      recorder.follow(mesh);
      progress?.follow(mesh);
    }),
  ).finally(() => progress?.end());
  const record = recorder.finish();
  if (flags.svg !== undefined) {
    const { seed, nodes, degree, faults } = report;
    const subtitle = `seed ${seed}, degree ${degree}, faults: ${faults.join(', ') || 'none'}`;
    await draw(flags.svg, record, `A random run of ${nodes} nodes`, subtitle);
  }
  if (flags.json) printJson(report);
  else print(formatReport(report));
  if (report.failures.length > 0) throw new ExitError(1);
}

/** The simulator's own names of options are not those that a person has typed. */
async function withFlagNames<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (problem) {
    const [, option = '', rest = ''] = /^(\w+): (.*)$/s.exec((problem as Error).message) ?? [];
    const flag = flagNames.get(option);
    throw problem instanceof TypeError && flag !== undefined ? new UsageError(`${flag}: ${rest}`) : problem;
  }
}

const flagNames: ReadonlyMap<string, string> = new Map([
  ...['nodes', 'degree', 'seed', 'minutes', 'start', 'workload', 'faults'].map(
    (name) => [name, `--${name}`] as const,
  ),
  ['lossPercent', '--loss'],
  ['latencyMs', '--latency'],
  ['messagesPerSecond', '--rate'],
]);

/** What is left out has its default in the simulator. */
function simulationOptions(
  flags: SimFlags,
  parseFaults: (list: string) => NonNullable<SimulationOptions['faults']>,
): SimulationOptions {
  const { nodes = defaultNodes, degree, seed, minutes, loss, latency, rate, faults, joinAndCrash } = flags;
  // Names are checked where they are known.
  const { start, workload } = flags as Pick<SimulationOptions, 'start' | 'workload'>;
  return {
    nodes,
    ...(degree === undefined ? {} : { degree }),
    ...(seed === undefined ? {} : { seed }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(loss === undefined ? {} : { lossPercent: loss }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(rate === undefined ? {} : { messagesPerSecond: rate }),
    ...(start === undefined ? {} : { start }),
    ...(workload === undefined ? {} : { workload }),
    ...(faults === undefined ? {} : { faults: parseFaults(faults) }),
    ...(joinAndCrash === undefined ? {} : { joinAndCrash }),
  };
}

async function draw(file: string, record: RunRecord, title: string, subtitle: string): Promise<void> {
  const { drawRun } = await import('../../sim/index.ts');
  writeText(file, drawRun(record, { title, subtitle }));
}

function seedOption(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError(`Expected a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws UsageError in one line that names the file. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (problem) {
    throw new UsageError(`${file}: cannot be read: ${reasonOf(problem)}`);
  }
}

function writeText(file: string, text: string): void {
  try {
    if (file === '-') throw new Error('standard output has the report; name a file');
    writeFileSync(file, text);
  } catch (problem) {
    throw new UsageError(`--svg: ${file} cannot be written: ${reasonOf(problem)}`);
  }
}

function reasonOf(problem: unknown): string {
  const { code, message } = problem as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or folder',
    EISDIR: 'it is a folder',
    EACCES: 'no permission',
  };
  return reasons[code ?? ''] ?? message;
}

/** Says which file a refusal is about. */
function prefixed<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (problem) {
    throw new UsageError(`${file}: ${(problem as Error).message}`);
  }
}
