/** The judge of stores: for each kind of problem a store that has it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parts } from '../../../src/features/sqlite-parts.ts';
import { SqliteEngine } from '../../../src/stores/sqlite/engine.ts';
import { loadSqlite } from '../../../src/stores/sqlite/library.ts';
import { problemOf } from '../../mutants/mutant.ts';
import { faults } from './faults.ts';
import { problemsOf } from './judge.ts';
import { readPowerOptions } from './options.ts';
import { Receipts } from './receipts.ts';

const library = loadSqlite();
const base = mkdtempSync(join(tmpdir(), 'skein-judge-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let stores = 0;

const id = 'a'.repeat(32);
const body = Uint8Array.of(1, 2, 3);

/** With one letter to bob, and what a test does to its tables. */
function storeWith(sql = ''): string {
  const path = join(base, `${++stores}.sqlite`);
  const letter = {
    ...{ id, author: 'ann', recipients: ['bob'], type: 'letter', digest: '', via: 'broker', key: '' },
    ...{ sentAt: 1, notBefore: 0, expiresAt: 4e12, encoding: 0, body },
  };
  const engine = new SqliteEngine({ library, path, parts });
  const operation = { verb: 'put', input: { now: 1, time: 1, before: null, letters: [letter] } as never };
  expect(engine.carryOut([{ feature: 'letters', operation }])).toMatchObject([{ ok: true }]);
  engine.close();
  const database = library.open(path);
  database.exec(sql);
  database.close();
  return path;
}

function receiptsOf(...lines: string[]): Receipts {
  const receipts = new Receipts();
  for (const line of lines) {
    const bytes = Buffer.from(`${line}\n`);
    receipts.add({ type: 'write', path: '', size: bytes.length, bytes, begin: 0, end: 0 });
  }
  return receipts;
}

const stored = `stored ${id} ${createHash('sha256').update(body).digest('hex')}`;
const kindsOf = (path: string, ...receipts: string[]) =>
  problemsOf(path, receiptsOf(...receipts)).map(({ kind }) => kind);

test('a store that keeps what was promised has no problem', () => {
  expect(kindsOf(storeWith(), stored)).toEqual([]);
});

test('a disk without the store is one that has lost what was promised, and nothing else', () => {
  expect(kindsOf(join(base, 'new.sqlite'))).toEqual([]);
  expect(kindsOf(join(base, 'new-too.sqlite'), stored)).toEqual(['lost']);
});

test('a letter with a receipt that is not there, or another, is found', () => {
  expect(kindsOf(storeWith(), `stored ${'b'.repeat(32)} 00`)).toEqual(['lost']);
  expect(kindsOf(storeWith("UPDATE letters_letter SET body = x'010204'"), stored)).toEqual(['changed']);
});

test('a letter that waits for a recipient who has settled it is found', () => {
  expect(kindsOf(storeWith(), stored, `settled ${id} bob`)).toEqual(['waiting']);
});

test('rows that do not fit together are found', () => {
  expect(kindsOf(storeWith('DELETE FROM letters_copy'), stored)).toEqual(['inconsistent']);
});

test('a damaged store is found', () => {
  const path = join(base, 'damaged.sqlite');
  writeFileSync(path, Buffer.alloc(8192, 7));
  expect(kindsOf(path, stored)).toEqual(['damaged']);
  const sql = 'PRAGMA ignore_check_constraints = ON; UPDATE letters_last SET one = 2';
  expect(kindsOf(storeWith(sql), stored)).toEqual(['damaged']);
});

test('each fault can be planted, and says what it must show', () => {
  expect(faults.flatMap((fault) => problemOf(fault) ?? [])).toEqual([]);
  expect(faults.filter(({ shows }) => shows.length === 0)).toEqual([]);
});

test('what makes no sense on the command line is named', () => {
  expect(readPowerOptions([], 3)).toEqual({ states: 5000, seed: 3, replay: undefined });
  expect(readPowerOptions(['--help'], 3)).toBeUndefined();
  expect(() => readPowerOptions(['--states', '0'], 3)).toThrow(
    '--states: "0" is not a whole number from 1 to',
  );
  expect(() => readPowerOptions(['--seed', 'x'], 3)).toThrow('--seed: "x" is not a whole number from 0 to');
});
