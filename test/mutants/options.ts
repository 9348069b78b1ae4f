/**
 * What `npm run sim:mutants` is asked for, checked.
 *
 * Who calls it: the main program. Invariant: what makes no sense is told in one line that names it.
 */
import { parseArgs } from 'node:util';
import type { Mutant } from './mutant.ts';

export interface Options {
  readonly mutants: readonly Mutant[];
  readonly seeds: number;
  readonly workers: number;
  readonly write: boolean;
}

/** The bound that the project sets itself. */
const seedsDefault = 200;
const seedsMax = 100_000;
const workersMax = 16;
const workersDefault = 2;

export const usage = `Plants faults in the code one at a time; the simulator must catch each.
  --only NAME,NAME   these mutants only
  --seeds N          at most this many seeds for each (default ${seedsDefault})
  --workers N        runs at a time (default ${workersDefault})
  --write            keep the verdicts in docs/mutants.md
example: npm run sim:mutants -- --only no-dedup,no-floor`;

/** Undefined: help was asked for. @throws TypeError of one line. */
export function readOptions(args: readonly string[], all: readonly Mutant[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      seeds: { type: 'string', default: String(seedsDefault) },
      workers: { type: 'string', default: String(workersDefault) },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    mutants: values.only === undefined ? all : chosen(values.only, all),
    seeds: wholeNumber('--seeds', values.seeds, seedsMax),
    workers: wholeNumber('--workers', values.workers, workersMax),
    write: values.write,
  };
}

function chosen(list: string, all: readonly Mutant[]): Mutant[] {
  const names = list.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!all.some((mutant) => mutant.name === name))
      throw new TypeError(
        `--only: there is no mutant "${name}"; there are ${all.map((one) => one.name).join(', ')}`,
      );
  }
  return all.filter((mutant) => names.includes(mutant.name));
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= max) return value;
  throw new TypeError(`${name}: "${text}" is not a whole number from 1 to ${max}`);
}
