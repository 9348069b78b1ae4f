/**
 * The figure of blocking.ts as JSON: `node scripts/run.mjs test/soak/blocking-main.ts --seconds 60`.
 *
 * Run by hand and by the report. Invariant: exit code 0 says that nobody was told down and every broadcast
 * reached everybody.
 */
import { parseArgs } from 'node:util';
import { runBlocking } from './blocking.ts';
import { number } from './settings.ts';

const seconds = secondsOrExit();
const result = await runBlocking(seconds, 1);
console.log(JSON.stringify(result, null, 2));
const { downs, complete, broadcasts, violations } = result;
process.exit(downs.length === 0 && complete === broadcasts && violations.length === 0 ? 0 : 1);

function secondsOrExit(): number {
  try {
    const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' } } });
    return number('seconds', values.seconds, 1, 3600);
  } catch (error) {
    console.error((error as Error).message.split('\n')[0]);
    process.exit(2);
  }
}
