/**
 * A swarm of runs: one test for each seed.
 *
 * Who calls it: the `swarm-*.test.ts` files, each with its share of the seeds, so that they run side by
 * side. Invariant: a failure prints the one command that repeats it.
 */
import { expect, test } from 'vitest';
import { runSimulation, type SimulationOptions } from '../../src/sim/index.ts';
import { failureLines } from '../../src/sim/run/report.ts';
import { bundledSimulator } from './bundle.ts';
import { shortOptions, swarmOptions } from './swarm-options.ts';

/** Of each range, where the whole tree is not what is tested: `test/house` sets it for trees that lack a feature. */
const seedsMax = Number(process.env.SKEIN_TEST_SEEDS_MAX ?? Number.POSITIVE_INFINITY);

const bundled = await bundledSimulator();

/** One test per seed, both ends included. */
export function testSeeds(from: number, to: number): void {
  for (const seed of seedsOf(from, to)) testRun(swarmOptions(seed));
}

/** The same, of one workload, in short runs of small meshes with many kinds of faults. */
export function testSeedsOf(workload: string, from: number, to: number): void {
  for (const seed of seedsOf(from, to)) testRun(shortOptions(seed, workload));
}

function seedsOf(from: number, to: number): number[] {
  return Array.from({ length: Math.min(to - from + 1, seedsMax) }, (_, i) => from + i);
}

function testRun(options: SimulationOptions): void {
  const { seed, nodes, start = 'cold', faults = [] } = options;
  test(`seed ${seed}: ${nodes} nodes, ${start} start, ${faults.join(',')}`, async () => {
    const report = await bundled.runSimulation(options);
    if (report.failures.length === 0) return;
    // The stacks of this one name the sources.
    const again = await runSimulation(options);
    expect(again.failures.length, failureLines(again).join('\n')).toBe(0);
    expect(report.failures, 'it fails only as a bundle').toEqual([]);
  });
}
