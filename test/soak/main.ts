/**
 * `npm run soak`: many real processes, broken at random for half an hour, and judged from outside.
 *
 * Run by scripts/run.mjs. Invariant: exit code 0 says that there was no violation; an interrupt and an
 * exception clean up as the end does.
 */
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { runSoak } from './run.ts';
import { parseSettings, type SoakSettings, usage } from './settings.ts';
import { summarize, writeSummary } from './summary.ts';

const settings = settingsOrExit();
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));
console.error(`seed ${settings.seed}`);
const result = await runSoak(settings).catch((error: Error) => {
  console.error(`soak: ${error.message.split('\n')[0]} (seed ${settings.seed})`);
  process.exit(1);
});
const summary = summarize(result);
console.log(summary);
if (settings.json !== undefined) writeFileSync(settings.json, `${JSON.stringify(result, null, 2)}\n`);
if (settings.write) writeSummary(summary);
process.exit(result.violations.length === 0 ? 0 : 1);

function settingsOrExit(): SoakSettings {
  try {
    return parseSettings(process.argv.slice(2), randomInt(2 ** 32 - 1));
  } catch (error) {
    // What the parser says may go on with advice for another case.
    console.error(`${(error as Error).message.split('\n')[0]}; usage: ${usage}`);
    process.exit(2);
  }
}
