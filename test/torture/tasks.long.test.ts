/** Brokers, workers and authors of tasks that are killed, stopped and cut off: `npm run torture:tasks` for more. Needs dist. */
import { expect, test } from 'vitest';
import { faults } from './tasks/faults.ts';
import { textOf, tortureTasks } from './tasks/run.ts';

test('every task that was stored ends once, under its last claim and no more often than it may, whichever of a fleet is killed, stopped or cut off, and the rig sees each fault', async () => {
  // They mostly wait.
  const trials = await Promise.all(
    [undefined, ...faults].map((fault) => tortureTasks(fault, { seed: 1, orders: 300, seconds: 8 })),
  );
  for (const trial of trials) console.log(textOf(trial));
  expect(trials.flatMap(({ failures }) => failures)).toEqual([]);
}, 600_000);
