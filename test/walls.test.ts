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
  'kernel',
  'features/*/core',
  'features/limits.ts',
  'kit',
  'features/*/api',
  'node',
  'features/*/remote',
  'remote',
  'host',
  'doors',
  'sim/world',
  'features/*/sim',
  'features/*/sim.ts',
  'features/sim.ts',
  'sim/run',
  'sim/index.ts',
  'testing',
  'cli/kit',
  'features/*/cli',
  'cli',
  'index.ts',
] as const;

/** For each room: the rooms, single files, packages and `node:` that it may import besides itself. */
const mayImport: Record<(typeof rooms)[number], string[]> = {
  kernel: ['@noble/hashes'],
  'features/*/core': ['kernel'],
  'features/limits.ts': ['kernel', 'features/*/core'],
  kit: ['kernel', 'node', 'features/*/api', 'valibot', 'cbor-x', '@standard-schema/spec'],
  'features/*/api': ['kernel', 'features/*/core', 'kit', 'node', '@standard-schema/spec', 'node:stream'],
  node: ['valibot', 'kernel', 'features/*/core', 'features/*/api', 'kit'],
  'features/*/remote': ['kernel', 'features/*/core', 'features/*/api', 'kit', 'node', 'valibot'],
  remote: [
    'kernel',
    'features/*/core',
    'features/*/api',
    'features/*/remote',
    'kit',
    'node',
    'host',
    'node:',
  ],
  doors: [
    'kernel',
    'features/*/core',
    'kit',
    'features/*/api',
    'node',
    'features/*/remote',
    'remote',
    'host',
    'node:',
  ],
  host: [
    ...['kernel', 'features/*/core', 'kit', 'features/*/api', 'node', 'features/*/remote', 'remote', 'doors'],
    ...['@peculiar/x509', 'reflect-metadata', 'node:'],
  ],
  'sim/world': ['kernel', 'features/*/core', 'features/*/api', 'kit', 'node'],
  'features/*/sim': ['kernel', 'features/*/core', 'features/*/api', 'kit', 'node', 'sim/world'],
  'features/*/sim.ts': ['features/*/sim', 'sim/world'],
  'features/sim.ts': ['features/*/sim.ts', 'sim/world'],
  'sim/run': [
    'kernel',
    'features/*/core',
    'features/*/api',
    'features/sim.ts',
    'kit',
    'node',
    'sim/world',
    'valibot',
  ],
  'sim/index.ts': ['sim/world', 'sim/run'],
  testing: ['kernel', 'kit', 'features/*/api', 'node', 'sim/world', 'sim/run', 'sim/index.ts'],
  'cli/kit': ['kernel/index.ts', 'kit', 'node', 'remote', 'host', 'commander', 'node:'],
  'features/*/cli': [
    'kernel/index.ts',
    'features/*/api',
    'features/*/remote',
    'kit',
    'node',
    'remote',
    'host',
    'cli/kit',
    'commander',
    'node:',
  ],
  cli: [
    'cli/kit',
    'features/*/cli',
    'features/*/remote',
    'remote',
    'host',
    'doors',
    'sim/world',
    'sim/run',
    'sim/index.ts',
    'kit',
    'features/*/api',
    'node',
    'kernel/index.ts',
    'index.ts',
    'commander',
    'pino',
    'node:',
  ],
  'index.ts': ['features/limits.ts', 'remote', 'kit', 'features/*/api', 'node', 'host', 'kernel/index.ts'],
};
/** Features that stand upon others. */
const needs: Record<string, string[]> = {
  calls: ['messaging'],
  channels: ['formation', 'messaging'],
  formation: ['channels'],
  topology: ['messaging'],
};
const linesMax = 500;

interface Import {
  specifier: string;
  /** The imported file, relative to src; undefined for a package. */
  file: string | undefined;
  typeOnly: boolean;
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

test('no files import each other in a circle (type imports aside)', () => {
  expect(findCircles()).toEqual([]);
});

test('no files of the simulator need each other in a circle, types included', () => {
  expect(findCircles((file) => file.startsWith('sim/'))).toEqual([]);
});

test(`no source file is longer than ${linesMax} lines`, () => {
  const long = files.filter((file) => readSource(file).split('\n').length - 1 > linesMax);
  expect(long.map((file) => `src/${file}`)).toEqual([]);
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
    return mayMeet(feature, targetFeature, target) ? undefined : 'a feature never imports a sibling';
  if (targetRoom === room || allowed.includes(targetRoom) || allowed.includes(target)) return undefined;
  return `${room} may not import ${targetRoom}`;
}

function roomOf(file: string): (typeof rooms)[number] | undefined {
  const path = file.replace(/^features\/[^/]+\//, 'features/*/');
  const held = rooms.filter((room) => path === room || path.startsWith(`${room}/`));
  return held.sort((a, b) => b.length - a.length)[0];
}

function featureOf(file: string): string | undefined {
  return /^features\/([^/]+)\//.exec(file)?.[1];
}

/** Of the features that it needs a feature may import what programs see, never the core. */
function mayMeet(feature: string, other: string, target: string): boolean {
  return (needs[feature] ?? []).includes(other) && !target.startsWith(`features/${other}/core/`);
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * Depth-first over the value imports; each circle is reported once, from where the search met it.
 * @param withTypes Of these files type imports count as well, among each other.
 */
function findCircles(withTypes: (file: string) => boolean = () => false): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file].map((name) => `src/${name}`).join(' -> '));
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const { file: target, typeOnly } of importsOf.get(file) ?? [])
      if (target && (!typeOnly || (withTypes(file) && withTypes(target)))) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of importsOf.keys()) visit(file);
  return circles;
}

function readImports(file: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ specifier: specifier.text, file: resolve(file, specifier.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
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
