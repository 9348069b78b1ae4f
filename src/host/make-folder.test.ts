import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'skein-make-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

test('those above it are made too, all for this user alone', () => {
  makeFolder(join(base, 'a', 'b', 'c'));
  for (const part of ['a', 'a/b', 'a/b/c']) expect(statSync(join(base, part)).mode & 0o777).toBe(0o700);
  makeFolder(join(base, 'a', 'b', 'c'));
});

test.skipIf(!existsSync('/proc/self'))('where none can be made it says so instead of trying for ever', () => {
  expect(() => makeFolder('/proc/x/y')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});
