/**
 * `npm run wire:record`: keeps what the tests of the wire compare with. Golden bytes that are new are added; those
 * that have changed are refused unless `-- --replace` says that it is meant.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { wireSamples } from '../samples/index.ts';
import { breaksOf } from './difference.ts';
import { formatGolden, goldenEntries, readGolden } from './wire-text.ts';

const mayReplace = process.argv.includes('--replace');

recordBytes('test/golden/wire-bytes.txt');

function recordBytes(file: string): void {
  const kept = existsSync(file) ? readGolden(readFileSync(file, 'utf8')) : new Map<string, string>();
  const today = goldenEntries(wireSamples);
  const breaks = breaksOf(kept, today);
  if (breaks.length > 0 && !mayReplace) {
    console.error(`${file} is left as it is.\n\n${breaks.join('\n\n')}`);
    process.exit(1);
  }
  writeFileSync(file, formatGolden(today));
  console.log(`${file}: ${today.size} entries`);
}
