/**
 * Runs that together have every fault, start and workload, and their fingerprints.
 *
 * Who calls it: `determinism.test.ts`, in its own process and in others.
 */
import {
  faultNames,
  runSimulation,
  type SimulationOptions,
  startNames,
  workloadNames,
} from '../../src/sim/index.ts';

/** One for each start, with another workload and a share of the faults each. */
export const determinismRuns: readonly SimulationOptions[] = startNames.map((start, i) => ({
  nodes: 12,
  seed: 4711 + i,
  minutes: 0.2,
  lossPercent: 2,
  start,
  workload: workloadNames[i % workloadNames.length] as (typeof workloadNames)[number],
  faults: faultNames.filter((_, at) => at % startNames.length === i),
}));

export async function determinismHashes(): Promise<string[]> {
  const hashes: string[] = [];
  for (const run of determinismRuns) hashes.push((await runSimulation(run)).traceHash);
  return hashes;
}
