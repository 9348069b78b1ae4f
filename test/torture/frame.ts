/**
 * The frame of the torture programs: how one is begun, what it is asked for, and how it says what it has found.
 *
 * Used by each `main.ts` and `run.ts`. Invariant: exit code 0 says that nothing promised was broken, and that the rig has
 * seen each fault that was planted; 1 that it was not so, 2 that there was no run.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** Of a run: the product as it is, or with a fault. */
export interface Tried {
  /** Why the run fails, for people. */
  readonly failures: readonly string[];
}

export interface Torture<Option extends string, Trial extends Tried> {
  /** As npm runs it. */
  readonly name: string;
  /** The options, one a line, and an example; `--seed` is one of them. */
  readonly usage: string;
  /** Whole numbers from 1. */
  readonly defaults: Readonly<Record<Option, number>>;
  /** Why it cannot run here. */
  readonly problem?: () => string | undefined;
  trials(options: Readonly<Record<Option | 'seed', number>>): AsyncIterable<Trial>;
  textOf(trial: Trial): string;
}

const seedMax = 2 ** 32 - 1;

/** A program whose options are numbers. */
export function torture<Option extends string, Trial extends Tried>({
  name,
  usage,
  defaults,
  problem,
  trials,
  textOf,
}: Torture<Option, Trial>): void {
  tortureProgram(name, async () => {
    const options = readOptions({ ...defaults, seed: randomInt(1, seedMax) });
    if (options === undefined) return console.log(usage);
    const why = problem?.();
    if (why !== undefined) throw new Error(why);
    begin(options.seed);
    const failures: string[] = [];
    for await (const trial of trials(options)) {
      console.log(textOf(trial));
      failures.push(...trial.failures);
    }
    conclude(failures);
  });
}

/** Exit handlers run at a signal too; what `main` throws is one line. */
export function tortureProgram(name: string, main: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  main().catch((error: Error) => {
    console.error(`${name}: ${error.message}`);
    process.exit(2);
  });
}

export function begin(seed: number): void {
  console.log(`seed ${seed}, Node.js ${process.versions.node}`);
}

export function conclude(failures: readonly string[]): void {
  console.log(failures.length === 0 ? 'passed' : 'FAILED');
  process.exitCode = failures.length === 0 ? 0 : 1;
}

/** What there is to say of a trial: a line with the figures, and one for each failure. */
export function linesOf(figures: string, failures: readonly string[]): string {
  return [figures, ...failures.map((text) => `FAILED: ${text}`)].join('\n');
}

export function unseen(fault: { readonly name: string }): string {
  return `the rig does not see ${fault.name}`;
}

/** Undefined: help was asked for. @throws Error of one line. */
function readOptions<Option extends string>(
  defaults: Readonly<Record<Option, number>>,
): Record<Option, number> | undefined {
  const names = Object.keys(defaults) as Option[];
  const options = Object.fromEntries(
    names.map((name) => [name, { type: 'string', default: String(defaults[name]) }] as const),
  );
  const { help, ...values }: Readonly<Record<string, unknown>> = parseArgs({
    options: { ...options, help: { type: 'boolean', default: false } },
  }).values;
  if (help === true) return undefined;
  const numbers = names.map((name) => [name, wholeNumber(`--${name}`, String(values[name]), 1, seedMax)]);
  return Object.fromEntries(numbers) as Record<Option, number>;
}

/** @throws Error of one line. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new Error(`${name}: "${text}" is not a whole number from ${min} to ${max}`);
}
