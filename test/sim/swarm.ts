/**
 * A swarm of runs: one test for each seed.
 *
 * Who calls it: the `swarm-*.test.ts` files, each with its share of the seeds, so that they run side by
 * side. Invariant: a failure prints the one command that repeats it.
 */
import { expect, test } from 'vitest';
import { runSimulation, type SimulationOptions } from '../../src/sim/index.ts';
import { failureLines } from '../../src/sim/run/report.ts';
import { shortOptions, swarmOptions } from './swarm-options.ts';

/** One test per seed, both ends included. */
export function testSeeds(from: number, to: number): void {
  for (let seed = from; seed <= to; seed++) testRun(swarmOptions(seed));
}

/** The same, of one workload, in short runs of small meshes with many kinds of faults. */
export function testSeedsOf(workload: string, from: number, to: number): void {
  for (let seed = from; seed <= to; seed++) testRun(shortOptions(seed, workload));
}

function testRun(options: SimulationOptions): void {
  const { seed, nodes, start = 'cold', faults = [] } = options;
  test(`seed ${seed}: ${nodes} nodes, ${start} start, ${faults.join(',')}`, async () => {
    const report = await runSimulation(options);
    expect(report.failures.length, failureLines(report).join('\n')).toBe(0);
  });
}
