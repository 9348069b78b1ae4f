import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultKeyPath, readKeyFile } from './key-file.ts';
import { KeyStore } from './key-store.ts';
import { MeshKey } from './mesh-key.ts';

let folder: string;
let path: string;
let store: KeyStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-keys-'));
  path = join(folder, 'deep', 'skein', 'keys');
  store = new KeyStore(path);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ids = () => store.keys.map(({ id }) => id);

describe('the file of keys', () => {
  test('is made for its user alone, folder and all', () => {
    const key = store.make(false);
    expect(ids()).toEqual([key.id]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'deep', 'skein')).mode & 0o777).toBe(0o700);
  });

  test('that others can read is refused with the command that mends it', () => {
    store.make(false);
    for (const mode of [0o640, 0o604, 0o660, 0o602]) {
      chmodSync(path, mode);
      expect(() => store.keys).toThrow(`others can read ${path}; run: chmod 600 ${path}`);
    }
    chmodSync(path, 0o400);
    expect(ids()).toHaveLength(1);
  });

  test('tells the line of a typo, and not the key', () => {
    const key = store.make(false);
    const typed = key.text.replace(/-(.)/, (_all, letter) => `-${letter === 'a' ? 'b' : 'a'}`);
    writeFileSync(path, `# mine\n${key.text}\n\n${typed}\n`);
    expect(() => store.keys).toThrow(`${path}, line 4: the key has a typo`);
  });

  test.each([
    ['a folder', () => folder, /is a folder; name a file in it/],
    ['a file of some other kind', () => bigFile(), /it is no key file/],
  ])('cannot be %s', (_what, make, problem) => {
    const there = make();
    chmodSync(there, 0o700);
    expect(() => readKeyFile(there)).toThrow(problem);
  });

  test('need not be there', () => {
    expect(readKeyFile(join(folder, 'none'))).toBeUndefined();
    expect(readKeyFile(join(folder, 'none', 'below'))).toBeUndefined();
  });

  test('is where XDG says, or where the user says', () => {
    expect(defaultKeyPath({ XDG_CONFIG_HOME: '/c' })).toBe('/c/skein/keys');
    expect(defaultKeyPath({ XDG_CONFIG_HOME: '/c', SKEIN_KEY_FILE: '/k' })).toBe('/k');
    expect(defaultKeyPath({})).toMatch(/\/\.config\/skein\/keys$/);
  });

  function bigFile(): string {
    const big = join(folder, 'big');
    writeFileSync(big, 'x'.repeat(70_000));
    return big;
  }
});

describe('the keys', () => {
  test('a second one is only made beside the first, and used when asked for', () => {
    const first = store.make(false);
    expect(() => store.make(false)).toThrow(`there is a key already (${first.id})`);
    const second = store.make(true);
    expect(ids()).toEqual([first.id, second.id]);
    expect(store.use(second.id.slice(0, 6)).id).toBe(second.id);
    expect(ids()).toEqual([second.id, first.id]);
    expect(store.remove(first.id, false).id).toBe(first.id);
    expect(() => store.remove(second.id, false)).toThrow('is the only key');
    store.remove(second.id, true);
    expect(ids()).toEqual([]);
  });

  test('are taken in from a file, a list or the bare key, each once', () => {
    const [one, two, three] = [MeshKey.make(), MeshKey.make(), MeshKey.make()];
    expect(store.add(`# some\n${one.text} # ${one.id}\n`, false)).toHaveLength(1);
    expect(store.add(`ID  STATE  KEY\n${two.id}  used  ${two.text}\n${one.text}\n`, false)).toHaveLength(1);
    expect(store.add(three.text, true)).toHaveLength(1);
    expect(store.add(three.text, true)).toEqual([]);
    expect(ids()).toEqual([three.id, one.id, two.id]);
  });

  test('a bad one changes nothing', () => {
    store.make(false);
    const before = readFileSync(path, 'utf8');
    for (const text of ['', '\n# nothing\n', 'hello', `${MeshKey.make().text}\nskein1-abc`])
      expect(() => store.add(text, false)).toThrow(/key/);
    expect(() => store.use('abcdef')).toThrow(/has no one key of the id abcdef; there are/);
    expect(() => store.remove('a', true)).toThrow(/has no one key/);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
