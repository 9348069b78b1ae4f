/** The same seed gives the same run, byte for byte, faults and all; another seed another. */
import { expect, test } from 'vitest';
import { runSimulation, type SimulationOptions } from '../../src/sim/index.ts';

const options: SimulationOptions = {
  nodes: 20,
  degree: 3,
  seed: 4711,
  minutes: 0.3,
  lossPercent: 2,
  faults: ['partition', 'crash', 'pause', 'cut', 'drift', 'loss'],
};

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
});
