import { expect, test } from 'vitest';
import { faultNames } from '../../sim/world/faults/faults.ts';
import { build, faults } from './sim.ts';

test('the help names every fault that there is', () => {
  expect([...faults].sort()).toEqual([...faultNames].sort());
  expect(build().helpInformation().replace(/\s+/g, ' ')).toContain(faults.join(', '));
});
