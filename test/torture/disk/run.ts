/**
 * A run: the product as it is with each trouble of a disk, and each fault of the product with one in which it shows.
 *
 * Used by `npm run torture:disk` and the tests. Invariant: a trouble that strace did not make once has failed its trial.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    const [store, diary, trace] = ['swarm.sqlite', 'diary', 'trace'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const work: DiskWork = {
      store,
      diary,
      brokerProgram: await buildProgram('test/torture/broker.ts', program),
      tracer: ['strace', ...straceOptions, '-o', trace, ...optionsOf(trouble, store)],
      seed,
      letters,
    };
    const begun = performance.now();
    await run(process.execPath, [members, JSON.stringify(work)], { env: ownEnvironment(home), limitMs });
    const seconds = Math.round((performance.now() - begun) / 1000);
    const made = readFileSync(trace, 'latin1').match(/\((?:INJECTED|DELAYED)\)/g)?.length ?? 0;
    const findings = judge(diary, store);
    const failures = failuresOf(trouble, fault, made, findings);
    return { ...findings, trouble, fault, made, seconds, failures };
  });
}

/** Only calls on the files of the store. */
function optionsOf({ inject }: Trouble, store: string): string[] {
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
  refused,
  problems,
  seconds,
  failures,
}: DiskTrial): string {
  const codes = Array.from(refused, ([code, count]) => `${code} ${count}`).join(', ') || 'none';
  const line = `${fault === undefined ? '' : `${fault.name}, `}${trouble.name}: ${made} times in ${seconds} s; ${stored} stored, ${handled} handled, refused: ${codes}; ${problems.length} problems`;
  return linesOf(line, failures);
}
