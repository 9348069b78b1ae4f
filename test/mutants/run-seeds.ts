/**
 * Runs seeds of the swarm one after the other and prints a line of JSON for each: the program that is
 * bundled with a mutant in it and started as a child of the judge.
 *
 * Invariant: a seed is announced before it runs, so that whoever watches knows which one hangs or crashes;
 * the first failure ends it.
 */
import { runSimulation } from '../../src/sim/index.ts';
import { swarmOptions } from '../sim/swarm-options.ts';
import type { SeedReport } from './judge.ts';

const seeds = (process.argv[2] ?? '').split(',').map(Number);
const all = process.argv[3] === 'all';
const workload = process.argv[4];

for (const seed of seeds) {
  print({ seed, state: 'begun' });
  const { failures, repeat } = await runSimulation(swarmOptions(seed, workload));
  const [failure] = failures;
  if (failure === undefined) print({ seed, state: 'passed' });
  else print({ seed, state: 'failed', failure, repeat });
  if (failure !== undefined && !all) break;
}

function print(report: SeedReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
