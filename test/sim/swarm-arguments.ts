/**
 * What `npm run sim:swarm` is asked for, checked.
 *
 * Who calls it: the main program. Invariant: what makes no sense is told in one line that names it.
 */
import { parseArgs } from 'node:util';
import { simulationSettings } from '../../src/sim/run/options.ts';

export interface SwarmArguments {
  /** Of real time. */
  readonly hours: number;
  readonly workers: number;
  /** The first seed, the next ones following; undefined: each at random. */
  readonly from: number | undefined;
  /** Ends after so many. */
  readonly seeds: number;
  /** The same in all of them; undefined: drawn for each. */
  readonly workload: string | undefined;
  /** Those of the tests of one workload: smaller and shorter. */
  readonly areShort: boolean;
}

const hoursMax = 1000;
const workersMax = 64;

export const swarmUsage = `Runs simulations of random options and seeds until one fails or the time is over.
  --hours N         of real time (default 1; without end where --seeds is given)
  --workers N       at a time (default: one for each core)
  --from SEED       this seed and the following ones, instead of random ones; the last line says where to go on
  --seeds N         at most this number of seeds
  --workload NAMES  the same for all seeds, which are small meshes with many kinds of faults then
  --short           with --workload: the short runs of which the tests take the first ones
example: npm run sim:swarm -- --hours 0.1 --workers 1
example: npm run sim:swarm -- --workload letters --short --from 1 --seeds 10000`;

/** Undefined: help was asked for. @throws TypeError of one line. */
export function readSwarmArguments(args: readonly string[], cores: number): SwarmArguments | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      hours: text,
      workers: text,
      from: text,
      seeds: text,
      workload: text,
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { hours, workers = String(cores), from, seeds, workload, short: areShort } = values;
  if (workload !== undefined) simulationSettings({ nodes: 2, workload });
  if (areShort && workload === undefined)
    throw new TypeError('--short: there are short runs of one workload only: name it with --workload');
  const hoursOfAll = seeds === undefined ? 1 : Number.POSITIVE_INFINITY;
  return {
    hours: hours === undefined ? hoursOfAll : positive('--hours', hours, hoursMax),
    workers: whole('--workers', workers, 1, workersMax),
    from: from === undefined ? undefined : whole('--from', from, 0, Number.MAX_SAFE_INTEGER),
    seeds:
      seeds === undefined ? Number.POSITIVE_INFINITY : whole('--seeds', seeds, 1, Number.MAX_SAFE_INTEGER),
    workload,
    areShort,
  };
}

function positive(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= max) return value;
  throw new TypeError(`${name}: "${text}" is not a number above 0, up to ${max}`);
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new TypeError(`${name}: "${text}" is not a whole number from ${min} to ${max}`);
}
