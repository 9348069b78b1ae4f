/** The engine on a real file, in the thread of the test; its library is real, and fails where a test says so. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  add,
  answerOf,
  entry,
  library,
  newPath,
  notes,
  open,
  problemOf,
  sqliteError,
  textsOf,
  watched,
} from '../../../test/stores/engine-rig.ts';
import type { LogFilter } from '../../kernel/log-event.ts';
import { storeLimits } from '../limits.ts';
import { EventLog } from '../log/event-log.ts';
import type { SqliteDatabase } from './library.ts';
import { SqliteLogRows } from './log-rows.ts';
import type { SqlitePart } from './part.ts';

describe('a group', () => {
  test('is one transaction, also when one of it fails: of that nothing is kept', () => {
    const commits: string[] = [];
    const path = newPath();
    const engine = open(path, { library: watched((sql) => sql === 'COMMIT' && commits.push(sql)) });
    commits.length = 0;
    const outcomes = engine.carryOut([add('a'), entry('refuse', 'x'), entry('dance'), add('b')]);
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code))).toEqual([
      1,
      'SKEIN_FAILED',
      'SKEIN_INVALID',
      2,
    ]);
    expect(commits).toHaveLength(1);
    expect(textsOf(engine)).toEqual(['a', 'b']);
    engine.close();
  });

  test('whose commit fails is unknown, whatever is in the file; the engine is over, and the next one reads it', () => {
    for (const isInFile of [true, false]) {
      let fails = false;
      const failing = watched((sql, database) => {
        if (sql !== 'COMMIT' || !fails) return;
        fails = false;
        if (isInFile) database.exec('COMMIT');
        throw sqliteError(10);
      });
      const path = newPath();
      const engine = open(path, { library: failing });
      engine.carryOut([add('before')]);
      fails = true;
      const outcomes = engine.carryOut([add('unknown'), entry('all')]);
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ ok: false, error: { code: 'SKEIN_LOST' } });
      expect(engine.isOver).toBe(true);
      const next = open(path);
      expect(textsOf(next)).toEqual(isInFile ? ['before', 'unknown'] : ['before']);
      expect(answerOf(next.carryOut([add('after')])[0])).toBe(isInFile ? 3 : 2);
      next.close();
    }
  });

  test('for which there is no room on the disk is refused entirely, and the store goes on', () => {
    const path = newPath();
    const full = watched((sql, database) => {
      if (sql === 'BEGIN IMMEDIATE') database.exec(`PRAGMA max_page_count = ${pages}`);
    });
    let pages = 4_000_000;
    let now = 0;
    const engine = open(path, { library: full, now: () => now });
    engine.carryOut([add('kept')]);
    pages = 1;
    const outcomes = engine.carryOut([add('x'), add('y'.repeat(1_000_000))]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        ok: false,
        error: {
          code: 'SKEIN_STORE_FULL',
          message: `no room on the disk for the store ${path}: nothing was written`,
        },
      });
    expect(textsOf(engine)).toEqual(['kept']);
    pages = 4_000_000;
    now = storeLimits.reserveRetryMs;
    expect(answerOf(engine.carryOut([add('y'.repeat(1_000_000))])[0])).toBe(2);
    engine.close();
  });
});

test('a claim ends the writing of an earlier broker, and one whose commit failed is made again', () => {
  const path = newPath();
  const claim = (epoch: number) => ({
    feature: 'swarm',
    operation: { verb: 'claim', input: epoch as never },
  });
  const earlier = open(path);
  expect(earlier.carryOut([claim(3), add('a')]).map(({ ok }) => ok)).toEqual([true, true]);
  let fails = false;
  const failing = watched((sql) => {
    if (sql === 'COMMIT' && fails) throw sqliteError(10);
  });
  const broken = open(path, { library: failing });
  fails = true;
  expect(broken.carryOut([claim(4)])).toMatchObject([{ ok: false, error: { code: 'SKEIN_LOST' } }]);
  const again = open(path, { before: { id: broken.id, epoch: broken.claimedEpoch } });
  // Nobody knows whether the claim holds until it is made again.
  expect(again.carryOut([add('b')])).toMatchObject([{ ok: false, error: { code: 'SKEIN_STORE_CLAIMED' } }]);
  expect(again.carryOut([claim(5), add('b')]).map(({ ok }) => ok)).toEqual([true, true]);
  expect(earlier.carryOut([add('c')])).toMatchObject([
    { ok: false, error: { code: 'SKEIN_STORE_CLAIMED', details: { epoch: 5 } } },
  ]);
  expect(textsOf(again)).toEqual(['a', 'b']);
  earlier.close();
  again.close();
});

test('a claim in a group that SQLite fails is undone with it: the broker writes on with its own', () => {
  let fails = false;
  const breaking: SqlitePart<{ fail(input: undefined): void }> = {
    name: 'breaking',
    migrations: ['CREATE TABLE breaking (n INTEGER) STRICT'],
    operations: () => ({
      fail() {
        if (fails) throw sqliteError(10);
      },
    }),
  };
  const engine = open(newPath(), { parts: [notes as never, breaking as never] });
  const claim = (epoch: number) => ({
    feature: 'swarm',
    operation: { verb: 'claim', input: epoch as never },
  });
  engine.carryOut([claim(3)]);
  fails = true;
  const failed = engine.carryOut([
    claim(4),
    { feature: 'breaking', operation: { verb: 'fail', input: undefined as never } },
  ]);
  expect(failed.map(({ ok }) => ok)).toEqual([false, false]);
  expect(answerOf(engine.carryOut([add('a')])[0])).toBe(1);
  engine.close();
});

test('a process that stands still in the middle of a write is named, and is not overtaken', async () => {
  const path = newPath();
  const engine = open(path);
  const holder = spawn(process.execPath, ['-e', holderProgram, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(holder.stdout, 'data');
  holder.kill('SIGSTOP');
  const who = process.platform === 'linux' ? `process ${holder.pid}` : 'another process';
  expect(engine.carryOut([add('a')])).toMatchObject([
    {
      ok: false,
      error: { code: 'SKEIN_BUSY', message: expect.stringContaining(`${who} holds the store ${path}`) },
    },
  ]);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(engine.carryOut([add('b')])).toEqual([{ ok: true, value: 1 }]);
  engine.close();
});

/** Begins to write, and never ends. */
const holderProgram = `
  const { DatabaseSync } = require('${library.name}');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('BEGIN IMMEDIATE');
  console.log('holds it');
  setInterval(() => {}, 1000);`;

describe('the file', () => {
  test('belongs to its user alone, with its journals', () => {
    const path = newPath();
    const engine = open(path);
    engine.carryOut([add('a')]);
    for (const suffix of ['', '-wal', '-shm'])
      expect([suffix, statSync(path + suffix).mode & 0o777]).toEqual([suffix, 0o600]);
    engine.close();
  });

  test('syncs each commit: journal and sync are as they must be', () => {
    let database: SqliteDatabase | undefined;
    const engine = open(newPath(), {
      library: { name: 'kept', open: (path) => (database = library.open(path)) },
    });
    const pragma = (name: string) => Object.values(database?.prepare(`PRAGMA ${name}`).get() as object)[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('fullfsync'), pragma('mmap_size')]).toEqual(
      ['wal', 2, 1, 0],
    );
    engine.close();
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['text', (path) => writeFileSync(path, 'x'.repeat(5000)), /is damaged, or no store at all/],
    ['a database of another program', foreign, /is a database of another program: nothing was changed/],
    ['a store of a newer skein', newerFormat, /was written by a newer skein \(format 99, known 3\)/],
    ['tables of a newer skein', newerPart, /was written by a newer skein \(notes 2, known 1\)/],
  ])('is left as it is where it holds %s', (_what, make, message) => {
    const path = newPath();
    make(path);
    const before = readFileSync(path);
    const problem = problemOf(() => open(path));
    expect(problem).toMatchObject({ code: 'SKEIN_STORE', message: expect.stringMatching(message) });
    expect(problem.message).toContain(path);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('is refused where it is no file, or cannot be written', ({ skip }) => {
    const folder = newPath();
    mkdirSync(folder);
    expect(problemOf(() => open(folder)).message).toBe(
      `the store ${folder} is no file: name another path, or move it away`,
    );
    if (process.getuid?.() === 0) skip('root may write everywhere');
    chmodSync(folder, 0o500);
    expect(problemOf(() => open(join(folder, 'a.sqlite'))).message).toContain('cannot be written');
  });

  test.each<[string, (path: string) => void]>([
    ['removed', () => undefined],
    ['replaced by another store', (path) => open(path).close()],
    ['replaced by something else', (path) => writeFileSync(path, '')],
  ])(
    'that is %s while it is in use is written no more, and no new store begins in its place',
    (_how, replace) => {
      const path = newPath();
      const engine = open(path);
      engine.carryOut([add('a')]);
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      replace(path);
      const was = existsSync(path);
      expect(engine.carryOut([add('b')])).toMatchObject([
        {
          ok: false,
          error: { code: 'SKEIN_STORE', message: expect.stringContaining('removed or replaced') },
        },
      ]);
      expect(engine.isOver).toBe(true);
      const before = { id: engine.id, epoch: 0 };
      expect(problemOf(() => open(path, { before })).message).toContain('put the file back');
      expect(existsSync(path)).toBe(was);
    },
  );

  test('is brought to the newest version, and a migration that fails changes nothing', () => {
    const path = newPath();
    const first = open(path);
    first.carryOut([add('old')]);
    first.close();
    const broken = {
      ...notes,
      migrations: [...notes.migrations, 'ALTER TABLE notes ADD COLUMN mood TEXT; nonsense'],
    };
    expect(problemOf(() => open(path, { parts: [broken as never] }))).toMatchObject({ code: 'SKEIN_STORE' });
    const second = { ...notes, migrations: [...notes.migrations, 'ALTER TABLE notes ADD COLUMN mood TEXT'] };
    const engine = open(path, { parts: [second as never] });
    expect(textsOf(engine)).toEqual(['old']);
    engine.close();
    expect(problemOf(() => open(path)).message).toContain('newer skein');
  });
});

test('a file of the first format, which had no log, gets one, and keeps its id and what is in it', () => {
  const path = newPath();
  const before = open(path);
  answerOf(before.carryOut([add('old')])[0]);
  const { id } = before;
  before.close();
  const database = library.open(path);
  database.exec('DROP TABLE skein_log; PRAGMA user_version = 1');
  database.close();
  const engine = open(path);
  expect([engine.id, textsOf(engine)]).toEqual([id, ['old']]);
  engine.close();
  const after = library.open(path);
  expect(after.prepare('SELECT * FROM skein_log').all()).toEqual([]);
  expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 3 });
  after.close();
});

test('a file of the second format, whose log says nothing of runs, is read by time as before', () => {
  const path = newPath();
  open(path).close();
  const database = library.open(path);
  database.exec(`DROP INDEX skein_log_run; ALTER TABLE skein_log DROP COLUMN ahead; PRAGMA user_version = 2;
    INSERT INTO skein_log VALUES
      (1, 1, 5000000, 0, 9, '[["a",0,0,0,0,0,0]]'), (3, 2, 1000, 9, 9, '[["b",0,0,0,0,0,0],["c",1,0,0,0,0,0]]'),
      (4, 1, 6000000, 18, 9, '[["d",0,0,0,0,0,0]]')`);
  database.close();
  open(path).close();
  const after = library.open(path);
  const log = new EventLog(new SqliteLogRows(after));
  const typesOf = (filter: LogFilter) =>
    log.read({ after: 0, limit: 9, filter }).events.map(({ type }) => type);
  expect(typesOf({ since: 5_000_000 })).toEqual(['a', 'd']);
  expect(typesOf({ until: 5_000_000 })).toEqual(['b', 'c']);
  log.append([{ type: 'e', at: 6_000_001, author: '', subject: '', recipients: [], trace: [], note: '' }]);
  expect(typesOf({ since: 6_000_001 })).toEqual(['e']);
  after.close();
});

function foreign(path: string): void {
  const database = library.open(path);
  database.exec('CREATE TABLE theirs (a)');
  database.close();
}

function newerFormat(path: string): void {
  open(path).close();
  const database = library.open(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
}

function newerPart(path: string): void {
  open(path).close();
  const database = library.open(path);
  database.exec("UPDATE skein_part SET version = 2 WHERE feature = 'notes'");
  database.close();
}
