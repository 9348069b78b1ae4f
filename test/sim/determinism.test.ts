/** The same seed gives the same run, byte for byte, faults and all; another seed another. */
import { expect, test } from 'vitest';
import { runSimulation } from '../../src/sim/index.ts';
import { determinismRuns } from './determinism.ts';

const options = determinismRuns[0] as (typeof determinismRuns)[number];

test('one seed, one run: equal fingerprints, equal reports', async () => {
  const first = await runSimulation(options);
  const second = await runSimulation(options);
  expect(second).toEqual(first);
  expect(first.faultLog.length).toBeGreaterThan(0);
});

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
