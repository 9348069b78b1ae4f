/**
 * `npm run torture:power`: what is left of a broker's store when the power is cut at any moment.
 *
 * Run by scripts/run.mjs. Invariant: exit code 0 says that no state was bad, and that the rig has seen each fault that was
 * planted.
 */
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { checkPlace } from '../../../src/stores/sqlite/place.ts';
import { traceProblem } from '../strace.ts';
import { faults } from './faults.ts';
import { type PowerOptions, powerUsage, readPowerOptions } from './options.ts';
import { readRecording } from './record.ts';
import { judgeRecording, runPower, type Trial, textOf } from './run.ts';
import { fullWork } from './settings.ts';

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().catch((error: Error) => {
  console.error(`torture:power: ${error.message}`);
  process.exit(2);
});

async function main(): Promise<void> {
  const options = readPowerOptions(process.argv.slice(2), randomInt(2 ** 32 - 1));
  if (options === undefined) return console.log(powerUsage);
  const problem = options.replay === undefined ? traceProblem() : undefined;
  if (problem !== undefined) throw new Error(problem);
  const place = checkPlace(tmpdir());
  if (place !== undefined) console.error(`warning: ${place}; name another folder with TMPDIR`);
  console.log(`seed ${options.seed}, Node.js ${process.versions.node}`);
  const trials = await trialsOf(options);
  console.log('');
  for (const trial of trials) console.log(textOf(trial));
  const isGood = trials.every(({ failures }) => failures.length === 0);
  console.log(isGood ? 'passed' : 'FAILED');
  process.exitCode = isGood ? 0 : 1;
}

async function trialsOf({ states, seed, replay }: PowerOptions): Promise<readonly Trial[]> {
  if (replay !== undefined) return [judgeRecording(await readRecording(replay), states, seed)];
  return runPower({ states, seed, faults, work: fullWork, report: (text) => console.error(text) });
}
