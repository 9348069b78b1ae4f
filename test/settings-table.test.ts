import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readmeFile, settingsTable, withTable } from '../scripts/settings.mjs';
import { upSettings } from '../src/cli/up-settings.ts';
import * as kit from '../src/kit/setting.ts';

test('the table of settings in the README is what the code says: npm run settings', () => {
  const readme = readFileSync(readmeFile, 'utf8');
  const table: string = settingsTable(upSettings, kit);
  expect(table).toContain('| `degree` | `--degree <n>` | 3 |');
  expect(withTable(readme, table)).toBe(readme);
});
