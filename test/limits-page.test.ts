/** docs/limits.md is the page of today's limits, and none of them stands without a reason. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { limits } from '../src/index.ts';

const script = new URL('../scripts/limits.mjs', import.meta.url).href;
const { limitsPage, limitsFile } = (await import(script)) as {
  limitsPage(): Promise<string>;
  readonly limitsFile: string;
};
const page = await limitsPage();

test('docs/limits.md says what the source says', () => {
  expect(readFileSync(limitsFile, 'utf8'), '`npm run limits` writes it anew').toBe(page);
});

test('every limit that programs can read is on the page', () => {
  const missing = Object.keys(limits).filter((name) => !page.includes(`| \`${name}\` |`));
  expect(missing).toEqual([]);
});
