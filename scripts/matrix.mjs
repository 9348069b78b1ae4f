/**
 * Runs the tests under other versions of Node.js, which `npx` brings: `node scripts/matrix.mjs [VERSION ...]`
 * (22 and 24 where none is named). The long tests are left out: they do not depend on the version. Arguments
 * after `--` go to vitest instead of that choice. Exits 1 if any version fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versionsDefault = ['22', '24'];
const vitestArgsDefault = ['--project=!*-long'];

const root = fileURLToPath(new URL('..', import.meta.url));
const { versions, vitestArgs } = readArguments(process.argv.slice(2));
mustRun(process.execPath, [join(root, 'scripts', 'ready.mjs')]);
const results = versions.map((version) => ({ version, ...testUnder(version) }));
console.log('');
for (const { version, exact, passed, seconds } of results)
  console.log(`Node.js ${exact || version}: ${passed ? 'passed' : 'FAILED'} in ${seconds} s`);
process.exit(results.every(({ passed }) => passed) ? 0 : 1);

function testUnder(version) {
  const exact = node(version, ['--version'], { stdio: ['ignore', 'pipe', 'inherit'] }).stdout?.trim();
  if (!exact?.startsWith(`v${version}`)) {
    console.error(`npx did not bring Node.js ${version}`);
    return { exact: undefined, passed: false, seconds: 0 };
  }
  console.log(`── Node.js ${exact}`);
  const begun = performance.now();
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = node(version, [vitest, 'run', ...vitestArgs], { stdio: 'inherit' });
  return { exact, passed: status === 0, seconds: Math.round((performance.now() - begun) / 1000) };
}

function node(version, args, options) {
  const command = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  return spawnSync(command, ['-y', `node@${version}`, ...args], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    ...options,
  });
}

function mustRun(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function readArguments(args) {
  const end = args.indexOf('--');
  const named = end < 0 ? args : args.slice(0, end);
  for (const version of named) {
    if (/^\d+(\.\d+){0,2}$/.test(version)) continue;
    console.error(`"${version}" is not a version of Node.js; name some such as 22 or 24.1`);
    process.exit(2);
  }
  return {
    versions: named.length === 0 ? versionsDefault : named,
    vitestArgs: end < 0 ? vitestArgsDefault : args.slice(end + 1),
  };
}
