/**
 * Makes a fresh clone ready to run: right Node.js, dependencies as locked, sources built.
 * `npm start` and `npm test` call it first, and npm itself where a package is prepared. Everything it does is skipped when nothing has changed, so a
 * second run costs one incremental `tsc -b`. It has no dependency, because it installs them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMin = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules', '.skein-ready');

checkNode();
installIfChanged();
run(process.execPath, [join(root, 'scripts', 'build.mjs')]);

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
  console.error('installing dependencies (npm ci)');
  // The build needs the development dependencies, whatever NODE_ENV says.
  npm(['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error']);
  writeFileSync(stampFile, lock);
}

function npm(args) {
  // What npm calls while it installs (scripts/prepare.mjs) must not build: that comes next.
  const env = { ...process.env, SKEIN_READY: '1' };
  // `npm link` works on the global folder; what is installed here is this clone's own.
  delete env.npm_config_global;
  delete env.npm_config_location;
  delete env.npm_config_dry_run;
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
