import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownFilesIn } from './own-files.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'skein-own-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('a file that is not there is empty, grows by what is added, and is for this user alone', async () => {
  const folder = join(base, 'state', 'net');
  const file = ownFilesIn(folder).open('b', 'handled');
  expect(await file.read()).toBe('');
  await file.append('one\n');
  await file.append('two\n');
  expect(await file.read()).toBe('one\ntwo\n');
  expect(statSync(join(folder, 'b.handled')).mode & 0o777).toBe(0o600);
  await file.close();
  await file.append('three\n');
  expect(readFileSync(join(folder, 'b.handled'), 'utf8')).toBe('one\ntwo\nthree\n');
  await file.close();
});

test('a file that is replaced holds the new text, leaves nothing beside it, and grows on', async () => {
  const file = ownFilesIn(base).open('b', 'handled');
  await file.append('old\n');
  await file.replace('new\n');
  await file.append('more\n');
  expect(await file.read()).toBe('new\nmore\n');
  expect(readdirSync(base)).toEqual(['b.handled']);
  await file.close();
});

test('a folder that cannot be made is an error of each call that writes', async () => {
  const path = join(base, 'file');
  writeFileSync(path, '');
  const file = ownFilesIn(join(path, 'folder')).open('b', 'handled');
  await expect(file.append('x')).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(file.replace('x')).rejects.toThrow(/ENOTDIR|EEXIST/);
});
