/**
 * `npm run torture:disk`: letters of a broker whose disk fails, is full or is slow at every n-th call.
 *
 * Run by scripts/run.mjs. Invariant: exit code 0 says that every trouble has happened and nothing promised was broken, and
 * that the rig has seen each fault that was planted.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { traceProblem } from '../strace.ts';
import { textOf, tryDisk } from './run.ts';
import { faults, troubles } from './trouble.ts';

const usage = `Makes calls of a broker on the files of its store fail or wait, and looks at what becomes of its letters.
  --letters N  in each trial (default 160)
  --seed S     of letters (default: random)
example: npm run torture:disk -- --letters 400 --seed 7`;

const lettersDefault = 120;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().catch((error: Error) => {
  console.error(`torture:disk: ${error.message}`);
  process.exit(2);
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      letters: { type: 'string', default: String(lettersDefault) },
      seed: { type: 'string', default: String(randomInt(2 ** 32 - 1)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const settings = {
    letters: wholeNumber('--letters', values.letters),
    seed: wholeNumber('--seed', values.seed),
  };
  const problem = traceProblem();
  if (problem !== undefined) throw new Error(problem);
  console.log(`seed ${settings.seed}, Node.js ${process.versions.node}`);
  let isGood = true;
  for (const [trouble, fault] of [
    ...troubles.map((each) => [each, undefined] as const),
    ...faults.map((each) => [each.trouble, each] as const),
  ]) {
    const trial = await tryDisk(trouble, fault, settings);
    console.log(textOf(trial));
    isGood &&= trial.failures.length === 0;
  }
  console.log(isGood ? 'passed' : 'FAILED');
  process.exitCode = isGood ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new Error(`${name}: "${text}" is not a whole number from 1`);
}
