// Bundles the entry points into dist: one file per room of the start-up path instead of a hundred, since
// every file that Node.js has to find and compile costs a command most of a millisecond. Types come from
// tsc; packages stay outside but for the four that are many small files themselves.
// A file that has not changed is not touched, and one that has is replaced in one step: programs that start
// from dist meanwhile find all of it (`demo/node` builds, and three are started one after the other).
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const inlined = /^(cbor-x|commander|@noble\/hashes|ws)(\/|$)/;
const entries = {
  index: 'src/index.ts',
  'kernel/index': 'src/kernel/index.ts',
  'sim/index': 'src/sim/index.ts',
  'testing/index': 'src/testing/index.ts',
  'cli/main': 'src/cli/main.ts',
  // Beside the chunk that starts it.
  'chunks/worker': 'src/stores/sqlite/worker.ts',
  'chunks/handler-thread': 'src/host/threads/thread-main.ts',
  'chunks/sqlite-parts': 'src/features/sqlite-parts.ts',
  'chunks/own-sqlite-parts': 'src/features/own-sqlite-parts.ts',
};

/**
 * What every command loads, in few files; the rest is parted by who imports it. The order counts: a room takes along
 * what its files import, but for what is in a room before it.
 */
const rooms = [
  { name: 'codec', test: /src\/kit\/codec\.ts$/ },
  {
    name: 'base',
    test: /src\/(kernel\/(errors|limits|identity|thrown)|kit\/(duration|arguments|body|counted-events)|host\/(limits|addresses|package-version)|remote\/(limits|errors)|features\/\w+\/core\/limits)\.ts$/,
  },
  // A few hundred bytes each: a file of its own costs more than what it holds.
  {
    name: 'small',
    test: /src\/(kit\/(with-resolvers|labels|late-abort|when-aborted|subscription|passed-error|handler-threads|views)|host\/thread-folder|remote\/problem|features\/\w+\/(core\/\w+-types|api\/wire-views))\.ts$/,
  },
  { name: 'kernel', test: /src\/kernel\// },
  {
    name: 'find',
    test: /src\/(host\/(runtime-(entry|path|socket|folder)|make-folder)|remote\/(find|socket-path))\.ts$/,
  },
  { name: 'client', test: /src\/remote\/(client|feature-session|remote-events)\.ts$/ },
  { name: 'command', test: /node_modules\/commander\/|src\/cli\/kit\/(command|exit|output)\.ts$/ },
  { name: 'with-node', test: /src\/cli\/kit\/(with-node|body-argument)\.ts$/ },
].map((room, at) => ({ ...room, priority: 100 - at }));

const build = await rolldown({
  input: entries,
  platform: 'node',
  // ws looks for two native helpers that nobody has installed, which takes a command some milliseconds.
  transform: {
    define: {
      ...{ 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
      VERSION_OF_SKEIN: JSON.stringify(version),
    },
  },
  external: (id) => id.startsWith('node:') || (/^[^./]/.test(id) && !inlined.test(id)),
});
const { output } = await build.generate({
  format: 'esm',
  codeSplitting: { groups: rooms },
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name].js',
  // A program keeps the text of all that it has loaded in memory. Licenses stay; docstrings are beside, in the types.
  comments: { legal: true, annotation: true, jsdoc: false },
});
await build.close();

const names = new Set(output.map(({ fileName }) => fileName));
// Chunks before what imports them.
for (const chunk of output.toSorted((a, b) => a.isEntry - b.isEntry)) {
  const file = join('dist', chunk.fileName);
  // A program may be bundled as CommonJS, where `import.meta` is empty.
  const code = oneByteEach(chunk.code).replaceAll(
    'createRequire(import.meta.url)',
    'createRequire(import.meta.url ?? __filename)',
  );
  if (read(file) !== code) replace(file, code);
}
// A bundled program is given a copy of this folder, and may be CommonJS itself.
const isModule = '{"type":"module"}\n';
names.add('chunks/package.json');
if (read('dist/chunks/package.json') !== isModule) replace('dist/chunks/package.json', isModule);
for (const name of readdirSync('dist/chunks'))
  if (!names.has(`chunks/${name}`)) rmSync(join('dist/chunks', name), { force: true });

/** One character above U+00FF, and V8 takes two bytes for each character of the file. They stand in texts alone. */
function oneByteEach(code) {
  return code.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function replace(file, code) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = join('dist', `draft-${process.pid}`);
  writeFileSync(draft, code);
  renameSync(draft, file);
}
