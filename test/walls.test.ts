/**
 * The walls of the house: who may import whom. It reads every source file, so a wall cannot be passed by
 * accident. To move a wall, change the table, and say why in ARCHITECTURE.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** A room is a folder or a file below src; `*` stands for the name of a feature. The longest match counts. */
const rooms = [
  ...(['kernel', 'features/*/core', 'kit', 'features/*'] as const),
  ...(['features/index.ts', 'features/api.ts', 'features/limits.ts', 'features/settings.ts'] as const),
  ...(['features/*/store', 'features/store-models.ts', 'features/sqlite-parts.ts'] as const),
  ...(['features/own-store-models.ts', 'features/own-sqlite-parts.ts'] as const),
  ...(['node', 'stores', 'stores/sqlite', 'doors', 'host', 'remote'] as const),
  ...([
    'sim/world',
    'features/*/sim',
    'features/*/sim.ts',
    'features/sim.ts',
    'sim/run',
    'sim/index.ts',
    'testing',
  ] as const),
  ...(['cli/kit', 'features/*/cli', 'features/cli.ts', 'cli', 'index.ts'] as const),
];
type Room = (typeof rooms)[number];

/** What every room above the features may import. */
const below = [
  ...['kernel', 'kit', 'features/index.ts', 'features/api.ts', 'features/limits.ts', 'features/settings.ts'],
];

/** For each room: the rooms, single files, packages and `node:` that it may import besides itself. */
const mayImport: Record<Room, string[]> = {
  kernel: ['@noble/hashes'],
  'features/*/core': ['kernel'],
  kit: ['kernel', 'valibot', 'cbor-x', '@standard-schema/spec', 'node:stream'],
  'features/*': ['kernel', 'features/*/core', 'kit', 'valibot', '@standard-schema/spec', 'node:stream'],
  // What a feature keeps: a model of it, and the same on SQLite.
  'features/*/store': ['kernel', 'features/*/core', 'stores', 'stores/sqlite'],
  'features/store-models.ts': ['features/*/store', 'stores'],
  'features/sqlite-parts.ts': ['features/*/store', 'stores/sqlite'],
  'features/own-store-models.ts': ['features/*/store', 'stores'],
  'features/own-sqlite-parts.ts': ['features/*/store', 'stores/sqlite'],
  'features/index.ts': ['features/*'],
  'features/api.ts': ['features/*'],
  'features/limits.ts': ['kernel', 'features/*/core'],
  'features/settings.ts': ['features/*'],
  // Settings of every node are those of the features that every node has: discovery, topology.
  node: [...below, 'features/*/core', 'valibot', 'fastest-levenshtein', '@standard-schema/spec'],
  stores: ['kernel', 'kit'],
  'stores/sqlite': ['kernel', 'kit', 'stores', 'node:', '@photostructure/sqlite'],
  doors: [...below, 'features/*', 'features/*/core', 'host', 'node:'],
  host: [
    ...below,
    ...['features/*', 'features/*/core', 'node', 'doors', 'stores', 'stores/sqlite'],
    ...['@peculiar/x509', 'reflect-metadata', 'node:'],
  ],
  remote: [...below, 'features/*/core', 'node', 'host', 'node:', 'ws'],
  // Liars and the watch of floods speak topology's messages: a mesh without topology has no records to lie about.
  'sim/world': [
    ...[...below, 'features/*/core', 'features/store-models.ts', 'features/own-store-models.ts'],
    ...['node', 'stores'],
  ],
  'features/*/sim': ['kernel', 'features/*/core', 'features/*', 'kit', 'node', 'stores', 'sim/world'],
  'features/*/sim.ts': ['features/*/sim', 'features/*/store', 'sim/world'],
  'features/sim.ts': ['features/*/sim.ts', 'sim/world'],
  'sim/run': [...below, 'features/*/core', 'features/sim.ts', 'node', 'sim/world', 'valibot'],
  'sim/index.ts': ['sim/world', 'sim/run', 'stores'],
  testing: [...below, 'features/store-models.ts', 'node', 'sim/world', 'sim/run', 'sim/index.ts'],
  'cli/kit': ['kernel/index.ts', 'kit', 'node', 'remote', 'host', 'commander', 'node:'],
  'features/*/cli': [
    ...['kernel/index.ts', 'features/*', 'kit', 'node', 'remote', 'host', 'doors', 'cli/kit'],
    ...['commander', 'node:'],
  ],
  'features/cli.ts': ['features/*/cli', 'features/index.ts', 'cli/kit'],
  cli: [
    ...[
      'kernel/index.ts',
      'kit',
      'features/*',
      'features/settings.ts',
      'features/cli.ts',
      'features/*/cli',
      'node',
      'remote',
      'host',
    ],
    ...['doors', 'stores/sqlite', 'sim/world', 'sim/run', 'sim/index.ts', 'cli/kit', 'index.ts'],
    ...['commander', 'pino', 'node:'],
  ],
  'index.ts': [...below, 'node', 'host', 'remote', 'kernel/index.ts'],
};
/** Features that stand upon others: as the values themselves say. */
const needs: Record<string, string[]> = {
  calls: ['availability'],
  channels: ['availability'],
  formation: ['availability', 'channels'],
  denials: ['identity'],
  swarm: ['formation', 'identity', 'denials'],
  conversations: ['swarm'],
  letters: ['swarm', 'conversations'],
  tasks: ['swarm', 'availability'],
  log: ['swarm', 'availability', 'messaging'],
  queries: ['calls', 'swarm', 'letters', 'tasks'],
};
/** Ends of features that meet others: `mesh snoop` prints messages, `chat` goes on with conversations. */
const endsMeet: Record<string, string[]> = {
  'features/topology/cli': ['messaging'],
  'features/queries/cli': ['conversations'],
};
const linesMax = 500;

interface Import {
  specifier: string;
  /** The imported file, relative to src; undefined for a package. */
  file: string | undefined;
}

const src = fileURLToPath(new URL('../src', import.meta.url));
const files = listSources();
const sources = files.filter((file) => !/\.test(-d)?\.ts$/.test(file));
const importsOf = new Map(sources.map((file) => [file, readImports(file)]));

test('every import stays inside the walls', () => {
  const broken: string[] = [];
  for (const [file, imports] of importsOf) {
    for (const found of imports) {
      const reason = wallBetween(file, found);
      if (reason) broken.push(`src/${file} imports '${found.specifier}': ${reason}`);
    }
  }
  expect(broken).toEqual([]);
});

test('no files import each other in a circle, type imports included', () => {
  expect(findCircles()).toEqual([]);
});

test(`no source file is longer than ${linesMax} lines`, () => {
  const long = files.filter((file) => readSource(file).split('\n').length - 1 > linesMax);
  expect(long.map((file) => `src/${file}`)).toEqual([]);
});

test('no thread of a store is terminated: what it has under way would be cut off, and with it the file', () => {
  const stores = files.filter((file) => file.startsWith('stores/') && !file.endsWith('.test.ts'));
  expect(stores.length).toBeGreaterThan(20);
  expect(stores.filter((file) => /\.terminate\s*\(/.test(readSource(file)))).toEqual([]);
});

function wallBetween(file: string, { specifier, file: target }: Import): string | undefined {
  const room = roomOf(file);
  if (room === undefined) return 'no room of the table in test/walls.test.ts holds this file';
  const allowed = mayImport[room];
  if (target === undefined) {
    const isAllowed =
      allowed.includes(packageOf(specifier)) || (specifier.startsWith('node:') && allowed.includes('node:'));
    return isAllowed ? undefined : `${room} may not import this package`;
  }
  if (!target.endsWith('.ts')) return 'relative imports are written with their .ts ending';
  const targetRoom = roomOf(target);
  if (targetRoom === undefined) return 'it is in no room of src';
  const [feature, targetFeature] = [featureOf(file), featureOf(target)];
  if (feature !== undefined && targetFeature !== undefined && feature !== targetFeature)
    return mayMeet(file, feature, targetFeature, target) ? undefined : 'a feature never imports a sibling';
  if (targetRoom === room || allowed.includes(targetRoom) || allowed.includes(target)) return undefined;
  return `${room} may not import ${targetRoom}`;
}

function roomOf(file: string): Room | undefined {
  const path = file.replace(/^features\/[^/]+\//, 'features/*/').replace(/^(features\/\*\/cli)\.ts$/, '$1');
  const held = rooms.filter((room) => path === room || path.startsWith(`${room}/`));
  return held.sort((a, b) => b.length - a.length)[0];
}

function featureOf(file: string): string | undefined {
  return /^features\/([^/]+)\//.exec(file)?.[1];
}

/** Of the features that it needs a feature may import all but the core, and of that `core/shared.ts`; its core only this. */
function mayMeet(file: string, feature: string, other: string, target: string): boolean {
  const end = /^features\/[^/]+\/(?:sim|cli)/.exec(file)?.[0] ?? '';
  if ((endsMeet[end] ?? []).includes(other)) return true;
  if (!(needs[feature] ?? []).includes(other)) return false;
  if (target === `features/${other}/core/shared.ts`) return true;
  const isCore = [file, target].some((each) => /^features\/[^/]+\/core\//.test(each));
  return !isCore;
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Depth-first over the imports; each circle is reported once, from where the search met it. */
function findCircles(): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].map((name) => `src/${name}`).join(' -> '));
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const { file: target } of importsOf.get(file) ?? []) if (target) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of importsOf.keys()) visit(file);
  return circles;
}

function readImports(file: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ specifier: specifier.text, file: resolve(file, specifier.text) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readSource(file), ts.ScriptTarget.Latest));
  return imports;
}

function resolve(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(dirname(from), specifier) : undefined;
}

function readSource(file: string): string {
  return readFileSync(join(src, file), 'utf8');
}

/** Paths relative to src, with forward slashes, in a fixed order. */
function listSources(): string[] {
  if (!existsSync(src)) return [];
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}
