/** A broker whose power is cut at 500 moments. Needs dist and strace. */
import { expect, test } from 'vitest';
import { faults } from './power/faults.ts';
import { runPower, textOf } from './power/run.ts';
import { fullWork } from './power/settings.ts';
import { traceProblem } from './strace.ts';

test('no letter with a receipt is lost in any of 500 power cuts, and the rig sees each fault', async ({
  skip,
}) => {
  const problem = traceProblem();
  if (problem !== undefined) skip(problem);
  const trials = await runPower({ states: 500, seed: 1, faults, work: fullWork });
  expect(trials.flatMap(({ failures }) => failures)).toEqual([]);
  console.log(trials.map(textOf).join('\n'));
}, 600_000);
