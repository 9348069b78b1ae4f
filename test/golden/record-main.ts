/**
 * `npm run wire:record`: keeps what the tests of the wire compare with. What is new is added; what differs from what
 * is kept is left as it is, unless `-- --replace-bytes` or `-- --replace-sessions` says that it is meant.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { wireSamples } from '../samples/index.ts';
import { breaksOf } from './difference.ts';
import { record } from './session/record.ts';
import { scripts } from './session/scripts.ts';
import { formatSession } from './session/session.ts';
import { formatGolden, goldenEntries, readGolden } from './wire-text.ts';

const options = ['--replace-bytes', '--replace-sessions'];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !options.includes(argument));
if (unknown !== undefined) {
  console.error(`there is no option ${unknown}: the options are ${options.join(' and ')}`);
  process.exit(2);
}

recordBytes('test/golden/wire-bytes.txt');
for (const [name, script] of Object.entries(scripts))
  recordSession(`test/golden/sessions/${name}.txt`, formatSession(record(script)));

function recordBytes(file: string): void {
  const kept = existsSync(file) ? readGolden(readFileSync(file, 'utf8')) : new Map<string, string>();
  const today = goldenEntries(wireSamples);
  const breaks = breaksOf(kept, today);
  if (breaks.length > 0 && !given.includes('--replace-bytes')) {
    console.error(`${file} is left as it is:\n\n${breaks.join('\n\n')}`);
    process.exit(1);
  }
  writeFileSync(file, formatGolden(today));
  console.log(`${file}: ${today.size} entries`);
}

function recordSession(file: string, today: string): void {
  const isOther = existsSync(file) && readFileSync(file, 'utf8') !== today;
  if (isOther && !given.includes('--replace-sessions')) {
    console.error(`${file} is left as it is, and nodes of today say something else: see --replace-sessions`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(file, today);
  console.log(`${file}: ${today.length} characters`);
}
