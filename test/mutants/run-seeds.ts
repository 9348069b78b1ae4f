/**
 * Runs seeds of the swarm one after the other and prints a line of JSON for each: the program that is
 * bundled with a mutant in it and started as a child of the judge.
 *
 * Invariant: a seed is announced before it runs, so that whoever watches knows which one hangs or crashes;
 * the first failure ends it.
 */
import { runSimulation, type SimulationOptions } from '../../src/sim/index.ts';
import { shortOptions, swarmOptions } from '../sim/swarm-options.ts';
import type { SeedReport } from './judge.ts';

const seeds = (process.argv[2] ?? '').split(',').map(Number);
const all = process.argv[3] === 'all';
const workload = process.argv[4];
const areShort = process.argv[5] === 'short';

for (const seed of seeds) {
  print({ seed, state: 'begun' });
  const { failures, repeat } = await runSimulation(optionsOf(seed));
  const [failure] = failures;
  if (failure === undefined) print({ seed, state: 'passed' });
  else print({ seed, state: 'failed', failure, repeat });
  if (failure !== undefined && !all) break;
}

function optionsOf(seed: number): SimulationOptions {
  return workload !== undefined && areShort ? shortOptions(seed, workload) : swarmOptions(seed, workload);
}

function print(report: SeedReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
