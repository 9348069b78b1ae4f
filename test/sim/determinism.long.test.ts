/** The same seeds give the same runs in whatever process, over everything that the simulator can do. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { faultNames, workloadNames } from '../../src/sim/index.ts';
import { determinismHashes, determinismRuns } from './determinism.ts';

test('two processes at the same time and this one agree, over all faults, starts and workloads', async () => {
  expect(determinismRuns.flatMap(({ faults }) => faults ?? []).sort()).toEqual([...faultNames].sort());
  const workloads = determinismRuns.map(({ workload = '' }) => workload.split(','));
  expect(new Set(workloads.flat())).toEqual(new Set(workloadNames));
  expect(Math.max(...workloads.map((names) => names.length))).toBe(4);
  const [here, ...others] = await Promise.all([determinismHashes(), inOtherProcess(), inOtherProcess()]);
  expect(others).toEqual([here, here]);
  // Three times all runs, on two cores.
}, 300_000);

async function inOtherProcess(): Promise<string[]> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['scripts/run.mjs', 'test/sim/trace-main.ts']);
  return JSON.parse(stdout) as string[];
}
