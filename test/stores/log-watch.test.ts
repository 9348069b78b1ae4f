/** A write-ahead log that grows because another connection reads and stands still. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { storeLimits } from '../../src/stores/limits.ts';
import { add, library, newPath, open } from './engine-rig.ts';

/** Begins to read, and never ends. */
const readerProgram = `
  const { DatabaseSync } = require('${library.name}');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('BEGIN');
  database.prepare('SELECT * FROM notes').get();
  console.log('reads');
  setInterval(() => {}, 1000);`;

const row = 'x'.repeat(4 * 1024 * 1024);
const rowsAbove = Math.ceil(storeLimits.writeAheadLogWarnBytes / row.length) + 1;

async function startReader(path: string) {
  const reader = spawn(process.execPath, ['-e', readerProgram, path], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(reader.stdout, 'data');
  return reader;
}

test('is reported once with its reader, and again only after it has been smaller', async () => {
  const path = newPath();
  const warnings: string[] = [];
  const engine = open(path, { warn: (text) => warnings.push(text) });
  const log = () => statSync(`${path}-wal`).size;
  const grow = () => {
    for (let i = 0; i < rowsAbove; i++) engine.carryOut([add(row)]);
  };
  for (let i = 0; i < 3; i++) engine.carryOut([add('a')]);
  for (const occurrence of [1, 2]) {
    const reader = await startReader(path);
    grow();
    expect(log()).toBeGreaterThan(storeLimits.writeAheadLogWarnBytes);
    const who = process.platform === 'linux' ? `process ${reader.pid} reads` : 'another connection reads';
    expect(warnings).toHaveLength(occurrence);
    expect(warnings.at(-1)).toContain(`the write-ahead log of the store ${path} has grown to 64 MiB`);
    expect(warnings.at(-1)).toContain(who);
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    // The first brings the log into the file, the second begins it again.
    for (let i = 0; i < 2; i++) engine.carryOut([add('b')]);
    expect(log()).toBeLessThanOrEqual(storeLimits.writeAheadLogKeptBytes);
  }
  engine.close();
});

test('is not reported where nobody reads', () => {
  const path = newPath();
  const warnings: string[] = [];
  const engine = open(path, { warn: (text) => warnings.push(text) });
  engine.carryOut(Array.from({ length: rowsAbove }, () => add(row)));
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(storeLimits.writeAheadLogWarnBytes);
  engine.carryOut([add('a')]);
  expect(statSync(`${path}-wal`).size).toBeLessThanOrEqual(storeLimits.writeAheadLogKeptBytes);
  expect(warnings).toEqual([]);
  engine.close();
});
