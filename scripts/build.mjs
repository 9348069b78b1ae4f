/**
 * Builds dist: types by `tsc -b`, code by scripts/bundle.mjs. `npm run build` calls it, and scripts/ready.mjs
 * once the dependencies are there. It says nothing where all is well.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

if (!existsSync(tsc) || !existsSync(join(root, 'node_modules', 'rolldown'))) {
  console.error('the dependencies are not installed: run npm ci first, or npm start, which does both');
  process.exit(1);
}
run(tsc, '-b');
run(join(root, 'scripts', 'bundle.mjs'));
// For `npm link`, where npm itself does so, and for whoever calls it by its path.
chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);

function run(...words) {
  const { status, error } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  if (status !== 0) process.exit(status ?? 1);
}
