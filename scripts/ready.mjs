/**
 * Makes a fresh clone ready to run: right Node.js, dependencies as locked, sources built.
 * `npm start` and `npm test` call it first. Everything it does is skipped when nothing has changed, so a
 * second run costs one incremental `tsc -b`. It has no dependency, because it installs them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMin = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules', '.skein-ready');

checkNode();
installIfChanged();
build();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1])) return;
  fail(`skein needs Node.js ${nodeMin.join('.')} or newer; this is ${process.versions.node}`);
}

function installIfChanged() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return;
  console.log('installing dependencies (npm ci)');
  // The build needs the development dependencies, whatever NODE_ENV says.
  npm(['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error']);
  writeFileSync(stampFile, lock);
}

function build() {
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
  run(process.execPath, [join(root, 'scripts', 'bundle.mjs')]);
  const cli = join(root, 'dist', 'cli', 'main.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);
}

function npm(args) {
  const env = { ...process.env };
  // With an empty HOME npm has no place for its cache.
  if (!env.HOME && !env.npm_config_cache && process.platform !== 'win32') {
    env.npm_config_cache = mkdtempSync(join(tmpdir(), 'skein-npm-'));
  }
  const npmScript = process.env.npm_execpath;
  if (npmScript?.endsWith('npm-cli.js')) run(process.execPath, [npmScript, ...args], { env });
  else run('npm', args, { env, shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) fail(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
