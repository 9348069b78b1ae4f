/** 60 nodes, degree 3, 20 ms links, 1% loss: how soon all know of a join, a crash and a black hole. */
import { runSimulation } from '../../src/sim/index.ts';
import type { Figure } from './figure.ts';

const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export async function sixtyFigures(): Promise<readonly Figure[]> {
  const reports = [];
  for (const seed of seeds) {
    const report = await runSimulation({
      nodes: 60,
      degree: 3,
      latencyMs: 20,
      lossPercent: 1,
      minutes: 0.5,
      seed,
      joinAndCrash: true,
    });
    if (report.failures.length > 0) throw new Error(`${report.failures[0]}; repeat with: ${report.repeat}`);
    reports.push(report);
  }
  const figure = (name: string, goal: number, values: readonly (number | undefined)[]): Figure => ({
    name,
    value: values.includes(undefined) ? undefined : Math.max(...(values as number[])) / 1000,
    unit: 's',
    goal,
    note: `the slowest of ${seeds.length} seeds`,
  });
  return [
    figure(
      'a join known to all',
      1,
      reports.map((report) => report.joinKnownToAllMs),
    ),
    figure(
      'a crash known to all',
      1,
      reports.map((report) => report.crashKnownToAllMs),
    ),
    figure(
      'a black-holed node known as lost to all',
      5,
      reports.map((report) => report.blackHoleKnownToAllMs),
    ),
  ];
}
