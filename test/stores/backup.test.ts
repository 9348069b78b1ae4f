/** Backups of a store in use, what a look at a file says, and stores made of backups. Needs dist. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkStore } from '../../src/stores/sqlite/check.ts';
import type { SqliteLibrary } from '../../src/stores/sqlite/library.ts';
import { restoreStore } from '../../src/stores/sqlite/restore.ts';
import { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { syncTimes } from '../../src/stores/sqlite/sync-times.ts';
import { add, library, newPath, open, problemOf, sqliteError, textsOf, watched } from './engine-rig.ts';

const claim = (epoch: number) => ({ feature: 'swarm', operation: { verb: 'claim', input: epoch as never } });
const row = 'x'.repeat(2000);

/** Closed, with this many rows. */
function madeStore(count = 2): string {
  const path = newPath();
  const engine = open(path);
  engine.carryOut([claim(4), ...Array.from({ length: count }, (_, i) => add(`${i} ${row}`))]);
  engine.close();
  return path;
}

/** One file without a log, whatever the library leaves when it closes one. */
function madeFile(count?: number): string {
  const path = newPath();
  restoreStore(madeStore(count), path);
  return path;
}

function madeDamaged(): string {
  const path = madeFile(100);
  const bytes = readFileSync(path);
  // Pages of rows, not the head.
  bytes.fill(0xff, 4096 * 6, 4096 * 8);
  writeFileSync(path, bytes);
  return path;
}

function change(path: string, sql: string): void {
  const database = library.open(path);
  database.exec(sql);
  database.close();
}

const suffixesOf = (path: string) =>
  readdirSync(dirname(path))
    .filter((name) => name === basename(path) || name.startsWith(`${basename(path)}-`))
    .map((name) => name.slice(basename(path).length));

describe('a backup of a store in use', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-backup-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const program = new URL('../../dist/chunks/worker.js', import.meta.url);
  const modulesOf = (name: string) => [new URL(`./${name}.mjs`, import.meta.url).href];
  const openStore = (name: string, modules = modulesOf('sqlite-parts')) =>
    SqliteStore.open({ path: join(folder, name), modules, program });
  const put = (store: SqliteStore) => store.execute('tally', { verb: 'put', input: 1 as never });

  test('has what was reported before, is for its user alone, and the store goes on', async () => {
    const store = await openStore('a.sqlite');
    for (let i = 0; i < 3; i++) await put(store);
    const file = join(folder, 'a.backup');
    const [, next] = await Promise.all([store.backup(file), put(store)]);
    expect([next, await put(store)]).toEqual([4, 5]);
    await store.close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(checkStore(file)).toMatchObject({ problems: [], facts: { id: store.id, epoch: 0 } });
    const path = join(folder, 'b.sqlite');
    const id = restoreStore(file, path);
    const restored = await openStore('b.sqlite');
    expect(restored.id).toBe(id);
    expect([4, 5]).toContain(await put(restored));
    await restored.close();
  });

  test('overwrites nothing, and what was asked for before the closing is finished', async () => {
    const store = await openStore('c.sqlite');
    const file = join(folder, 'c.backup');
    const first = store.backup(file);
    const second = store.backup(file);
    const closed = store.close();
    await first;
    await expect(second).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
      message: `the file ${file} exists already, and nothing is overwritten: name another one`,
    });
    await expect(store.backup(join(folder, 'd.backup'))).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
    await closed;
    expect(checkStore(file).problems).toEqual([]);
  });

  test('fails when the thread ends before it is made', async () => {
    const store = await openStore('e.sqlite', modulesOf('mortal-part'));
    const exit = store.execute('mortal', { verb: 'exit', input: undefined as never });
    // After the group, for the thread that is still there.
    const backup = store.backup(join(folder, 'e.backup'));
    await expect(exit).rejects.toMatchObject({ code: 'SKEIN_LOST' });
    await expect(backup).rejects.toMatchObject({ code: 'SKEIN_LOST' });
    await store.backup(join(folder, 'f.backup'));
    await store.close();
  });
});

test('a backup that fails leaves no file, and the store goes on', () => {
  const path = newPath();
  const engine = open(path, {
    library: {
      ...watched(() => undefined),
      open(name) {
        const database = library.open(name);
        return {
          get isTransaction() {
            return database.isTransaction;
          },
          exec: (sql) => database.exec(sql),
          close: () => database.close(),
          prepare(sql) {
            if (sql.startsWith('VACUUM')) throw sqliteError(13);
            return database.prepare(sql);
          },
        };
      },
    },
  });
  const file = newPath();
  expect(problemOf(() => engine.backup(file))).toMatchObject({ code: 'SKEIN_STORE_FULL' });
  expect(problemOf(() => engine.backup(join(file, 'x'))).message).toContain('cannot be made');
  expect(problemOf(() => statSync(file)).code).toBe('ENOENT');
  expect(engine.carryOut([add('a')])).toEqual([{ ok: true, value: 1 }]);
  engine.close();
});

describe('a look at a store', () => {
  test('says what it is, and changes nothing', () => {
    const path = madeFile();
    change(path, 'PRAGMA journal_mode = WAL');
    const before = readFileSync(path);
    const found = checkStore(path);
    expect(found).toMatchObject({
      path,
      problems: [],
      library: library.name,
      sizeBytes: statSync(path).size,
      facts: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        epoch: 4,
        parts: { notes: 1 },
        pragmas: { page_size: 4096, user_version: 3, synchronous: 'full', fullfsync: 'on', mmap_size: 0 },
      },
    });
    expect(found.sqliteVersion).toMatch(/^3\./);
    expect(suffixesOf(path)).toEqual(['']);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('says how a closed store is written, although nobody writes it', () => {
    const path = madeFile();
    expect(checkStore(path).facts?.pragmas.journal_mode).toBe('delete');
    change(path, 'PRAGMA journal_mode = WAL');
    expect(suffixesOf(path)).not.toContain('-wal');
    expect(checkStore(path).facts?.pragmas.journal_mode).toBe('wal');
  });

  /** While it is read without a log, this happens to it. */
  const whileRead = (happens: () => void): SqliteLibrary => ({
    ...library,
    open(address, options) {
      const database = library.open(address, options);
      if (!address.includes('immutable')) return database;
      database.prepare('SELECT count(*) FROM sqlite_schema').get();
      happens();
      return database;
    },
  });

  test('is of one moment, also where a node begins to use the store meanwhile', () => {
    const path = madeFile(100);
    let node: ReturnType<typeof open> | undefined;
    const begun = whileRead(() => {
      node = open(path);
      node.carryOut([claim(100), add('meanwhile')]);
    });
    expect(checkStore(path, begun)).toMatchObject({ problems: [], facts: { epoch: 100 } });
    node?.close();
  });

  test('gives up where the store changes each time', () => {
    const path = madeFile(100);
    const used = whileRead(() => change(path, 'UPDATE skein_store SET epoch = epoch + 1'));
    expect(problemOf(() => checkStore(path, used))).toMatchObject({
      code: 'SKEIN_BUSY',
      message: `the store ${path} changed each time that it was read: try again`,
    });
  });

  test('sees what a store in use has in its log, and disturbs nobody', () => {
    const path = newPath();
    const engine = open(path);
    engine.carryOut([claim(9)]);
    const found = checkStore(path);
    expect(found).toMatchObject({ problems: [], facts: { id: engine.id, epoch: 9 } });
    expect(found.writeAheadLogBytes).toBe(statSync(`${path}-wal`).size);
    expect(engine.carryOut([add('a')])).toEqual([{ ok: true, value: 1 }]);
    engine.close();
  });

  test('names what is damaged, or of a newer skein', () => {
    expect(checkStore(madeDamaged()).problems.length).toBeGreaterThan(0);
    const newer = madeFile();
    change(newer, 'PRAGMA user_version = 99');
    expect(checkStore(newer).problems).toEqual(['it was written by a newer skein (format 99, known 3)']);
    const text = newPath();
    writeFileSync(text, 'x'.repeat(5000));
    expect(checkStore(text)).toMatchObject({
      problems: [expect.stringContaining('no store at all')],
      facts: undefined,
    });
  });

  test('is refused where there is no store', () => {
    const path = newPath();
    expect(problemOf(() => checkStore(path)).message).toBe(
      `there is no store at ${path}: name the file of one`,
    );
    change(path, 'CREATE TABLE theirs (a)');
    expect(problemOf(() => checkStore(path))).toMatchObject({
      code: 'SKEIN_STORE',
      message: `${path} is no store of skein: name the file of one`,
    });
  });
});

describe('a restored store', () => {
  test('has all that the backup has, its epoch, and an id of its own', () => {
    const from = madeStore();
    const path = newPath();
    const id = restoreStore(from, path);
    expect(id).not.toBe(checkStore(from).facts?.id);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const engine = open(path);
    expect([engine.id, engine.claimedEpoch]).toEqual([id, 4]);
    expect(textsOf(engine)).toEqual([`0 ${row}`, `1 ${row}`]);
    engine.close();
  });

  test('has what the log of its source has, which a crash left', () => {
    const from = newPath();
    const crashed = open(from);
    crashed.carryOut([add('in the log')]);
    const path = newPath();
    restoreStore(from, path);
    crashed.close();
    const engine = open(path);
    expect(textsOf(engine)).toEqual(['in the log']);
    engine.close();
  });

  test('takes the place of another one only if that is asked for, and not while it is in use', () => {
    const from = madeStore();
    const path = newPath();
    const running = open(path);
    running.carryOut([add('before')]);
    const bytes = readFileSync(path);
    expect(problemOf(() => restoreStore(from, path))).toMatchObject({
      code: 'SKEIN_INVALID',
      message: `there is a file at ${path} already: name another path, or let it be replaced`,
    });
    expect(problemOf(() => restoreStore(from, path, { replace: true }))).toMatchObject({
      code: 'SKEIN_BUSY',
      message: `the store ${path} is in use: stop the nodes that use it, then restore`,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(textsOf(running)).toEqual(['before']);
    running.close();
  });

  test.each([
    ['a damaged one', ['', '-wal']],
    ['one that is gone', ['-wal', '-shm']],
  ])('takes the place of %s, with no log of that', (_what, suffixes) => {
    const from = madeStore();
    const path = newPath();
    for (const suffix of suffixes) writeFileSync(path + suffix, 'damaged'.repeat(1000));
    restoreStore(from, path, { replace: true });
    expect(suffixesOf(path)).toEqual(['']);
    const engine = open(path);
    expect(textsOf(engine)).toHaveLength(2);
    engine.close();
  });

  test('is not made of a damaged backup', () => {
    const from = madeDamaged();
    const path = newPath();
    expect(problemOf(() => restoreStore(from, path))).toMatchObject({
      code: 'SKEIN_STORE',
      message: expect.stringContaining(`${from} is damaged and was not restored`),
    });
    expect(problemOf(() => statSync(path)).code).toBe('ENOENT');
  });
});

test('syncs are timed, and leave nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-sync-'));
  const times = syncTimes(folder, 5);
  expect(times).toHaveLength(5);
  expect(times.every((ms) => ms > 0)).toBe(true);
  expect([...times].sort((a, b) => a - b)).toEqual(times);
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
  expect(problemOf(() => syncTimes(folder))).toMatchObject({ code: 'SKEIN_STORE' });
});
