/**
 * What a program that bundles `createNode` carries along: by esbuild and by rolldown, from the sources and from dist,
 * in one file each, so that what is loaded later is in it as well. Needs dist, as the tests against processes do.
 * In dist several sources lie in one file; comments name each where it begins, and those are read.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type RolldownOutput, rolldown } from 'rolldown';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = { sources: 'src/index.ts', dist: exports['.'].default as string };
const program = `import { createNode } from 'skein'; createNode({ name: 'a' });`;
const bundlers = { esbuild: modulesByEsbuild, rolldown: modulesByRolldown };
const cases = (Object.keys(bundlers) as (keyof typeof bundlers)[]).flatMap((bundler) =>
  (Object.keys(entries) as (keyof typeof entries)[]).map((from) => ({ bundler, from })),
);

/** Each with what a program of its own has no use for: it is the command line's, or the simulator's. */
const forbidden: readonly (readonly [string, RegExp])[] = [
  ['src/cli', /^src\/cli\//],
  ['src/sim', /^src\/sim\//],
  ['the command line of a feature', /^src\/(.*\/)?features\/.*\bcli(\/|\.ts$)/],
  ['the simulator of a feature', /^src\/(.*\/)?features\/.*\bsim(\/|\.ts$)/],
  ['commander', /^node_modules\/commander\//],
  ['pino', /^node_modules\/(pino|pino-[^/]+|@pinojs)\//],
];

test.each(cases)(
  'createNode bundled from $from by $bundler brings nothing of the command line, the simulator, commander or pino',
  async ({ bundler, from }) => {
    const entry = join(root, entries[from]);
    if (!existsSync(entry)) throw new Error(`${entries[from]} is missing: run \`npm run build\` first`);
    const modules = (await bundlers[bundler](entry)).flatMap(sourcesIn);
    // Else the names are not read as they are written, and nothing would ever be forbidden.
    expect(modules.some((module) => /^src\/.*\bcreate-node\.ts$/.test(module))).toBe(true);
    expect(modules.some((module) => module.startsWith('node_modules/'))).toBe(true);
    const found = forbidden.flatMap(([what, pattern]) =>
      modules.filter((module) => pattern.test(module)).map((module) => `${module} (${what})`),
    );
    expect(found, 'find who imports it, and move what both need out of it').toEqual([]);
  },
);

test('importing skein loads no library of schemas and no WebSocket: both are loaded when they are asked for', async () => {
  const { metafile } = await build({
    stdin: {
      contents: `import * as skein from 'skein'; globalThis.skein = skein;`,
      resolveDir: root,
      sourcefile: 'program.js',
    },
    alias: { skein: join(root, entries.sources) },
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    outdir: 'out',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const { outputs } = metafile;
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file) || outputs[file] === undefined) return;
    reached.add(file);
    for (const { path, kind } of outputs[file].imports) if (kind === 'import-statement') reach(path);
  };
  reach(
    Object.keys(outputs).find(
      (file) => outputs[file]?.entryPoint === 'stdin' || /stdin|program/.test(file),
    ) as string,
  );
  const modules = [...reached].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
  expect(modules.some((module) => /create-node\.ts$/.test(module))).toBe(true);
  expect(modules.filter((module) => /node_modules\/(valibot|ws)\//.test(module))).toEqual([]);
});

test('what is built loads as little: no library of schemas, no WebSocket, and one byte for each character', () => {
  const loaded = new Map<string, string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    const code = readFileSync(file, 'utf8');
    loaded.set(file, code);
    const imports = code.matchAll(/^(?:import|export)\b[^'"]*?["'](\.\.?\/[^"']+)["']/gm);
    for (const [, path] of imports) load(join(dirname(file), path as string));
  };
  load(join(root, 'dist/index.js'));
  const all = [...loaded.values()].join('');
  expect(all).toContain('// src/node/local-node.ts');
  expect(all.match(/^\/\/ node_modules\/(ws|valibot)\/.*/gm) ?? []).toEqual([]);
  const wide = [...loaded].filter(([, code]) => [...code].some((one) => one > '\u00ff'));
  expect(wide.map(([file]) => file)).toEqual([]);
});

/** The files of the bundle. Those that no export of is used are in the list too: they were reached. */
async function modulesByEsbuild(entry: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: program, resolveDir: root, sourcefile: 'program.js' },
    alias: { skein: entry },
    absWorkingDir: root,
    bundle: true,
    splitting: false,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  return Object.keys(metafile.inputs);
}

async function modulesByRolldown(entry: string): Promise<string[]> {
  const name = '\0program';
  const reached: string[] = [];
  const bundle = await rolldown({
    input: name,
    cwd: root,
    platform: 'node',
    resolve: { alias: { skein: entry } },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === name ? id : undefined),
        load: (id) => (id === name ? program : undefined),
        moduleParsed: ({ id }) => void reached.push(id),
      },
    ],
  });
  const { output }: RolldownOutput = await bundle.generate({ format: 'esm', codeSplitting: false });
  await bundle.close();
  expect(output.filter(({ type }) => type === 'chunk')).toHaveLength(1);
  return reached.filter((id) => !id.startsWith('\0')).map((id) => relative(root, id).split(sep).join('/'));
}

/** A file of dist is many of the sources and of inlined packages; what the bundler adds is none. */
function sourcesIn(module: string): string[] {
  if (!module.startsWith('dist/')) return [module];
  const marks = [...readFileSync(join(root, module), 'utf8').matchAll(/^\/\/ (\S+\.[cm]?[jt]s)$/gm)];
  return [module, ...marks.map(([, source]) => source as string)];
}
