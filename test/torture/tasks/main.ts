/**
 * `npm run torture:tasks`: brokers, workers and authors of tasks are killed, stopped for longer than a lease, cut off, and
 * have their clocks set, under load.
 *
 * Run by scripts/run.mjs.
 */
import { torture } from '../frame.ts';
import { faults } from './faults.ts';
import { textOf, tortureTasks } from './run.ts';

const usage = `Kills, stops and cuts off brokers, workers and authors of tasks under load, and sets their clocks; then looks at what has become of the tasks.
  --orders N   of the product as it is (default 50000)
  --seconds N  of the storm, at least (default 60)
  --seed S     of victims, moments and tasks (default: random)
example: npm run torture:tasks -- --orders 5000 --seed 7`;

torture({
  name: 'torture:tasks',
  usage,
  defaults: { orders: 50_000, seconds: 60 },
  async *trials(settings) {
    yield await tortureTasks(undefined, settings);
    for (const fault of faults) yield await tortureTasks(fault, settings);
  },
  textOf,
});
