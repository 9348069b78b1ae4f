/**
 * A run: the product as it is with each trouble of a disk, and each fault of the product with one in which it shows.
 *
 * Used by `npm run torture:disk` and the tests. Invariant: a trouble that strace did not make once has failed its trial.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onSmallDisk } from '../../small-disk.ts';
import { linesOf, type Tried, unseen } from '../frame.ts';
import { buildProgram, inTrialFolder } from '../product.ts';
import { ownEnvironment, run, straceOptions } from '../strace.ts';
import { type Findings, judge } from './judge.ts';
import type { DiskWork } from './settings.ts';
import type { DiskFault, Trouble } from './trouble.ts';

export interface DiskTrial extends Findings, Tried {
  readonly trouble: Trouble;
  readonly fault: DiskFault | undefined;
  /** How often the trouble was made. */
  readonly made: number;
  readonly seconds: number;
}

export interface DiskSettings {
  readonly seed: number;
  readonly letters: number;
}

const limitMs = 600_000;
const failuresShown = 5;

export function tryDisk(
  trouble: Trouble,
  fault: DiskFault | undefined,
  { seed, letters }: DiskSettings,
): Promise<DiskTrial> {
  return inTrialFolder('disk', fault, async ({ folder, program, home }) => {
    const members = await buildProgram('test/torture/disk/members.ts', program);
    const brokerProgram = await buildProgram('test/torture/broker.ts', program);
    const { work, store, wrap, madeIn } = worked(folder, trouble, { brokerProgram, seed, letters });
    const begun = performance.now();
    const [file, ...options] = wrap([process.execPath, members, JSON.stringify(work)]) as [string];
    await run(file, options, { env: ownEnvironment(home), limitMs });
    const seconds = Math.round((performance.now() - begun) / 1000);
    const made = madeIn();
    const findings = judge(work.diary, store);
    const failures = failuresOf(trouble, fault, made, findings);
    return { ...findings, trouble, fault, made, seconds, failures };
  });
}

interface Worked {
  readonly work: DiskWork;
  /** Where it is once the work is done. */
  readonly store: string;
  /** What runs the members. */
  wrap(program: readonly string[]): readonly string[];
  /** How often the trouble was made. */
  madeIn(): number;
}

function worked(
  folder: string,
  { inject, megabytes }: Trouble,
  own: Pick<DiskWork, 'brokerProgram' | 'seed' | 'letters'>,
): Worked {
  const [diary, trace, kept, disk] = ['diary', 'trace', 'kept.sqlite', 'disk'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  mkdirSync(disk);
  const store = join(disk, 'swarm.sqlite');
  const common = { ...own, store, diary };
  const timesIn = (file: string, what: RegExp) => readFileSync(file, 'latin1').match(what)?.length ?? 0;
  if (megabytes !== undefined)
    return {
      work: { ...common, tracer: [], filler: join(disk, 'filler'), kept },
      store: kept,
      wrap: (program) => ['unshare', ...onSmallDisk(megabytes, disk, program)],
      madeIn: () => timesIn(diary, /^full$/gm),
    };
  const tracer = ['strace', ...straceOptions, '-o', trace, ...optionsOf(inject as string, store)];
  return {
    work: { ...common, tracer, filler: undefined, kept: undefined },
    store,
    wrap: (program) => program,
    madeIn: () => timesIn(trace, /\((?:INJECTED|DELAYED)\)/g),
  };
}

/** Only calls on the files of the store. */
function optionsOf(inject: string, store: string): string[] {
  const call = inject.slice(0, inject.indexOf(':'));
  return [
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${inject}`,
    ...['', '-wal'].flatMap((end) => ['-P', store + end]),
  ];
}

function failuresOf(
  { name }: Trouble,
  fault: DiskFault | undefined,
  made: number,
  { problems }: Findings,
): string[] {
  const never = made === 0 ? [`${name}: it did not happen once`] : [];
  if (fault === undefined) return [...never, ...problems.slice(0, failuresShown)];
  return problems.length > 0 ? never : [...never, unseen(fault)];
}

/** One line with the figures, and one for each failure. */
export function textOf({
  trouble,
  fault,
  made,
  stored,
  handled,
  ordered,
  done,
  refused,
  problems,
  seconds,
  failures,
}: DiskTrial): string {
  const codes = Array.from(refused, ([code, count]) => `${code} ${count}`).join(', ') || 'none';
  const line = `${fault === undefined ? '' : `${fault.name}, `}${trouble.name}: ${made} times in ${seconds} s; ${stored} stored, ${handled} handled; ${ordered} ordered, ${done} done; refused: ${codes}; ${problems.length} problems`;
  return linesOf(line, failures);
}
