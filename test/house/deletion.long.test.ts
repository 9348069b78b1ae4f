/**
 * A capability is one folder and a line in each list: a feature is taken out of a copy of the tree, with those that need it,
 * its lines in the lists and the tests that speak of it. What is left compiles, and the tests of kernel, node,
 * remote and simulator pass.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What may name a feature; nothing else outside of its folders does. */
const lists = [
  ...[
    ...['index.ts', 'api.ts', 'limits.ts', 'settings.ts', 'cli.ts', 'sim.ts'],
    ...['store-models.ts', 'sqlite-parts.ts', 'own-store-models.ts', 'own-sqlite-parts.ts'],
  ].map((file) => `src/features/${file}`),
  'src/doors/index.ts',
];

interface Deletion {
  /** The feature, and those that need it. */
  readonly features: readonly string[];
  /** Doors that serve it alone: each is a folder, and a line of `src/doors/index.ts`. */
  readonly doors: readonly string[];
}

const deletions: readonly Deletion[] = [
  { features: ['calls', 'queries'], doors: [] },
  { features: ['letters', 'conversations', 'queries'], doors: [] },
  { features: ['log'], doors: [] },
  {
    features: ['formation', 'swarm', 'conversations', 'letters', 'tasks', 'log', 'queries'],
    doors: ['nanomsg'],
  },
];

const outputLengthMax = 20_000;
/** Of each range of the simulator: that what is left plays shows in a few; whether it plays right, the whole tree shows. */
const seedsMax = 8;
const copies: string[] = [];
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
});

/** Against what never ends: it is a minute's work on idle cores, and runs beside other tests. */
const suiteTimeoutMs = 15 * 60_000;

describe.each(deletions)('without $features', ({ features, doors }) => {
  const copy = copyTree();
  const gone = [
    ...features.map((feature) => `src/features/${feature}/`),
    ...doors.map((door) => `src/doors/${door}/`),
  ];

  test('only lists import it', () => {
    const importing = sources(copy, 'src').filter(
      (file) =>
        !gone.some((folder) => file.startsWith(folder)) &&
        !/\.test(-d)?\.ts$/.test(file) &&
        importsOf(copy, file).some((path) => isGone(path, gone)),
    );
    expect(importing.length).toBeGreaterThan(4);
    expect(importing.filter((file) => !lists.includes(file))).toEqual([]);
  });

  test('what is left compiles', () => {
    remove(copy, features, gone);
    expect(run(copy, 'node_modules/typescript/bin/tsc', '-b')).toBe('');
  });

  test('the tests of kernel, node, remote and simulator pass', { timeout: suiteTimeoutMs }, () => {
    const wanted = [
      'src/kernel',
      'src/kit',
      'src/node',
      'src/remote',
      'src/testing',
      'test/core',
      'test/sim',
    ];
    const left = wanted
      .flatMap((folder) => sources(copy, folder))
      .filter((file) => file.endsWith('.test.ts') && !file.endsWith('.long.test.ts'));
    expect(left.length).toBeGreaterThan(40);
    expect(run(copy, 'node_modules/vitest/vitest.mjs', 'run', '--reporter=dot', ...left)).toBe('');
  });
});

function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'skein-deletion-'));
  copies.push(copy);
  for (const name of ['src', 'test', 'examples', 'scripts', 'package.json', 'vitest.config.ts'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of readdirSync(root))
    if (/^tsconfig.*\.json$/.test(name)) cpSync(join(root, name), join(copy, name));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The folders, the lines in the lists, and every test and tool of tests that needs what is gone, one after the other. */
function remove(copy: string, features: readonly string[], gone: readonly string[]): void {
  for (const list of lists) editList(copy, list, gone);
  withoutCommands(copy, features);
  for (const folder of gone) rmSync(join(copy, folder), { recursive: true, force: true });
  // Its tests are also those that name it: as a workload, as the feature of a command, or as what a node has of it.
  const named = features.join('|');
  const name = new RegExp(`['",](?:${named})['",]|\\.(?:${named})\\.\\w+\\(`);
  for (const file of sources(copy, 'test'))
    if (file.endsWith('.test.ts') && name.test(readFileSync(join(copy, file), 'utf8')))
      rmSync(join(copy, file));
  for (let before = -1, after = 0; before !== after; before = after, after = removeTests(copy));
}

/** A feature that has no commands brings nothing to their list but its name. */
function withoutCommands(copy: string, features: readonly string[]): void {
  const file = join(copy, 'src/features/cli.ts');
  const line = new RegExp(`^ *(?:${features.join('|')}): withoutCommands,\\n`, 'gm');
  writeFileSync(file, readFileSync(file, 'utf8').replace(line, ''));
}

/** Takes out the imports of what is gone, and the lines and entries that stand for what they brought. */
function editList(copy: string, list: string, gone: readonly string[]): void {
  const names: string[] = [];
  const kept: string[] = [];
  for (const line of readFileSync(join(copy, list), 'utf8').split('\n')) {
    const [, brought, specifier] = /^(?:import|export) (.*) from '(\.[^']+)';$/.exec(line) ?? [];
    if (specifier === undefined || !isGone(join(dirname(list), specifier), gone)) kept.push(line);
    else names.push(...(brought?.match(/\b(?!type\b)\w+/g) ?? []));
  }
  if (names.length === 0) return;
  const word = `(?:${names.join('|')})\\b(?:\\.\\w+)?(?:\\(\\w*\\))?`;
  const whole = new RegExp(`^\\s*(?:\\w+: |\\.\\.\\.)?${word},?(?:\\s*//.*)?$`);
  const entry = new RegExp(`(?:\\.\\.\\.)?\\b${word}(?:, )?`, 'g');
  const edited = kept
    .filter((line) => !whole.test(line))
    .map((line) =>
      line.startsWith('import ')
        ? line
        : line
            .replace(entry, '')
            .replace(/, +(?=[\]{])/, ' ')
            .replace(' ]', ']')
            .replace(/ extends\s+\{/, ' {'),
    );
  // Of a list of interfaces over several lines the first one or the last one may be gone.
  const text = edited.join('\n').replace(/\bextends\s*,/g, 'extends');
  writeFileSync(join(copy, list), text.replace(/,\s+(?=\{\})/g, ' '));
}

/** Test files that import what is not there any more. @returns how many files are left. */
function removeTests(copy: string): number {
  const all = [
    ...sources(copy, 'test'),
    ...sources(copy, 'src').filter((file) => /\.test(-d)?\.ts$/.test(file)),
  ];
  const broken = all.filter((file) =>
    importsOf(copy, file).some((path) => path.endsWith('.ts') && !existsSync(join(copy, path))),
  );
  for (const file of broken) rmSync(join(copy, file));
  return all.length - broken.length;
}

function isGone(path: string, gone: readonly string[]): boolean {
  return gone.some((place) => path.startsWith(place));
}

function importsOf(copy: string, file: string): string[] {
  const text = readFileSync(join(copy, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(
    ([, specifier]) => specifier as string,
  );
  return specifiers.map((specifier) => join(dirname(file), specifier));
}

function sources(copy: string, folder: string): string[] {
  return readdirSync(join(copy, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(copy, join(entry.parentPath, entry.name)))
    .sort();
}

/** What it printed where it failed, else nothing. */
function run(copy: string, script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, script), ...args], {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', SKEIN_TEST_SEEDS_MAX: String(seedsMax) },
  });
  return status === 0 ? '' : `${stdout}${stderr}`.slice(-outputLengthMax);
}
