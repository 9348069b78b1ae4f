/** What npm runs in a clone, where the dependencies are not there yet. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'skein-clone-'));
  cpSync(fileURLToPath(new URL('../../scripts', import.meta.url)), join(clone, 'scripts'), {
    recursive: true,
  });
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** As npm would for this command, without what npm has told the tests themselves. */
function run(script: string, npmCommand: string) {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|SKEIN_)/.test(name));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(clone, 'scripts', script)], {
    env: { ...Object.fromEntries(own), npm_command: npmCommand },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const missing = {
  status: 1,
  stdout: '',
  stderr: 'the dependencies are not installed: run npm ci first, or npm start, which does both\n',
};

test('npm run build says in one line what it misses', () => {
  expect(run('build.mjs', 'run')).toEqual(missing);
});

test('npm pack does too, and npm ci without the development dependencies builds nothing', () => {
  expect(run('prepare.mjs', 'pack')).toEqual(missing);
  expect(run('prepare.mjs', 'ci')).toEqual({ status: 0, stdout: '', stderr: '' });
});
