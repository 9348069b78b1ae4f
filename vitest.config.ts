/**
 * The tests as vitest runs them: three kinds, each with as many workers as it can use, in two tiers.
 *
 * Read by vitest. `npm test` takes the tests that end soon, `npm run test:all` the rest: files named
 * `*.long.test.ts`, whose project has the kind's name and `-long`. Invariant: every test file of the repository is in
 * exactly one project.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

interface Kind {
  readonly name: string;
  readonly files: readonly string[];
  readonly workers: number;
  /** Groups run one after the other; kinds of one group share its workers. */
  readonly group: number;
  /** Each file loads all modules by itself. Where files share them, importing takes a third of the time. */
  readonly isIsolated: boolean;
}

/** What nodes of tests keep for themselves, as their identities, is gone with the run. */
const stateFolder = mkdtempSync(join(tmpdir(), 'skein-test-state-'));
process.on('exit', () => rmSync(stateFolder, { recursive: true, force: true }));

const cores = availableParallelism();

/** A file belongs to the first kind that names it. */
const kinds: readonly Kind[] = [
  {
    name: 'e2e',
    files: [
      'test/e2e/*.test.ts',
      'test/{meshage,chat}/*.test.ts',
      'test/torture/*.test.ts',
      'test/scenarios/both-worlds*.test.ts',
      'test/{bench,examples}.test.ts',
    ],
    // Real processes, sockets and timers: most of it waits, so that more files than cores run at a time.
    workers: 2 * cores,
    group: 1,
    isIsolated: true,
  },
  {
    name: 'sim',
    files: ['test/{sim,scenarios,mutants}/**/*.test.ts'],
    workers: cores,
    group: 0,
    isIsolated: false,
  },
  {
    name: 'code',
    files: ['{src,test}/**/*.test.ts'],
    workers: cores,
    group: 0,
    isIsolated: false,
  },
];

/** Waits longer than any other file of its group, which would end that much later were it begun last. */
const slowestFile = 'test/e2e/blocking.test.ts';

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlowest = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith(slowestFile);
    const sorted = await super.sort(files);
    return [...sorted.filter(isSlowest), ...sorted.filter((file) => !isSlowest(file))];
  }
}

export default defineConfig(({ mode }) => ({
  test: {
    sequence: { sequencer: SlowestFirst },
    environment: 'node',
    pool: 'forks',
    setupFiles: ['./test/patience.ts'],
    // What a test has put in the place of something is gone with it: files share modules.
    restoreMocks: true,
    // Against what never ends: no test is judged by it. A busy machine takes ten times as long as a quiet one.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    // The keys of whoever runs the tests are not theirs to use.
    env: {
      XDG_CONFIG_HOME: '/nonexistent',
      XDG_STATE_HOME: stateFolder,
      SKEIN_KEY: '',
      SKEIN_KEY_FILE: '',
    },
    // Each with the mode that was asked for (`npm run fuzz`), which vitest does not hand on.
    projects: kinds.flatMap((kind, index) => {
      const others = kinds.slice(0, index).flatMap(({ files }) => files);
      return [
        project(kind, kind.name, kind.files, [...others, '**/*.long.test.ts']),
        // A long one keeps dozens of processes at work: more of them at a time than cores, and nodes are silent for seconds.
        project({ ...kind, workers: cores }, `${kind.name}-long`, kind.files.map(longOf), others.map(longOf)),
      ].map((one) => ({ ...one, mode }));
    }),
  },
}));

function longOf(glob: string): string {
  return glob.replace(/\.test\.ts$/, '.long.test.ts');
}

function project(
  { workers, group, isIsolated }: Kind,
  name: string,
  include: readonly string[],
  excluded: readonly string[],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [...include],
      exclude: [...configDefaults.exclude, ...excluded],
      maxWorkers: workers,
      isolate: isIsolated,
      sequence: { groupOrder: group },
    },
  };
}
