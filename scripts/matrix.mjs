/**
 * Runs the tests under other versions of Node.js, which `npx` brings: `node scripts/matrix.mjs [--quick] [VERSION ...]`
 * (22, 24 and 22.13 where none is named; of 22.13, whose SQLite is too old, the stores). The long tests are left out: they do not depend on the version. With
 * `--quick`, as in CI, only what depends on it most, and a version that npx cannot bring is skipped with a
 * notice. Arguments after `--` go to vitest instead of that choice. Exits 1 if any version fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printSummary, root, runVitest } from './vitest.mjs';

const versionsDefault = ['22', '24', '22.13'];
/** What is tested under a version that differs in one thing. */
const narrow = { 22.13: ['src/stores/', 'test/stores/'] };
const vitestArgsDefault = ['--project=!*-long'];
/** Units, kernels, promises, what goes by the inside of Node.js, and a few real processes: a minute on two cores. */
const quick = [
  'src/',
  'test/core/',
  'test/golden/',
  'test/promises/',
  'test/stores/',
  'test/canaries/',
  'test/api-report.test.ts',
  'test/bundle.test.ts',
  'test/e2e/channels.test.ts',
  'test/e2e/control.test.ts',
  'test/e2e/mesh.test.ts',
];
/** How Windows runs a program that is a batch file, which npx is there. */
const shell = { shell: process.platform === 'win32' };
/** For npx to bring a version; a registry that does not answer must not hold up CI. */
const bringTimeoutMs = 180_000;

const { versions, isQuick, isChosen, vitestArgs } = readArguments(process.argv.slice(2));
mustRun(process.execPath, [join(root, 'scripts', 'ready.mjs')]);
const results = versions.map((version) => ({ version, ...testUnder(version) }));
console.log('');
for (const { version, exact, outcome, seconds, summary } of results) {
  printSummary(summary);
  console.log(`Node.js ${exact ?? version}: ${outcome}${exact === undefined ? '' : ` in ${seconds} s`}`);
}
process.exit(results.some(({ outcome }) => outcome === 'FAILED') ? 1 : 0);

function testUnder(version) {
  const brought = bring(version);
  if (brought.exact === undefined) {
    const reason = `npx did not bring Node.js ${version}: ${brought.reason}`;
    if (!isQuick) console.error(reason);
    return { outcome: isQuick ? `notice: skipped: ${reason}` : 'FAILED' };
  }
  console.log(`── Node.js ${brought.exact}`);
  const begun = performance.now();
  const { status, summary } = runVitest(nodeOf(version), argsFor(version), shell);
  const seconds = Math.round((performance.now() - begun) / 1000);
  return { exact: brought.exact, outcome: status === 0 ? 'passed' : 'FAILED', seconds, summary };
}

function argsFor(version) {
  return isChosen || narrow[version] === undefined ? vitestArgs : [...vitestArgsDefault, ...narrow[version]];
}

/** The exact version that runs where this one is asked for, or why there is none. */
function bring(version) {
  const [npx, ...args] = nodeOf(version);
  const { stdout, stderr, error } = spawnSync(npx, [...args, '--version'], {
    cwd: root,
    encoding: 'utf8',
    ...shell,
    stdio: 'pipe',
    timeout: bringTimeoutMs,
    env: { ...process.env, npm_config_fetch_retries: '0', npm_config_update_notifier: 'false' },
  });
  const exact = stdout?.trim();
  if (exact?.startsWith(`v${version}`)) return { exact };
  const lines = (stderr ?? '').split('\n').filter((line) => /^npm error (?!A complete log)/.test(line));
  return { reason: error?.message ?? lines[0] ?? (exact || 'it printed no version') };
}

/** The command of this version of Node.js. */
function nodeOf(version) {
  return [process.platform === 'win32' ? 'npx.cmd' : 'npx', '-y', `node@${version}`];
}

function mustRun(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function readArguments(args) {
  const end = args.indexOf('--');
  const before = end < 0 ? args : args.slice(0, end);
  const isQuick = before.includes('--quick');
  const named = before.filter((word) => word !== '--quick');
  for (const version of named) {
    if (/^\d+(\.\d+){0,2}$/.test(version)) continue;
    console.error(`"${version}" is not a version of Node.js; name some such as 22 or 24.1`);
    process.exit(2);
  }
  const chosen = isQuick ? [...vitestArgsDefault, ...quick] : vitestArgsDefault;
  return {
    versions: named.length === 0 ? versionsDefault : named,
    isQuick,
    isChosen: end >= 0,
    vitestArgs: end < 0 ? chosen : args.slice(end + 1),
  };
}
