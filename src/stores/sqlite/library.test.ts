import { expect, test } from 'vitest';
import { isNewEnough, loadSqlite } from './library.ts';

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['3.51.2', false],
  ['3.50.9', false],
  ['3.9.0', false],
  ['2.99.99', false],
  ['3.51.3', true],
  ['3.51.10', true],
  ['3.52', true],
  ['4.0.0', true],
])('SQLite %s is new enough: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test.each([process.versions.sqlite, '3.46.0'])(
  'with SQLite %s built in, one that is new enough is loaded',
  (builtIn) => {
    const library = loadSqlite(builtIn);
    expect(library.name).toBe(isNewEnough(builtIn) ? 'node:sqlite' : '@photostructure/sqlite');
    const database = library.open(':memory:');
    const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
    expect(isNewEnough(version)).toBe(true);
    database.close();
  },
);

test('bytes of no length are no NULL, also those that came from another thread', () => {
  const database = loadSqlite().open(':memory:');
  const type = database.prepare('SELECT typeof(?) AS type');
  for (const bytes of [
    new Uint8Array(),
    structuredClone(new Uint8Array()),
    new Uint8Array(new ArrayBuffer(0)),
  ])
    expect(type.get(bytes)).toMatchObject({ type: 'blob' });
  database.close();
});
