/**
 * The public API as docs/api has it, and as the built declarations are: what a program can import changes only
 * with a diff there that somebody has read. Needs dist, as the tests against processes do.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

interface Report {
  readonly name: string;
  readonly entry: string;
  readonly text: string;
}
interface Reports {
  makeReports(): Report[];
  storedReports(): string[];
  readonly reportFolder: string;
}

const file = new URL('../scripts/api.mjs', import.meta.url).href;
const { makeReports, storedReports, reportFolder } = (await import(file)) as Reports;
const reports = makeReports();
const accept = '`npm run build && npm run api` accepts the change; then read the diff of docs/api';

describe('the public API is the one that docs/api writes down', () => {
  test.each(reports)('$entry exports what its report in docs/api says', ({ name, entry, text }) => {
    const path = join(reportFolder, name);
    const stored = existsSync(path) ? readFileSync(path, 'utf8') : '';
    expect(text, `what ${entry} exports differs from docs/api/${name}: ${accept}`).toBe(stored);
  });

  test('each report in docs/api is of an entry that package.json exports', () => {
    const left = storedReports().filter((name) => !reports.some((report) => report.name === name));
    expect(left, `docs/api has reports of entries that package.json no longer exports: ${accept}`).toEqual(
      [],
    );
  });
});
