/** Two islands of as many nodes as a user has. */
import { expect, test } from 'vitest';
import { failureLines, runSimulation } from '../../src/sim/index.ts';

test('two islands of 100 merge', async () => {
  const options = {
    nodes: 200,
    start: 'islands',
    messagesPerSecond: 5,
    minutes: 0.02,
    latencyMs: 5,
  } as const;
  const report = await runSimulation(options);
  expect(report.failures, failureLines(report).join('\n')).toEqual([]);
  expect(report.converged).toBeLessThan(35_000);
});
