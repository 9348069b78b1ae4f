import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { denialFileAt } from './denial-file.ts';
import { hostLimits } from './limits.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-denied-'));
  path = join(folder, 'state', 'default', 'denied.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('is made with its folder, for nobody else to write, and is read as it was written', () => {
  const file = denialFileAt(path);
  expect(file.read()).toBeUndefined();
  file.write('one');
  file.write('two');
  expect(file.read()).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dirname(path))).toEqual(['denied.json']);
});

test('that others can write is not believed', () => {
  denialFileAt(path).write('one');
  chmodSync(path, 0o666);
  expect(() => denialFileAt(path).read()).toThrow(`others can write it; run: chmod 600 ${path}`);
});

test('that is too large, or no file, is not read', () => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'x'.repeat(hostLimits.denialFileBytesMax + 1), { mode: 0o600 });
  expect(() => denialFileAt(path).read()).toThrow('it has 1048577 bytes');
  rmSync(path);
  mkdirSync(path, { mode: 0o700 });
  expect(() => denialFileAt(path).read()).toThrow('it is no file');
});
