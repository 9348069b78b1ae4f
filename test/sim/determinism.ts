/**
 * Runs that together have every fault, start and workload, also several at a time, and their fingerprints.
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

const workloads = [...workloadNames, 'chatty,calls,channels,formation'];
const count = Math.max(startNames.length, workloads.length);

/** Each start and each workload, with a share of the faults each. */
export const determinismRuns: readonly SimulationOptions[] = Array.from({ length: count }, (_, i) => ({
  nodes: 9,
  seed: 4711 + i,
  minutes: 0.15,
  lossPercent: 2,
  start: startNames[i % startNames.length] as (typeof startNames)[number],
  workload: workloads[i % workloads.length] as string,
  faults: faultNames.filter((_, at) => at % count === i),
}));

export async function determinismHashes(): Promise<string[]> {
  const hashes: string[] = [];
  for (const run of determinismRuns) hashes.push((await runSimulation(run)).traceHash);
  return hashes;
}
