/** The faults that the rigs plant apply to the source of today. */
import { expect, test } from 'vitest';
import { problemOf } from '../mutants/mutant.ts';
import { faults as diskFaults } from './disk/trouble.ts';
import { faults as killFaults } from './letters/faults.ts';
import { faults as powerFaults } from './power/faults.ts';
import { faults as taskFaults } from './tasks/faults.ts';

test('every fault of the rigs applies to the source of today', () => {
  const faults = [...diskFaults, ...killFaults, ...powerFaults, ...taskFaults];
  expect(faults.flatMap((fault) => problemOf(fault) ?? [])).toEqual([]);
  expect(faults.length).toBeGreaterThanOrEqual(10);
});
