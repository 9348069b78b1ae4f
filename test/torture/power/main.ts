/**
 * `npm run torture:power`: what is left of a broker's store when the power is cut at any moment.
 *
 * Run by scripts/run.mjs.
 */
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { checkPlace } from '../../../src/stores/sqlite/place.ts';
import { begin, conclude, tortureProgram } from '../frame.ts';
import { traceProblem } from '../strace.ts';
import { faults } from './faults.ts';
import { type PowerOptions, powerUsage, readPowerOptions } from './options.ts';
import { readRecording } from './record.ts';
import { judgeRecording, runPower, type Trial, textOf } from './run.ts';
import { fullWork } from './settings.ts';

tortureProgram('torture:power', async () => {
  const options = readPowerOptions(process.argv.slice(2), randomInt(2 ** 32 - 1));
  if (options === undefined) return console.log(powerUsage);
  const problem = options.replay === undefined ? traceProblem() : undefined;
  if (problem !== undefined) throw new Error(problem);
  const place = checkPlace(tmpdir());
  if (place !== undefined) console.error(`warning: ${place}; name another folder with TMPDIR`);
  begin(options.seed);
  const trials = await trialsOf(options);
  console.log('');
  for (const trial of trials) console.log(textOf(trial));
  conclude(trials.flatMap(({ failures }) => failures));
});

async function trialsOf({ states, seed, replay }: PowerOptions): Promise<readonly Trial[]> {
  if (replay !== undefined) return [judgeRecording(await readRecording(replay), states, seed)];
  return runPower({ states, seed, faults, work: fullWork, report: (text) => console.error(text) });
}
