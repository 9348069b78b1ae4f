/**
 * `npm run torture:disk`: letters of a broker whose disk fails, is full or is slow at every n-th call.
 *
 * Run by scripts/run.mjs. Invariant: a run that passes has made every trouble.
 */
import { smallDiskProblem } from '../../small-disk.ts';
import { torture } from '../frame.ts';
import { traceProblem } from '../strace.ts';
import { textOf, tryDisk } from './run.ts';
import { faults, troubles } from './trouble.ts';

const usage = `Makes calls of a broker on the files of its store fail or wait, and looks at what becomes of its letters.
  --letters N  in each trial (default 120)
  --seed S     of letters (default: random)
example: npm run torture:disk -- --letters 400 --seed 7`;

torture({
  name: 'torture:disk',
  usage,
  defaults: { letters: 120 },
  problem: traceProblem,
  async *trials(settings) {
    const noSmallDisk = smallDiskProblem();
    for (const trouble of troubles)
      if (trouble.megabytes !== undefined && noSmallDisk !== undefined)
        console.log(`skipped: ${trouble.name}: ${noSmallDisk}`);
      else yield await tryDisk(trouble, undefined, settings);
    for (const fault of faults) yield await tryDisk(fault.trouble, fault, settings);
  },
  textOf,
});
