/** A broker whose disk fails, is slow or is full: `npm run torture:disk` for more. Needs dist, strace and unshare. */
import { expect, test } from 'vitest';
import { smallDiskProblem } from '../small-disk.ts';
import { textOf, tryDisk } from './disk/run.ts';
import { faults, type Trouble, troubles } from './disk/trouble.ts';
import { traceProblem } from './strace.ts';

const shown = troubles.filter(({ name }) => name.startsWith('fsync'));

test('every letter that was stored is handled, and every task that was ordered is done once, however often a sync fails or waits, and the rig sees a fault', async ({
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

test('every letter that was stored is handled, and every task that was ordered is done once, however often a small disk is full', async ({
  skip,
}) => {
  const problem = smallDiskProblem();
  if (problem !== undefined) skip(problem);
  const small = troubles.find(({ megabytes }) => megabytes !== undefined) as Trouble;
  const trial = await tryDisk(small, undefined, { seed: 1, letters: 2000 });
  console.log(textOf(trial));
  expect(trial.failures).toEqual([]);
  expect(trial.refused.get('SKEIN_STORE_FULL')).toBeGreaterThan(0);
}, 600_000);
