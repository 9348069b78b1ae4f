/**
 * Runs vitest and says at the end, in a few lines, what came of it: what failed and why, and what was skipped and why.
 *
 * Used by scripts/test.mjs and scripts/matrix.mjs. Invariant: whoever keeps only the last lines of a run's output
 * still has the names of the tests that failed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param command The Node.js that runs it, as words of a command line.
 * @returns Its exit code, and its results where it came so far as to have any.
 */
export function runVitest(command, args, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'skein-test-'));
  const summaryFile = join(folder, 'summary.json');
  const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.mjs'];
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const [program, ...words] = [...command, vitest, 'run', ...reporters, ...args];
  try {
    const { status, error } = spawnSync(program, words, {
      cwd: root,
      stdio: 'inherit',
      ...options,
      env: { ...process.env, SKEIN_TEST_SUMMARY: summaryFile },
    });
    if (error) console.error(error.message);
    return { status: status ?? 1, summary: readSummary(summaryFile) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param summary What `runVitest` gave. */
export function printSummary(summary) {
  for (const { name, reason } of summary?.skipped ?? [])
    if (reason) console.log(`skipped: ${name}: ${reason}`);
  for (const { name, reason } of summary?.failed ?? []) console.log(`failed: ${name}: ${reason}`);
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest did not come so far
  }
}
