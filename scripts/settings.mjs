/**
 * `npm run settings`: writes the table of settings into README.md, from the table that the code uses. A test compares
 * it with what this makes today.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluated } from './limits.mjs';

export const readmeFile = fileURLToPath(new URL('../README.md', import.meta.url));
const begin = '<!-- settings: npm run settings -->\n';
const end = '<!-- end of settings -->';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = fileURLToPath(new URL('../src', import.meta.url));
  const { upSettings } = await evaluated(join(source, 'cli', 'up-settings.ts'));
  const kit = await evaluated(join(source, 'kit', 'setting.ts'));
  const readme = readFileSync(readmeFile, 'utf8');
  writeFileSync(readmeFile, withTable(readme, settingsTable(upSettings, kit)));
  console.log('README.md has the table of settings');
}

/** The text between the two marks, replaced. */
export function withTable(readme, table) {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error('README.md has no place for the table of settings');
  return `${readme.slice(0, from + begin.length)}${table}${readme.slice(to)}`;
}

export function settingsTable(settings, { flagOf, wordOf }) {
  const rows = Object.entries(settings)
    .filter(([, row]) => row.isHidden !== true)
    .map(([name, row]) => {
      const { type, help, changes, offHelp } = row;
      const flag = offHelp === undefined ? flagOf(name) : flagOf(name).replace('--', '--no-');
      const what = `${help}${changes === true ? '; `skein node set` changes it' : ''}`;
      const argument = type.argument === undefined || offHelp !== undefined ? '' : ` ${type.argument}`;
      return `| \`${wordOf(name)}\` | \`${flag}${argument}\` | ${defaultOf(row)} | ${what} |`;
    });
  return `| setting | flag | default | what |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function defaultOf({ type, default: otherwise, defaultText = '' }) {
  return defaultText !== '' || otherwise === undefined ? defaultText : type.write(otherwise);
}
