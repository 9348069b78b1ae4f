/** A store in a place that its user may not write: as another user, since root may write everywhere. Needs dist. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const nobody = 65_534;
const chunk = (name: string) => pathToFileURL(resolve(`dist/chunks/${name}.js`)).href;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-another-user-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Opens it, and writes to it. @returns what has become of that. */
function openedAs(user: number, path: string, skip: (why: string) => void): string {
  const script = `
    const { SqliteStore } = await import(${JSON.stringify(chunk('sqlite-store'))});
    const options = { path: ${JSON.stringify(path)}, modules: [${JSON.stringify(chunk('sqlite-parts'))}], program: new URL(${JSON.stringify(chunk('worker'))}) };
    try {
      const store = await SqliteStore.open(options);
      await store.claim(1);
      await store.close();
      console.log('opened');
    } catch (error) {
      console.log(error.code + ': ' + error.message);
    }`;
  const options = { uid: user, gid: user, cwd: '/', encoding: 'utf8' } as const;
  const { stdout, stderr, error } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script],
    options,
  );
  // Such is a version of Node.js that npx keeps in the home of root.
  if (error !== undefined && 'code' in error && error.code === 'EACCES')
    skip('this Node.js is closed to other users');
  expect(error).toBe(undefined);
  if (/EACCES|ERR_MODULE_NOT_FOUND/.test(stderr)) skip('this folder is closed to other users');
  return stdout.trim();
}

const makers: Readonly<Record<string, (path: string) => void>> = {
  'a folder that cannot be written': () => undefined,
  'a file that cannot be written': (path) => writeFileSync(path, '', { mode: 0o444 }),
  'a file that cannot be read': (path) => writeFileSync(path, '', { mode: 0o600 }),
};

for (const [what, make] of Object.entries(makers))
  test(`${what} is named, with what to do, and stays as it is`, ({ skip }) => {
    if (process.getuid?.() !== 0) skip('becoming another user needs root');
    const path = join(folder, 'swarm.sqlite');
    make(path);
    const before = readdirSync(folder);
    const said = openedAs(nobody, path, skip);
    expect(said).toMatch(/^SKEIN_STORE: /);
    expect(said).toContain(path);
    expect(said).toMatch(/cannot be (written|read)/);
    expect(readdirSync(folder)).toEqual(before);
  });

test('a folder of that user can be used', ({ skip }) => {
  if (process.getuid?.() !== 0) skip('becoming another user needs root');
  chownSync(folder, nobody, nobody);
  expect(openedAs(nobody, join(folder, 'swarm.sqlite'), skip)).toBe('opened');
});
