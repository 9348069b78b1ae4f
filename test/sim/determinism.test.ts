/** The same seed gives the same run, byte for byte, faults and all, in whatever process; another seed another. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { faultNames, runSimulation, workloadNames } from '../../src/sim/index.ts';
import { determinismHashes, determinismRuns } from './determinism.ts';

const options = determinismRuns[0] as (typeof determinismRuns)[number];

async function inOtherProcess(): Promise<string[]> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['scripts/run.mjs', 'test/sim/trace-main.ts']);
  return JSON.parse(stdout) as string[];
}

test('one seed, one run: equal fingerprints, equal reports', async () => {
  const first = await runSimulation(options);
  const second = await runSimulation(options);
  expect(second).toEqual(first);
  expect(first.faultLog.length).toBeGreaterThan(0);
});

test('two processes at the same time and this one agree, over all faults, starts and workloads', async () => {
  expect(determinismRuns.flatMap(({ faults }) => faults ?? []).sort()).toEqual([...faultNames].sort());
  const workloads = determinismRuns.map(({ workload = '' }) => workload.split(','));
  expect(new Set(workloads.flat())).toEqual(new Set(workloadNames));
  expect(Math.max(...workloads.map((names) => names.length))).toBe(4);
  const [here, ...others] = await Promise.all([determinismHashes(), inOtherProcess(), inOtherProcess()]);
  expect(others).toEqual([here, here]);
}, 120_000);

test('another seed is another run', async () => {
  const first = await runSimulation({ ...options, minutes: 0.05 });
  const other = await runSimulation({ ...options, minutes: 0.05, seed: 4712 });
  expect(other.traceHash).not.toBe(first.traceHash);
});

test('watching a run does not change it', async () => {
  const plain = await runSimulation({ ...options, minutes: 0.05 });
  const traced = await runSimulation({ ...options, minutes: 0.05, trace: true });
  expect(traced.traceHash).toBe(plain.traceHash);
  expect(traced.trace?.length).toBeGreaterThan(0);
  let watched = 0;
  const seen = await runSimulation({ ...options, minutes: 0.05 }, (mesh) => {
    mesh.observers.push({ knew: () => watched++ });
  });
  expect(seen.traceHash).toBe(plain.traceHash);
  expect(watched).toBeGreaterThan(0);
});
