// Installs the rivals, which are dependencies of this folder's package only: as locked, from the npm registry, and
// without any script of theirs. Who calls it: run.mjs, where a chosen system needs a package. A second run does
// nothing, until the lock changes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const stampFile = join(folder, 'node_modules', '.skein-bench');

/** Says what went wrong, or nothing. Without the rivals the rest still runs. */
export function installRivals() {
  const lock = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock) return undefined;
  console.error('installing the rivals (npm ci in bench/)');
  const { status, error } = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) return `npm ci in bench/ failed${error === undefined ? '' : `: ${error.message}`}`;
  writeFileSync(stampFile, lock);
  return undefined;
}

/** Its own output goes where errors go: what `npm run bench -- --json` prints is JSON alone. */
function npm(args) {
  const options = { cwd: folder, stdio: ['ignore', 2, 2], env: { ...process.env } };
  // This runs within `npm run`, whose settings are the outer package's.
  delete options.env.npm_config_global;
  delete options.env.npm_config_prefix;
  const script = process.env.npm_execpath;
  if (script?.endsWith('npm-cli.js')) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}
