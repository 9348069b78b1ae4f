/**
 * A swarm of runs: from each seed a mesh of its own size, degree, latency, loss and set of faults.
 *
 * Who calls it: the `swarm-*.test.ts` files, each with its share of the seeds, so that they run side by
 * side. Invariant: the options follow from the seed alone, and a failure prints the command to repeat.
 */
import { expect, test } from 'vitest';
import { faultNames, runSimulation, SeededRandom, type SimulationOptions } from '../../src/sim/index.ts';
import { failureLines } from '../../src/sim/report.ts';

const nodesMin = 20;
const nodesMax = 60;
/** Short, so that a hundred seeds fit into every test run; `skein sim --minutes` runs longer ones. */
const minutes = 0.25;

function swarmOptions(seed: number): SimulationOptions {
  const random = SeededRandom.fromSeed(seed).fork('swarm');
  return {
    seed,
    // Small ones more often: a mesh of 60 costs as much as four of 30.
    nodes: random.integer(nodesMin, random.integer(nodesMin, nodesMax)),
    degree: random.integer(2, 4),
    minutes,
    lossPercent: random.pick([0, 0, 1, 3]),
    latencyMs: random.pick([1, 5, 20, 20, 60]),
    faults: random.sample(faultNames, random.integer(1, 4)),
  };
}

/** One test per seed, both ends included. */
export function testSeeds(from: number, to: number): void {
  for (let seed = from; seed <= to; seed++) {
    const options = swarmOptions(seed);
    test(`seed ${seed}: ${options.nodes} nodes, ${options.faults?.join(',')}`, async () => {
      const report = await runSimulation(options);
      expect(report.failures.length, failureLines(report).join('\n')).toBe(0);
    });
  }
}
