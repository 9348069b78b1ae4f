import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hostLimits } from '../limits.ts';
import { readKeyFile, writeKeyFile } from './key-file.ts';
import { MeshKey } from './mesh-key.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-key-file-'));
  path = join(folder, 'keys');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const write = (keys: readonly MeshKey[]) =>
  writeFileSync(path, keys.map(({ text }) => `${text}\n`).join(''), { mode: 0o600 });
const keysOrRefusal = () => {
  try {
    return (readKeyFile(path) ?? []).map(({ id }) => id).join();
  } catch (error) {
    expect(error).toMatchObject({ message: expect.stringContaining('others can read') });
    return 'refused';
  }
};
const many = (count: number) => Array.from({ length: count }, () => MeshKey.make());

describe.skipIf(process.getuid === undefined)('a key file', () => {
  test('of another user is refused: whoever wrote it chooses whom we trust', () => {
    write([MeshKey.make()]);
    const owner = statSync(path).uid;
    vi.spyOn(process, 'getuid').mockReturnValue(owner + 1);
    expect(() => readKeyFile(path)).toThrow(`${path} belongs to user ${owner}, not to ${owner + 1}`);
  });

  test.each([
    ['a key', `${MeshKey.make().text}\n`],
    ['no key any more', '# all removed\n'],
    ['nothing', ''],
  ])('that others can read and that holds %s is refused with the command that mends it', (_what, text) => {
    writeFileSync(path, text, { mode: 0o644 });
    expect(() => readKeyFile(path)).toThrow(`others can read ${path}; run: chmod 600 ${path}`);
  });

  test('is not what is no key file, and nobody is told to change the rights of that', () => {
    writeFileSync(path, 'root:x:0:0:root:/root:/bin/sh\n', { mode: 0o644 });
    expect(() => readKeyFile(path)).toThrow(`${path} is no key file; a key begins with skein1-`);
    expect(() => readKeyFile(folder)).toThrow(`${folder} is a folder; name a file in it`);
    expect(() => readKeyFile('/dev/null')).toThrow('/dev/null is no key file');
  });

  test('is read as it was checked, whatever its name leads to a moment later', async () => {
    const [ours, theirs] = many(2) as [MeshKey, MeshKey];
    write([ours]);
    renameSync(path, join(folder, 'ours'));
    writeFileSync(join(folder, 'theirs'), theirs.text, { mode: 0o644 });
    symlinkSync('ours', path);
    const swapping = `const fs = require('node:fs');
      for (let i = 0; ; i++) {
        fs.symlinkSync(i % 2 ? 'ours' : 'theirs', 'next');
        fs.renameSync('next', 'keys');
        if (i === 0) console.log('swapping');
      }`;
    const swapper = spawn(process.execPath, ['-e', swapping], { cwd: folder });
    await once(swapper.stdout, 'data');
    const read = new Set<string>();
    for (let i = 0; i < 20_000; i++) read.add(keysOrRefusal());
    swapper.kill('SIGKILL');
    await once(swapper, 'exit');
    expect([...read].sort()).toEqual([ours.id, 'refused'].sort());
  });

  test('has a limited number of keys', () => {
    write(many(hostLimits.keysMax));
    expect(readKeyFile(path)).toHaveLength(hostLimits.keysMax);
    write(many(hostLimits.keysMax + 1));
    expect(() => readKeyFile(path)).toThrow(
      `${path} has ${hostLimits.keysMax + 1} keys, ${hostLimits.keysMax} at most`,
    );
  });

  test('that cannot be written stays as it was, and nothing of the new one is left', () => {
    const [before] = many(1);
    write([before as MeshKey]);
    const text = readFileSync(path, 'utf8');
    // Somebody else is at it: the name of the new one is taken.
    writeFileSync(`${path}.${process.pid}.new`, 'x');
    expect(() => writeKeyFile(path, many(2))).toThrow(/keys cannot be written \(EEXIST\)/);
    expect(readFileSync(path, 'utf8')).toBe(text);
    writeKeyFile(path, many(2));
    expect(readKeyFile(path)).toHaveLength(2);
  });
});
