import { expect, test } from 'vitest';
import { formatReport, runSimulation } from '../../src/sim/index.ts';

test('a report speaks of healing only where something was broken, and of "after" only where it came', async () => {
  const calm = await runSimulation({ nodes: 2, minutes: 0 });
  expect(formatReport(calm)).toMatch(/\nall knew all after {6}\d+ ms\n/);
  expect(formatReport(calm)).not.toContain('healed');
  expect(formatReport({ ...calm, converged: undefined })).toContain('\nall never knew all\n');
  expect(formatReport({ ...calm, faultLog: ['crash n1'] })).toMatch(/\nhealed after {12}\d+ ms\n/);
});
