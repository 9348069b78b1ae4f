/**
 * What `npm run torture:power` is asked for, checked.
 *
 * Used by main.ts. Invariant: what makes no sense is an error of one line that names it; nothing has been started by then.
 */
import { parseArgs } from 'node:util';
import { wholeNumber } from '../frame.ts';

export interface PowerOptions {
  readonly states: number;
  readonly seed: number;
  /** A recording that was kept; undefined: new ones are made. */
  readonly replay: string | undefined;
}

const statesDefault = 5000;
const statesMax = 1_000_000;
const seedMax = 2 ** 32 - 1;

export const powerUsage = `Cuts the power of a broker with letters at many moments, and looks at what is left on its disk.
  --states N       disks to look at (default ${statesDefault})
  --seed S         of letters and cuts (default: random; letters meet each other differently in each run)
  --replay FOLDER  only cuts in a recording that an earlier run has kept
example: npm run torture:power -- --states 500 --seed 7`;

/** Undefined: help was asked for. @throws Error of one line. */
export function readPowerOptions(args: readonly string[], randomSeed: number): PowerOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      states: { type: 'string', default: String(statesDefault) },
      seed: { type: 'string', default: String(randomSeed) },
      replay: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    states: wholeNumber('--states', values.states, 1, statesMax),
    seed: wholeNumber('--seed', values.seed, 0, seedMax),
    replay: values.replay,
  };
}
