// What a system needs that this machine does not have, as one sentence. Who calls it: run.mjs, before the rounds.
// A system's `needs`: `packages` of npm (installed by install.mjs), `commands` in the path, `headers` of the C
// compiler, and `node`, the lowest version of Node.js that its package runs on.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function missingFor({ needs }) {
  const { node, packages = [], commands = [], headers = [] } = needs;
  if (node !== undefined && Number(process.versions.node.split('.')[0]) < node)
    return `it needs Node.js ${node} or later, and this is ${process.versions.node}`;
  const lacking = packages.filter((name) => packageVersion(name) === undefined);
  if (lacking.length > 0) return `not installed from npm: ${lacking.join(', ')}`;
  for (const { command, from } of commands) if (!isInPath(command)) return `no ${command} here (${from})`;
  for (const { header, from } of headers) if (!compiles(header)) return `no ${header} here (${from})`;
  return undefined;
}

/** Undefined where the package is not installed. */
export function packageVersion(name) {
  try {
    return require(require.resolve(`${name}/package.json`)).version;
  } catch {
    return versionByFolder(name);
  }
}

/** For packages that do not export their package.json. */
function versionByFolder(name) {
  for (const folder of require.resolve.paths(name)) {
    try {
      return require(`${folder}/${name}/package.json`).version;
    } catch {
      // It is not in this one.
    }
  }
  return undefined;
}

function isInPath(command) {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
}

function compiles(header) {
  return spawnSync('gcc', ['-E', '-'], { input: `#include <${header}>\n` }).status === 0;
}
