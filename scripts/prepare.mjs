/**
 * npm calls it whenever the package is about to be used from its sources: `npm link`, `npm pack`, `npm ci`.
 * So that the command `skein` is there afterwards: npm links no command whose file is missing, and says
 * nothing about it. Nothing is done twice: where scripts/ready.mjs installs, it builds too.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { SKEIN_READY, npm_command, npm_config_global } = process.env;
const hasTools = existsSync(fileURLToPath(new URL('../node_modules/rolldown', import.meta.url)));
const isGlobal = npm_command === 'link' || npm_config_global === 'true';

if (SKEIN_READY === undefined) {
  if (hasTools) await import('./build.mjs');
  // npm installs what a linked package depends on neither before nor after.
  else if (isGlobal) await import('./ready.mjs');
  // Without the development dependencies (`npm ci --omit=dev`) there is nothing to build with, and it was asked for.
  else if (npm_command !== 'ci' && npm_command !== 'install') await import('./build.mjs');
}
