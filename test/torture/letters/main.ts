/**
 * `npm run torture:letters`: brokers, senders and recipients of letters are killed (SIGKILL) under load.
 *
 * Run by scripts/run.mjs.
 */
import { torture } from '../frame.ts';
import { faults } from './faults.ts';
import { killFleet, textOf } from './run.ts';

const usage = `Kills brokers, senders and recipients of letters under load, and looks at what becomes of the letters.
  --kills N  of the product as it is (default 100); a planted fault gets 9
  --seed S   of victims, moments and letters (default: random)
example: npm run torture:letters -- --kills 300 --seed 7`;

const killsOfFault = 9;

torture({
  name: 'torture:letters',
  usage,
  defaults: { kills: 100 },
  async *trials({ kills, seed }) {
    yield await killFleet(undefined, { seed, kills });
    for (const fault of faults) yield await killFleet(fault, { seed, kills: killsOfFault });
  },
  textOf,
});
