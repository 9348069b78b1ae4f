// Bundles the entry points into dist: one file per room of the start-up path instead of a hundred, since
// every file that Node.js has to find and compile costs a command most of a millisecond. Types come from
// tsc; packages stay outside but for the two that are many small files themselves.
import { rmSync } from 'node:fs';
import { rolldown } from 'rolldown';

const inlined = /^(cbor-x|@noble\/hashes)(\/|$)/;
const entries = {
  index: 'src/index.ts',
  'kernel/index': 'src/kernel/index.ts',
  'sim/index': 'src/sim/index.ts',
  'testing/index': 'src/testing/index.ts',
  'cli/main': 'src/cli/main.ts',
};

rmSync('dist/chunks', { recursive: true, force: true });
const build = await rolldown({
  input: entries,
  platform: 'node',
  external: (id) => id.startsWith('node:') || (/^[^./]/.test(id) && !inlined.test(id)),
});
await build.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
});
await build.close();
