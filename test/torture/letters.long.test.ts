/** Brokers, senders and recipients that are killed under load: `npm run torture:letters` for more. Needs dist. */
import { expect, test } from 'vitest';
import { faults } from './letters/faults.ts';
import { killFleet, textOf } from './letters/run.ts';

test('every letter whose send has resolved is handled, whichever of a fleet is killed, and the rig sees each fault', async () => {
  const trial = await killFleet(undefined, { seed: 1, kills: 12 });
  console.log(textOf(trial));
  expect(trial.failures).toEqual([]);
  for (const fault of faults) {
    const control = await killFleet(fault, { seed: 1, kills: 9 });
    console.log(textOf(control));
    expect(control.failures).toEqual([]);
  }
}, 600_000);
