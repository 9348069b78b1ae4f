import { expect, test } from 'vitest';
import { workloadNames } from '../../sim/run/workloads.ts';
import { faultNames } from '../../sim/world/faults/faults.ts';
import { build, faults, workloads } from './sim.ts';

const help = build().helpInformation().replace(/\s+/g, ' ');

test('the help names every fault that there is', () => {
  expect([...faults].sort()).toEqual([...faultNames].sort());
  expect(help).toContain(faults.join(', '));
});

test('the help names every workload that there is', () => {
  expect(workloads).toEqual(workloadNames);
  expect(help).toContain(workloads.join(', '));
});
