/** What npm runs in a clone: where the dependencies are not there yet, and where nothing has changed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
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

test('a build touches no file of dist that has not changed: programs start from it meanwhile', () => {
  const build = () => spawnSync(process.execPath, ['scripts/build.mjs'], { encoding: 'utf8' });
  const files = () =>
    readdirSync('dist', { recursive: true, encoding: 'utf8' }).map((name) => {
      const { ino, mtimeMs } = statSync(join('dist', name));
      return `${name} ${ino} ${mtimeMs}`;
    });
  expect(build().status).toBe(0);
  const before = files().filter((file) => file.includes('.js '));
  expect(before.length).toBeGreaterThan(20);
  expect(build()).toMatchObject({ status: 0, stderr: '' });
  expect(files().filter((file) => file.includes('.js '))).toEqual(before);
});
