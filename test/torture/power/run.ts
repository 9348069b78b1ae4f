/**
 * A run: recordings of the product as it is, whose cuts must leave no bad state, and one of each fault, whose cuts must.
 *
 * Used by `npm run torture:power` and the tests. Invariant: a run passes only when the rig has shown that it sees each of
 * the faults.
 */
import { rmSync } from 'node:fs';
import { linesOf, type Tried, unseen } from '../frame.ts';
import type { Fault } from './faults.ts';
import type { ProblemKind } from './judge.ts';
import { type Recording, record, type Work } from './record.ts';
import { replay, type Verdict } from './replay.ts';

export interface PowerRun {
  readonly states: number;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly work: Omit<Work, 'seed'>;
  /** Called with each result as it comes. Default: nobody hears of it. */
  readonly report?: (text: string) => void;
}

/** Of one recording or of several, with one fault or none. */
export interface Trial extends Tried {
  /** Undefined: the product as it is. */
  readonly fault: Fault | undefined;
  readonly verdicts: readonly Verdict[];
}

/** More would only meet the same calls again. */
const statesPerRecordingMax = 1000;
const faultStatesMax = 200;
const failuresShown = 10;

export async function runPower(run: PowerRun): Promise<readonly Trial[]> {
  const trials = [await tryProduct(run)];
  for (const fault of run.faults) trials.push(await tryFault(run, fault));
  return trials;
}

/** Of a recording that was kept. */
export function judgeRecording(recording: Recording, states: number, seed: number): Trial {
  const verdict = replay(recording, { count: states, seed });
  return { fault: undefined, verdicts: [verdict], failures: failuresOf(verdict, recording.folder, seed) };
}

async function tryProduct({ states, seed, work, report }: PowerRun): Promise<Trial> {
  const verdicts: Verdict[] = [];
  const failures: string[] = [];
  for (let left = states; left > 0; ) {
    const ownSeed = seed + verdicts.length;
    const recording = await record({ ...work, seed: ownSeed }, undefined);
    const trial = judgeRecording(recording, Math.min(left, statesPerRecordingMax), ownSeed);
    verdicts.push(...trial.verdicts);
    failures.push(...trial.failures);
    // A bad state is looked at in its recording.
    if (trial.failures.length === 0) rmSync(recording.folder, { recursive: true });
    left -= statesPerRecordingMax;
    report?.(textOf({ ...trial, failures: [] }));
  }
  return { fault: undefined, verdicts, failures: failures.slice(0, failuresShown) };
}

async function tryFault({ states, seed, work, report }: PowerRun, fault: Fault): Promise<Trial> {
  const recording = await record({ ...work, seed }, fault);
  const verdict = replay(recording, { count: Math.min(states, faultStatesMax), seed });
  rmSync(recording.folder, { recursive: true });
  // A few cuts need not meet what is rare.
  const wanted = states < faultStatesMax ? fault.shows.slice(0, 1) : fault.shows;
  const missed = wanted.filter((kind) => countOf([verdict], kind) === 0);
  const failures = missed.map((kind) => `${unseen(fault)}: no state is ${kind}`);
  const trial = { fault, verdicts: [verdict], failures };
  report?.(textOf({ ...trial, failures: [] }));
  return trial;
}

function failuresOf({ bad }: Verdict, folder: string, seed: number): string[] {
  return bad.slice(0, failuresShown).map(({ cut, line, survival, problems: [first, ...others] }) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `cut ${cut} after line ${line} of the trace, where ${survival} of what was not synced survived: ${first?.text}${more}; repeat with: npm run torture:power -- --replay ${folder} --states ${cut + 1} --seed ${seed}`;
  });
}

/** States in which something of this kind was found. */
function countOf(verdicts: readonly Verdict[], kind: ProblemKind): number {
  const isOf = ({ problems }: Verdict['bad'][number]) => problems.some((problem) => problem.kind === kind);
  return verdicts.reduce((sum, { bad }) => sum + bad.filter(isOf).length, 0);
}

/** One line with the figures, and one for each failure. */
export function textOf({ fault, verdicts, failures }: Trial): string {
  const total = (name: Exclude<keyof Verdict, 'bad'>) =>
    verdicts.reduce((sum, verdict) => sum + verdict[name], 0).toLocaleString('en-US');
  const bad = verdicts.reduce((sum, verdict) => sum + verdict.bad.length, 0);
  const kinds = new Set(
    verdicts.flatMap((verdict) =>
      verdict.bad.flatMap(({ problems }) => problems.map((problem) => problem.kind)),
    ),
  );
  const shares = Array.from(kinds, (kind) => `${kind} ${countOf(verdicts, kind)}`).join(', ');
  const line = [
    `${fault?.name ?? 'as it is'}: ${total('calls')} calls (${total('writes')} writes, ${total('syncs')} syncs)`,
    `receipts: ${total('stored')} stored, ${total('settled')} settled, ${total('ordered')} ordered, ${total('done')} done`,
    `${total('states')} cuts: ${bad} bad${shares === '' ? '' : ` (${shares})`}`,
  ].join('; ');
  return linesOf(line, failures);
}
