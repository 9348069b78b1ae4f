/**
 * Runs a program of this repository that is written in TypeScript: `node scripts/run.mjs FILE [ARGUMENTS]`.
 * Bundled first, since the oldest Node.js that skein supports cannot strip types. The program sees its own
 * arguments only, and `import.meta.url` is that of the bundle: it takes paths from the working directory,
 * which is the repository.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const [source, ...args] = process.argv.slice(2);
if (source === undefined) {
  console.error('usage: node scripts/run.mjs FILE [ARGUMENTS]');
  process.exit(2);
}

process.chdir(root);
// Beside the packages, so that the bundle finds them.
const folder = join(root, 'node_modules', '.cache', 'skein');
const file = join(folder, `${basename(source, '.ts')}-${process.pid}.mjs`);
mkdirSync(folder, { recursive: true });
const build = await rolldown({
  input: source,
  platform: 'node',
  external: (id) => id.startsWith('node:') || /^[^./]/.test(id),
});
await build.write({ file, format: 'esm', codeSplitting: false });
await build.close();
process.on('exit', () => rmSync(file, { force: true }));
process.argv = [process.execPath, file, ...args];
await import(pathToFileURL(file).href);
