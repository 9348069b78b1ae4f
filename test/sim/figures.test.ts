/** The figures to reach, in virtual time: 60 nodes, degree 3, 20 ms links. */
import { expect, test } from 'vitest';
import { formatReport, runSimulation } from '../../src/sim/index.ts';

test.each([1, 2, 3])('seed %i: a join, a crash and a black hole are known to all in time', async (seed) => {
  const report = await runSimulation({
    nodes: 60,
    degree: 3,
    seed,
    minutes: 0.1,
    latencyMs: 20,
    joinAndCrash: true,
  });
  const text = formatReport(report);
  expect(report.failures, text).toEqual([]);
  expect(report.joinKnownToAllMs, text).toBeLessThan(1000);
  expect(report.crashKnownToAllMs, text).toBeLessThan(1000);
  expect(report.blackHoleKnownToAllMs, text).toBeLessThan(5000);
});
