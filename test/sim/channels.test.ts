/** Channels in a mesh that is broken on purpose: the ledger of `src/features/channels/sim/channel-ledger.ts` judges every byte. */
import { describe, expect, test } from 'vitest';
import { type FaultName, formatReport, runSimulation } from '../../src/sim/index.ts';

const options = { nodes: 10, minutes: 0.5, latencyMs: 10, workload: 'channels' } as const;

async function doneEnds(seed: number, faults: readonly FaultName[], lossPercent = 0): Promise<number> {
  const report = await runSimulation({ ...options, seed, faults, lossPercent });
  expect(report.failures, formatReport(report)).toEqual([]);
  return report.counts.channels?.done ?? 0;
}

describe('channels bring every byte once, in order, and end clearly', () => {
  test('while nothing happens, over links that lose packets', async () => {
    expect(await doneEnds(110, [], 3)).toBeGreaterThan(200);
  });

  test('while nodes die and come back', async () => {
    expect(await doneEnds(111, ['crash', 'restart'])).toBeGreaterThan(100);
  });

  test('while links break', async () => {
    expect(await doneEnds(112, ['partition', 'flap'])).toBeGreaterThan(100);
  });

  test('while programs stand still, and clocks leap', async () => {
    expect(await doneEnds(113, ['pause', 'slow', 'jump'])).toBeGreaterThan(100);
  });

  test('while two nodes use one name', async () => {
    expect(await doneEnds(114, ['twin', 'crash'])).toBeGreaterThan(100);
  });

  test('the same seed gives the same run', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++)
      runs.push(
        await runSimulation({ ...options, nodes: 6, minutes: 0.2, seed: 115, faults: ['crash', 'pause'] }),
      );
    expect(runs[0]?.traceHash).toBe(runs[1]?.traceHash);
    expect(runs[0]?.counts).toEqual(runs[1]?.counts);
  });
});
