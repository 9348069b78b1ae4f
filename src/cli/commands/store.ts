/**
 * `skein store ...`: the file in which the swarm is kept: what it is, whether it is whole, a copy of it, and back.
 *
 * They work on the file, whether a node has it open or not; what features add asks a node. A backup is made by SQLite over a connection that only
 * reads, so that the broker goes on writing meanwhile. Invariant: of these nothing but `restore` changes a store.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { featureClis } from '../../features/cli.ts';
import { findKeys } from '../../host/keys/key-source.ts';
import { defaultStorePath, ownStoresBeside } from '../../host/lazy-store.ts';
import { makeFolder } from '../../host/make-folder.ts';
import { StoreMesh } from '../../host/store-mesh.ts';
import { noteAsHome, readNote } from '../../host/store-note.ts';
import { swarmParts } from '../../host/swarm-parts.ts';
import { SkeinError } from '../../kernel/index.ts';
import { checkSetting } from '../../kit/setting.ts';
import { noStore, settings } from '../../node/settings.ts';
import { copyTo } from '../../stores/sqlite/backup.ts';
import { checkStore, type StoreCheck } from '../../stores/sqlite/check.ts';
import { loadSqlite } from '../../stores/sqlite/library.ts';
import { type Merged, mergeStore } from '../../stores/sqlite/merge.ts';
import { readStore } from '../../stores/sqlite/reading.ts';
import { restoreStore } from '../../stores/sqlite/restore.ts';
import { syncTimes } from '../../stores/sqlite/sync-times.ts';
import { command, type PrintChoice, withJson } from '../kit/command.ts';
import { ExitError, UsageError } from '../kit/exit.ts';
import type { FeatureCli } from '../kit/feature-cli.ts';
import { list, orDash, plural, print, printJson } from '../kit/output.ts';
import { type FoundSettings, findSettings } from '../settings.ts';

interface StoreChoice extends PrintChoice {
  readonly store?: string;
  readonly namespace?: string;
  readonly config?: string;
  readonly keyFile?: string;
}

export async function build(): Promise<Command> {
  const store = command(
    'store',
    'the file that keeps the swarm: show, check, back up, restore, rekey, merge, adopt',
    ['skein store show', 'skein store backup swarm.backup'],
  );
  for (const build of [buildShow, buildCheck, buildBackup, buildRestore, buildRekey, buildMerge])
    store.addCommand(build());
  const clis: readonly FeatureCli[] = Object.values(featureClis);
  const loaded = await Promise.all(
    clis.flatMap(({ storeCommands = [] }) => storeCommands.map((load) => load())),
  );
  for (const { build } of loaded) store.addCommand(build());
  return store;
}

function storeCommand(name: string, summary: string, examples: readonly string[]): Command {
  return withJson(
    command(name, summary, examples)
      .option('--store <path>', 'its file (default: what skein up would use: skein config show)')
      .option('--namespace <name>', 'of the nodes whose store it is (default: default)')
      .option('--config <path>', 'configuration file that says so'),
  );
}

function buildShow(): Command {
  return storeCommand('show', 'show what the file is, and how fast its disk is', ['skein store show']).action(
    (choice: StoreChoice) => {
      const found = checkStore(pathOf(choice));
      const syncMs = syncTimesAt(dirname(found.path));
      const home = homeBeside(found.path) ?? null;
      if (choice.json) printJson({ ...found, home, syncMs: syncMs ?? null });
      else print(formatStore(found, home, syncMs));
    },
  );
}

function buildCheck(): Command {
  return storeCommand('check', 'check that the file is whole; changes nothing', ['skein store check'])
    .addHelpText('after', '\nEnds with 0 if it is, else with 1.')
    .action((choice: StoreChoice) => {
      const found = checkStore(pathOf(choice));
      const { path, problems } = found;
      if (choice.json) printJson(found);
      else print(problems.length === 0 ? `${path}: no problems` : problems.join('\n'));
      if (problems.length > 0) throw new ExitError(1);
    });
}

function buildBackup(): Command {
  return storeCommand('backup', 'copy the store into a file, also while nodes use it', [
    'skein store backup swarm.backup',
  ])
    .argument('<file>', 'the copy; must not be there')
    .action((file: string, choice: StoreChoice) => {
      const [path, copy] = [pathOf(choice), resolve(file)];
      const id = backUp(path, copy);
      if (choice.json) printJson({ path, file: copy, id });
      else print(`copied ${path} to ${copy}`);
    });
}

function buildRestore(): Command {
  return storeCommand('restore', 'make a store of a backup, while no node uses it', [
    'skein store restore swarm.backup --replace',
  ])
    .argument('<file>', 'a backup, or the file of a store')
    .option('--replace', 'in place of a store that is there, which is then gone')
    .addHelpText(
      'after',
      '\nThe restored store has an id of its own. Letters that were handled after the\nbackup was made are handled once more.',
    )
    .action((file: string, choice: StoreChoice & { readonly replace?: boolean }) => {
      const { replace = false } = choice;
      const path = pathOf(choice);
      if (!replace && existsSync(path))
        throw new UsageError(
          `there is a store at ${path} already: name another file with --store, or give --replace`,
        );
      makeFolder(dirname(path));
      const id = restoreStore(resolve(file), path, { replace });
      noteAsHome(path, id);
      if (choice.json) printJson({ path, id });
      else print(`restored ${path}, as store ${id}`);
    });
}

function buildRekey(): Command {
  return storeCommand('rekey', 'give the store to the mesh whose key nodes here have now', [
    'skein store rekey',
  ])
    .option('--key-file <path>', 'the file with the key (default: that of skein up)')
    .addHelpText(
      'after',
      '\nFor when the key of the mesh was changed while no node ran here. While one runs\nwith the old key and the new one beside each other, the store follows by itself.\nStart the nodes that use the store again afterwards.',
    )
    .action((choice: StoreChoice) => {
      const path = pathOf(choice);
      if (!existsSync(path))
        throw new SkeinError('SKEIN_STORE', `there is no store at ${path}: name the file of one`);
      const ids = keyIdsOf(choice);
      for (const each of [path, ...ownStoresBeside(path)]) new StoreMesh(each, () => ids).write();
      if (choice.json) printJson({ path, keys: ids });
      else
        print(
          `${path} belongs to ${ids.length === 0 ? 'nodes without a key' : `the mesh of key ${ids.join(', ')}`}`,
        );
    });
}

function buildMerge(): Command {
  return storeCommand('merge', 'move what another store has into this one, while no node uses either', [
    'skein store merge other/swarm.sqlite',
  ])
    .argument('<file>', 'the other store')
    .addHelpText(
      'after',
      '\nFor when two machines began a swarm before they heard of each other: the older\nstore is the swarm’s, and letters of the other one wait there. Bring its file to\nthe machine of the older one, with those beside it, and merge it there. Letters\nkeep their ids, and what has failed there has failed here. Conversations that\nthis store does not know, names and the identities that they are pinned to come\nalong. What contradicts this store stays there and is named; the command ends\nwith 1 then. Ended letters and the log stay there.',
    )
    .action(async (file: string, choice: StoreChoice) => {
      const [from, path] = [resolve(file), pathOf(choice)];
      const parts = await swarmParts();
      const check = (into: string): void => refuseOther(path, into);
      const merged = mergeStore(from, path, { library: loadSqlite(), parts, now: Date.now(), check });
      if (choice.json) printJson({ path, from, ...merged });
      else print([...movedLines(merged, from, path), ...merged.left].join('\n'));
      if (merged.left.length > 0) throw new ExitError(1);
    });
}

function movedLines({ moved }: Merged, from: string, path: string): string[] {
  return Object.entries(moved).map(([what, count]) => `${what}: ${count} moved from ${from} to ${path}`);
}

/** What is moved into a store that is not the swarm's would wait there for nothing. @param id Of the store there. */
function refuseOther(path: string, id: string): void {
  const home = homeBeside(path);
  if (home === undefined || home.store === id) return;
  throw new SkeinError(
    'SKEIN_STORE',
    `the swarm is kept on ${home.host}, in store ${home.store}, and not in ${path} (store ${id}): nothing was moved; merge them there`,
  );
}

/** Undefined: no node of this machine has heard of one. */
function homeBeside(path: string): { readonly store: string; readonly host: string } | undefined {
  const { store, host } = (readNote(path) ?? {}) as { readonly store?: unknown; readonly host?: unknown };
  return typeof store === 'string' && typeof host === 'string' ? { store, host } : undefined;
}

/** The keys that nodes started here would have; none: they would go without. */
function keyIdsOf({ keyFile, namespace, config }: StoreChoice): readonly string[] {
  const found = findSettings({ flags: { keyFile, namespace }, environment: process.env, config });
  if (found.given.get('insecure')?.value === true) return [];
  const keys = findKeys({ key: undefined, keyFile: settingOf(found, 'keyFile') });
  return keys?.ring.all.map(({ id }) => id) ?? [];
}

/** The copy is checked: a node that begins to use the store in that moment may have spoiled it. @returns the store's id. */
function backUp(path: string, copy: string): string | undefined {
  const { problems, facts } = checkStore(path);
  if (problems.length > 0)
    throw new SkeinError('SKEIN_STORE', `the store ${path} is damaged and was not copied: ${problems[0]}`);
  readStore(loadSqlite(), path, {
    read: (source) => copyTo(source, path, copy),
    undo: () => rmSync(copy),
  });
  const [problem] = checkStore(copy).problems;
  if (problem === undefined) return facts?.id;
  rmSync(copy);
  throw new SkeinError('SKEIN_STORE', `the copy ${copy} was damaged, and is gone: ${problem}; try again`);
}

/** Undefined where it cannot be measured, as in a folder that this user cannot write. */
function syncTimesAt(folder: string): readonly number[] | undefined {
  try {
    return syncTimes(folder);
  } catch {
    return undefined;
  }
}

function pathOf({ store, namespace, config }: StoreChoice): string {
  const found = findSettings({ flags: { store, namespace }, environment: process.env, config });
  const path = settingOf(found, 'store');
  if (path === noStore)
    throw new UsageError(
      'the setting store is none, so that nodes here keep nothing: name a file with --store',
    );
  return path === undefined
    ? defaultStorePath(settingOf(found, 'namespace') ?? settings.namespace.default)
    : resolve(path);
}

/** @throws TypeError for a value that does not fit. */
function settingOf({ given }: FoundSettings, name: 'store' | 'namespace' | 'keyFile'): string | undefined {
  const found = given.get(name);
  return found === undefined ? undefined : checkSetting(settings[name], found.value, found.place);
}

function formatStore(
  found: StoreCheck,
  home: ReturnType<typeof homeBeside> | null,
  syncMs: readonly number[] | undefined,
): string {
  const { path, sizeBytes, writeAheadLogBytes, library, sqliteVersion, facts, problems } = found;
  const parts = Object.entries(facts?.parts ?? {}).map(([part, version]) => `${part} ${version}`);
  return list([
    ['path', path],
    ['size', plural(sizeBytes, 'byte')],
    ['write-ahead log', plural(writeAheadLogBytes, 'byte')],
    ['store', orDash(facts?.id)],
    ['home', homeText(home, facts?.id)],
    ['epoch', orDash(facts?.epoch.toString())],
    ['parts', orDash(parts.join(', '))],
    ['library', `${library}, SQLite ${sqliteVersion}`],
    ['sync', syncMs === undefined ? 'cannot be measured: its folder cannot be written' : syncText(syncMs)],
    ...Object.entries(facts?.pragmas ?? {}).map(([name, value]) => [name, String(value)] as const),
    ...problems.map((problem) => ['problem', problem] as const),
  ]);
}

/** @param id Of the store that is shown. */
function homeText(home: ReturnType<typeof homeBeside> | null, id: string | undefined): string {
  if (home === null || home === undefined) return '-';
  if (home.store === id) return 'this store';
  return `${home.host}, store ${home.store}: what waits here is not handed out; see skein store merge --help`;
}

/** @param times The shortest first. */
function syncText(times: readonly number[]): string {
  const [median = 0, longest = 0] = [times[Math.floor(times.length / 2)], times.at(-1)];
  return `${median.toFixed(2)}ms (median of ${times.length}), at most ${longest.toFixed(2)}ms`;
}
