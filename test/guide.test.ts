/** The guide `docs/write-your-own-feature.md`: its code is the code of the example that it walks through. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = 'examples/presence';
const files = readdirSync(join(root, example)).map((file) => `${example}/${file}`);
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const guide = read('docs/write-your-own-feature.md');
const fence = '```';
const blocks = guide
  .split(/^```(?=\S)/m)
  .slice(1)
  .map((rest) => rest.slice(0, rest.indexOf(`\n${fence}`)))
  .map((rest) => rest.slice(rest.indexOf('\n') + 1));

test.each(blocks.map((text) => ({ title: text.split('\n', 1)[0]?.trim(), text })))(
  'the code block of the guide that begins with "$title" stands in a file that tests run',
  ({ text }) => {
    const sources = [...files, 'examples/status.mjs', 'test/presence.test.ts'];
    expect(sources.filter((file) => read(file).includes(`${text}\n`))).not.toEqual([]);
  },
);

test('the guide shows code of each file of the example', () => {
  const shown = (file: string) => blocks.some((text) => read(file).includes(text));
  expect(files.filter((file) => !shown(file))).toEqual([]);
});

test('the example has no more than the 250 lines that the guide says', () => {
  expect(guide).toContain('It has no more than 250 lines');
  const lines = files.map((file) => read(file).split('\n').length - 1);
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(250);
});
