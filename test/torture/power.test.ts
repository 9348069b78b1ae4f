/** A broker whose power is cut at any moment, in short: `npm run torture:power` for more. Needs dist and strace. */
import { expect, test } from 'vitest';
import { faults } from './power/faults.ts';
import { runPower, textOf } from './power/run.ts';
import { shortWork } from './power/settings.ts';
import { traceProblem } from './strace.ts';

test('no letter with a receipt is lost in a power cut, and the rig sees a store that reports before it has synced', async ({
  skip,
}) => {
  const problem = traceProblem();
  if (problem !== undefined) skip(problem);
  const trials = await runPower({ states: 50, seed: 1, faults: faults.slice(0, 2), work: shortWork });
  expect(trials.flatMap(({ failures }) => failures)).toEqual([]);
  expect(trials.map(({ verdicts }) => verdicts[0]?.states)).toEqual(trials.map(() => 50));
  console.log(trials.map(textOf).join('\n'));
});
