/**
 * What `npm test` runs after scripts/ready.mjs: the static checks, then all tests but the long ones; it stops at
 * the first failure with that exit code. With arguments (`npm test -- src/node`) it goes straight to vitest with
 * them, as `npm run test:all` does to get the long tests. The last two lines are always the time that all of it
 * took and the count of tests, where vitest ran at all.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printSummary, root, runVitest } from './vitest.mjs';

const modules = join(root, 'node_modules');

const staticChecks = [
  ['biome', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings']],
  ['types', 'typescript/bin/tsc', ['-b']],
  ['types of tests', 'typescript/bin/tsc', ['-p', 'tsconfig.test.json']],
  ['knip', 'knip/bin/knip.js', []],
  ['publint', 'publint/src/cli.js', ['--strict']],
];

const begun = performance.now();
const givenArgs = process.argv.slice(2);
if (givenArgs.length === 0) for (const check of staticChecks) mustPass(check);
process.exit(runTests(givenArgs.length === 0 ? ['--project=!*-long'] : givenArgs));

function mustPass([name, script, args]) {
  console.log(`── ${name}`);
  const status = node(script, args);
  if (status === 0) return;
  console.error(`${name} failed`);
  process.exit(status);
}

function runTests(vitestArgs) {
  const { status, summary } = runVitest([process.execPath], vitestArgs);
  printSummary(summary);
  console.log(`took ${durationText(performance.now() - begun)}`);
  if (summary === undefined) return status;
  const { passed, failed, skipped } = summary;
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return status;
}

function durationText(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function node(script, args) {
  const { status, error } = spawnSync(process.execPath, [join(modules, script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (error) console.error(error.message);
  return status ?? 1;
}
