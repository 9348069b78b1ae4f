import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hostLimits } from '../limits.ts';
import { writeKeyFile } from './key-file.ts';
import { type FoundKeys, findKeys, watchKeys } from './key-source.ts';
import { MeshKey } from './mesh-key.ts';

const [one, two, three] = [MeshKey.make(), MeshKey.make(), MeshKey.make()];
let folder: string;
let path: string;
let close: () => void = () => undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-key-source-'));
  path = join(folder, 'keys');
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

const ids = (found: FoundKeys | undefined) => found?.ring.all.map(({ id }) => id);
const asFound = { key: undefined, keyFile: undefined };

describe('keys come from the first of these that is there, and from it alone', () => {
  test('the program, which may want none', () => {
    writeKeyFile(path, [three]);
    const environment = { SKEIN_KEY: two.text, SKEIN_KEY_FILE: path };
    expect(ids(findKeys({ key: [one.text], keyFile: undefined }, environment))).toEqual([one.id]);
    expect(findKeys({ key: false, keyFile: undefined }, environment)).toBeUndefined();
  });

  test('a file that the program names', () => {
    writeKeyFile(path, [three]);
    expect(ids(findKeys({ key: undefined, keyFile: path }, { SKEIN_KEY: two.text }))).toEqual([three.id]);
  });

  test('the variable, with one key or several', () => {
    writeKeyFile(path, [three]);
    const environment = { SKEIN_KEY: ` ${one.text}, ${two.text}\n`, SKEIN_KEY_FILE: path };
    expect(ids(findKeys(asFound, environment))).toEqual([one.id, two.id]);
  });

  test("the user's own file, which need not be there", () => {
    expect(findKeys(asFound, { XDG_CONFIG_HOME: folder })).toBeUndefined();
    writeKeyFile(join(folder, 'skein', 'keys'), [one, one, two]);
    expect(ids(findKeys(asFound, { XDG_CONFIG_HOME: folder, SKEIN_KEY: ' ' }))).toEqual([one.id, two.id]);
  });

  test.each([
    ['by the program', { key: undefined, keyFile: '/nonexistent/keys' }, {}],
    ['by the variable', asFound, { SKEIN_KEY_FILE: '/nonexistent/keys' }],
  ])('a file that is named %s must be there', (_who, choice, environment) => {
    expect(() => findKeys(choice, environment)).toThrow(
      'there is no key in /nonexistent/keys; make one: skein key new --key-file /nonexistent/keys',
    );
  });
});

describe('a file that changes', () => {
  function watched(): { found: FoundKeys; problems: string[] } {
    writeKeyFile(path, [one]);
    const found = findKeys({ key: undefined, keyFile: path }) as FoundKeys;
    const problems: string[] = [];
    close = watchKeys(found, (text) => problems.push(text));
    return { found, problems };
  }

  test('is read again, and gone means that all keys are', async () => {
    const { found, problems } = watched();
    writeKeyFile(path, [two, one]);
    await vi.waitFor(() => expect(ids(found)).toEqual([two.id, one.id]));
    rmSync(path);
    await vi.waitFor(() => expect(ids(found)).toEqual([]));
    expect(problems).toEqual([]);
  });

  test('to something unusable changes nothing, and that is told', async () => {
    const { found, problems } = watched();
    for (const [text, mode] of [
      ['skein1-typo', 0o600],
      [two.text, 0o644],
    ] as const) {
      problems.length = 0;
      writeFileSync(`${path}.mine`, text);
      chmodSync(`${path}.mine`, mode);
      renameSync(`${path}.mine`, path);
      await vi.waitFor(() => expect(problems.at(-1)).toMatch(/; the keys held so far stay$/));
      expect(ids(found)).toEqual([one.id]);
      rmSync(`${path}.mine`, { force: true });
    }
  });

  test('between being read and being watched is read once more', async () => {
    writeKeyFile(path, [one, two]);
    const found = findKeys({ key: undefined, keyFile: path }) as FoundKeys;
    writeKeyFile(path, [two]);
    close = watchKeys(found, () => undefined);
    await vi.waitFor(() => expect(ids(found)).toEqual([two.id]));
  });

  test('in place, as editors and copies write it, is never seen half written', async () => {
    const { found, problems } = watched();
    const seen: (readonly string[] | undefined)[] = [];
    found.ring.changed(() => seen.push(ids(found)));
    const file = openSync(path, 'w');
    await vi.waitFor(() => expect(statSync(path).size).toBe(0));
    // An editor that thinks for longer than a file has to stand still.
    await new Promise((resolve) => setTimeout(resolve, 3 * hostLimits.keyFileStillMs));
    writeSync(file, `${two.text}\n`);
    writeSync(file, `${one.text}\n`);
    closeSync(file);
    await vi.waitFor(() => expect(ids(found)).toEqual([two.id, one.id]));
    expect(seen).toEqual([[two.id, one.id]]);
    expect(problems).toEqual([]);
  });

  /** As secrets are mounted: the file is a link through a link, and only the latter is exchanged. */
  async function mountedAt(where: string): Promise<FoundKeys> {
    writeKeyFile(join(folder, 'first', 'keys'), [three]);
    writeKeyFile(join(folder, 'second', 'keys'), [two]);
    mkdirSync(where, { recursive: true });
    symlinkSync(join(folder, 'first'), join(where, 'now'));
    symlinkSync(join('now', 'keys'), join(where, 'keys'));
    symlinkSync(join(folder, 'second'), join(where, 'next'));
    const found = findKeys({ key: undefined, keyFile: path }, {}) as FoundKeys;
    writeKeyFile(join(folder, 'first', 'keys'), [one, two]);
    close = watchKeys(found, () => undefined);
    // The look that comes with the watch is over.
    await vi.waitFor(() => expect(ids(found)).toEqual([one.id, two.id]));
    return found;
  }

  test('behind a link in its folder is noticed at once', async () => {
    const found = await mountedAt(folder);
    renameSync(join(folder, 'next'), join(folder, 'now'));
    await vi.waitFor(() => expect(ids(found)).toEqual([two.id]));
  });

  test('behind a link anywhere else is noticed by the slow look', async () => {
    const elsewhere = join(folder, 'elsewhere');
    symlinkSync(join(elsewhere, 'keys'), path);
    const found = await mountedAt(elsewhere);
    renameSync(join(elsewhere, 'next'), join(elsewhere, 'now'));
    await vi.waitFor(() => expect(ids(found)).toEqual([two.id]), 3 * hostLimits.keyFileLookMs);
  });

  test('that can no longer be looked at ends nothing, and that is told', async () => {
    const { found, problems } = watched();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder was');
    await vi.waitFor(() => expect(problems.at(-1)).toMatch(/; the keys held so far stay$/));
    expect(ids(found)).toEqual([one.id]);
  });
});
