/** What the store on SQLite does on a full disk: in the thread of the test, and on a real small one. Needs dist. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeLimits } from '../../src/stores/limits.ts';
import type { Outcome } from '../../src/stores/parts.ts';
import type { SqliteDatabase } from '../../src/stores/sqlite/library.ts';
import { onSmallDisk, smallDiskProblem } from '../small-disk.ts';
import { add, entry, newPath, notes, open, sqliteError, textsOf, watched } from './engine-rig.ts';
import { fullDiskTranscript } from './full-disk.ts';

describe('on a full disk', () => {
  const remove = (n: number) => entry('remove', n);
  const codesOf = (outcomes: readonly Outcome[]) =>
    outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code));

  /** Where no commit that changes something succeeds before half of the reserve was given. */
  function openOnFullDisk() {
    const path = newPath();
    const disk = { path, isFull: false, now: 0, commits: 0 };
    const changes = (database: SqliteDatabase) =>
      (database.prepare('SELECT total_changes() AS n').get() as { n: number }).n;
    let before = 0;
    const full = watched((sql, database) => {
      if (sql === 'BEGIN IMMEDIATE') before = changes(database);
      if (sql !== 'COMMIT') return;
      disk.commits++;
      if (!disk.isFull) return;
      if (statSync(`${path}-reserve`).size > storeLimits.reserveBytes / 2 && changes(database) > before)
        throw sqliteError(13);
    });
    return { disk, engine: open(path, { library: full, now: () => disk.now }) };
  }

  test('what frees room is carried out, what reads is answered, and all else is refused, in their order', () => {
    const { disk, engine } = openOnFullDisk();
    engine.carryOut([add('a'), add('b'), add('c')]);
    disk.isFull = true;
    const group = [add('d'), remove(1), entry('all'), entry('dance'), remove(7), entry('refuse', 'x')];
    expect(codesOf(engine.carryOut(group))).toEqual([
      'SKEIN_STORE_FULL',
      true,
      ['b', 'c'],
      'SKEIN_INVALID',
      false,
      'SKEIN_STORE_FULL',
    ]);
    expect(textsOf(engine)).toEqual(['b', 'c']);
    engine.close();
  });

  test('a broker can claim the store', () => {
    const { disk, engine } = openOnFullDisk();
    engine.carryOut([add('a')]);
    disk.isFull = true;
    const claim = { feature: 'swarm', operation: { verb: 'claim', input: 2 as never } };
    expect(codesOf(engine.carryOut([add('b'), claim, remove(1)]))).toEqual([
      'SKEIN_STORE_FULL',
      { isClaimed: true, epoch: 2, id: expect.any(String) },
      true,
    ]);
    engine.close();
  });

  test('a large group is written in small transactions, whose log fits into the reserve', () => {
    const { disk, engine } = openOnFullDisk();
    const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
    engine.carryOut(numbers.map(() => add('x'.repeat(2000))));
    engine.carryOut([add('last')]);
    disk.isFull = true;
    // After it there is room.
    engine.carryOut([remove(numbers.length + 1)]);
    disk.commits = 0;
    expect(codesOf(engine.carryOut(numbers.map(remove)))).toEqual(numbers.map(() => true));
    expect(disk.commits).toBe(numbers.length / storeLimits.scarceOperationsMax);
    // Each begins the log again at its start.
    expect(statSync(`${disk.path}-wal`).size).toBeLessThan(40_000);
    expect(textsOf(engine)).toEqual([]);
    engine.close();
  });

  test('room that comes back goes into the reserve first, and only then is anything else written', () => {
    const { disk, engine } = openOnFullDisk();
    const reserve = () => statSync(`${disk.path}-reserve`).size;
    expect(reserve()).toBe(storeLimits.reserveBytes);
    engine.carryOut([add('x'.repeat(100_000))]);
    const log = () => statSync(`${disk.path}-wal`).size;
    expect(log()).toBeGreaterThan(100_000);
    disk.isFull = true;
    engine.carryOut([add('a')]);
    expect(reserve()).toBeLessThan(storeLimits.reserveBytes);
    expect(log()).toBe(0);
    disk.isFull = false;
    expect(codesOf(engine.carryOut([add('b')]))).toEqual(['SKEIN_STORE_FULL']);
    disk.now = storeLimits.reserveRetryMs;
    expect(codesOf(engine.carryOut([add('c')]))).toEqual([2]);
    expect(reserve()).toBe(storeLimits.reserveBytes);
    engine.close();
  });

  test('a store that was left without its reserve fills it when it is opened', () => {
    const { disk, engine } = openOnFullDisk();
    disk.isFull = true;
    engine.carryOut([add('a')]);
    engine.close();
    const next = open(disk.path);
    expect(statSync(`${disk.path}-reserve`).size).toBe(storeLimits.reserveBytes);
    expect(codesOf(next.carryOut([add('b')]))).toEqual([1]);
    next.close();
  });

  test.each([13, 10 | (19 << 8)])('a store is opened in the room of its reserve (result code %i)', (code) => {
    const path = newPath();
    open(path).close();
    const full = watched((sql) => {
      if (sql === 'PRAGMA journal_mode = WAL' && statSync(`${path}-reserve`).size > 0)
        throw sqliteError(code);
    });
    const engine = open(path, { library: full, now: () => 0 });
    expect(textsOf(engine)).toEqual([]);
    expect(codesOf(engine.carryOut([add('a')]))).toEqual(['SKEIN_STORE_FULL']);
    engine.close();
  });
});

test('a part that names a verb to free room which it does not have is refused', () => {
  expect(() => open(newPath(), { parts: [{ ...notes, frees: ['forget'] } as never] })).toThrow(
    'the store of notes has no "forget", which its "frees" names: it has add, all, remove, refuse',
  );
});

const smallMegabytes = 48;

/** Runs on a small disk. @returns What it has printed, as JSON. */
function onOne(skip: (why: string) => void, programOf: (folder: string) => readonly string[]): unknown {
  const problem = smallDiskProblem();
  if (problem !== undefined) skip(problem);
  const folder = mkdtempSync(join(tmpdir(), 'skein-small-disk-'));
  try {
    const program = [process.execPath, ...programOf(folder)];
    const options = onSmallDisk(smallMegabytes, folder, program);
    return JSON.parse(execFileSync('unshare', options, { encoding: 'utf8' }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a real disk that fills up: what frees room and what reads goes on, also over a restart, until there is room again', ({
  skip,
}) => {
  const program = ['scripts/run.mjs', 'test/stores/full-disk-main.ts'];
  expect(onOne(skip, (folder) => [...program, folder])).toEqual(fullDiskTranscript);
}, 60_000);

test('letters on a real disk that fills up are refused, and those that are there are read, handled, removed and expire, until there is room again', ({
  skip,
}) => {
  expect(onOne(skip, (folder) => ['test/stores/full-disk-letters.mjs', folder])).toEqual({
    ...{ refused: 'SKEIN_STORE_FULL', listed: 200, logged: 100 },
    ...{ handled: [], failed: 'failed', expired: 1, removed: ['b'] },
    states: ['delivered', 'delivered', 'failed', 'expired', 'removed', 'stored'],
    ...{ still: 'SKEIN_STORE_FULL', recovers: true },
  });
}, 60_000);
