/** A store's file that others write while it is open. */
import { describe, expect, test } from 'vitest';
import type { SqlitePart } from '../../src/stores/sqlite/part.ts';
import { add, answerOf, library, newPath, notes, open, textsOf } from './engine-rig.ts';

const claim = (epoch: number) => ({
  feature: 'swarm',
  operation: { verb: 'claim', input: epoch as never },
});

function openWatched() {
  const path = newPath();
  const warnings: string[] = [];
  const engine = open(path, { warn: (text) => warnings.push(text) });
  engine.carryOut([claim(1), add('a')]);
  return { path, warnings, engine };
}

/** What another program does to the file. */
function change(path: string, ...statements: string[]): void {
  const database = library.open(path);
  for (const sql of statements) database.exec(sql);
  database.close();
}

describe('another program', () => {
  test('that changes the data of a store in use is reported once, and the store goes on', () => {
    const { path, warnings, engine } = openWatched();
    change(path, "INSERT INTO notes (text) VALUES ('theirs')");
    expect(textsOf(engine)).toEqual(['a', 'theirs']);
    expect(warnings).toEqual([
      `another program has changed the data of the store ${path} while it is in use: what it promises no longer holds; end that program, and check the store`,
    ]);
    change(path, 'DELETE FROM notes');
    expect(textsOf(engine)).toEqual([]);
    expect(warnings).toHaveLength(1);
    engine.close();
  });

  test('that changes the tables of a store in use is reported, and operations that need them fail', () => {
    const { path, warnings, engine } = openWatched();
    change(path, 'ALTER TABLE notes RENAME COLUMN text TO body');
    expect(engine.carryOut([add('b')])).toMatchObject([{ ok: false, error: { code: 'SKEIN_FAILED' } }]);
    expect(warnings).toEqual([expect.stringContaining(`has changed the tables of the store ${path}`)]);
    engine.close();
  });

  test('that reads, or brings the log into the file, is not reported', () => {
    const { path, warnings, engine } = openWatched();
    change(path, 'SELECT * FROM notes');
    engine.carryOut([add('b')]);
    change(path, 'PRAGMA wal_checkpoint(PASSIVE)');
    engine.carryOut([add('c')]);
    change(path, 'PRAGMA wal_checkpoint(TRUNCATE)');
    expect(textsOf(engine)).toEqual(['a', 'b', 'c']);
    expect(warnings).toEqual([]);
    engine.close();
  });
});

describe('another broker', () => {
  test('that claims the store and writes is not reported, nor what it wrote before a later claim', () => {
    const { path, warnings, engine } = openWatched();
    const other = open(path);
    other.carryOut([claim(2), add('b')]);
    expect(engine.carryOut([add('c')])).toMatchObject([{ error: { code: 'SKEIN_STORE_CLAIMED' } }]);
    other.carryOut([add('d')]);
    expect(engine.carryOut([add('e')])).toMatchObject([{ error: { code: 'SKEIN_STORE_CLAIMED' } }]);
    other.carryOut([add('f')]);
    engine.carryOut([claim(3), add('g')]);
    expect(textsOf(engine)).toEqual(['a', 'b', 'd', 'f', 'g']);
    expect(warnings).toEqual([]);
    other.close();
    engine.close();
  });

  test('that brings a part of its own is not reported', () => {
    const { path, warnings, engine } = openWatched();
    const others = { ...notes, name: 'others', migrations: ['CREATE TABLE others (n INTEGER) STRICT'] };
    open(path, { parts: [notes, others as never] }).close();
    expect(answerOf(engine.carryOut([add('b')])[0])).toBe(2);
    expect(warnings).toEqual([]);
    engine.close();
  });

  test('of a newer skein, which has changed the tables, is not written over: nothing is written from then on', () => {
    const { path, warnings, engine } = openWatched();
    const next: SqlitePart<never> = {
      ...notes,
      migrations: [...notes.migrations, 'ALTER TABLE notes ADD COLUMN mood TEXT'],
    } as never;
    const newer = open(path, { parts: [next] });
    for (let i = 0; i < 2; i++)
      expect(engine.carryOut([add('b')])).toMatchObject([
        {
          error: {
            code: 'SKEIN_STORE',
            message: expect.stringContaining('was written by a newer skein (notes 2, known 1)'),
          },
        },
      ]);
    expect(textsOf(newer)).toEqual(['a']);
    expect(warnings).toEqual([]);
    newer.close();
    engine.close();
  });
});
