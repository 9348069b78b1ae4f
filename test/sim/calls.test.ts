/** Calls in a mesh that is broken on purpose: the ledger of `src/features/calls/sim/call-ledger.ts` judges every one. */
import { describe, expect, test } from 'vitest';
import { type FaultName, formatReport, runSimulation } from '../../src/sim/index.ts';

const options = { nodes: 12, minutes: 0.5, latencyMs: 10, workload: 'calls' } as const;

async function doneCalls(seed: number, faults: readonly FaultName[]): Promise<number> {
  const report = await runSimulation({ ...options, seed, faults });
  expect(report.failures, formatReport(report)).toEqual([]);
  return report.counts.calls?.done ?? 0;
}

describe('calls end once, in time, and are carried out once', () => {
  test('while nodes die and come back', async () => {
    expect(await doneCalls(100, ['crash', 'restart'])).toBeGreaterThan(300);
  });

  test('while links break', async () => {
    expect(await doneCalls(101, ['partition', 'flap'])).toBeGreaterThan(300);
  });

  test('while programs stand still, and clocks leap', async () => {
    expect(await doneCalls(102, ['pause', 'slow', 'jump'])).toBeGreaterThan(300);
  });

  test('while two nodes use one name', async () => {
    expect(await doneCalls(103, ['twin', 'crash'])).toBeGreaterThan(300);
  });
});
