/**
 * `npm run torture:letters`: brokers, senders and recipients of letters are killed (SIGKILL) under load.
 *
 * Run by scripts/run.mjs. Invariant: exit code 0 says that nothing promised was broken, and that the rig has seen each
 * fault that was planted.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { faults } from './faults.ts';
import { killFleet, textOf } from './run.ts';

const usage = `Kills brokers, senders and recipients of letters under load, and looks at what becomes of the letters.
  --kills N  of the product as it is (default 100); a planted fault gets 9
  --seed S   of victims, moments and letters (default: random)
example: npm run torture:letters -- --kills 300 --seed 7`;

const killsDefault = 100;
const killsOfFault = 9;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main().catch((error: Error) => {
  console.error(`torture:letters: ${error.message}`);
  process.exit(2);
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: String(killsDefault) },
      seed: { type: 'string', default: String(randomInt(2 ** 32 - 1)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const kills = wholeNumber('--kills', values.kills);
  const seed = wholeNumber('--seed', values.seed);
  console.log(`seed ${seed}, Node.js ${process.versions.node}`);
  let isGood = true;
  for (const fault of [undefined, ...faults]) {
    const trial = await killFleet(fault, { seed, kills: fault === undefined ? kills : killsOfFault });
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
