/** A broker whose disk fails or is slow: `npm run torture:disk` for more. Needs dist and strace. */
import { expect, test } from 'vitest';
import { textOf, tryDisk } from './disk/run.ts';
import { faults, troubles } from './disk/trouble.ts';
import { traceProblem } from './strace.ts';

const shown = troubles.filter(({ name }) => name.startsWith('fsync'));

test('every letter that was stored is handled, however often a sync fails or waits, and the rig sees a fault', async ({
  skip,
}) => {
  const problem = traceProblem();
  if (problem !== undefined) skip(problem);
  for (const trouble of shown) {
    const trial = await tryDisk(trouble, undefined, { seed: 1, letters: 120 });
    console.log(textOf(trial));
    expect(trial.failures).toEqual([]);
  }
  for (const fault of faults)
    expect((await tryDisk(fault.trouble, fault, { seed: 1, letters: 120 })).failures).toEqual([]);
}, 600_000);
