import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Sighting } from '../kernel/contracts.ts';
import { holdChosenName } from './node-name.ts';
import { type Registration, type RuntimeEntry, RuntimeFolder } from './runtime-folder.ts';
import { defaultRuntimePath } from './runtime-path.ts';
import { watchFolder } from './runtime-watch.ts';

let base: string;
let path: string;
let folder: RuntimeFolder;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'skein-folder-'));
  path = join(base, 'run');
  folder = RuntimeFolder.open(path);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

let made = 0;
function entryOf(name: string, more: Partial<RuntimeEntry> = {}): RuntimeEntry {
  made++;
  const instance = made.toString(16).padStart(16, '0');
  const own = { pid: process.pid, addresses: ['127.0.0.1:7400'], control: null, startedAt: Date.now() };
  return { name, namespace: 'default', instance, ...own, ...more };
}

function mustRegister(entry: RuntimeEntry): Registration {
  const registration = folder.register(entry);
  if (registration === undefined) throw new Error(`${entry.name} is held`);
  return registration;
}

const put = (file: string, text: string) => writeFileSync(join(path, file), text);

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

describe('the folder', () => {
  test('is made for this user alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('is refused when others may write in it', () => {
    chmodSync(path, 0o770);
    expect(() => RuntimeFolder.open(path)).toThrow(
      expect.objectContaining({ code: 'SKEIN_INVALID', message: expect.stringContaining('chmod 700') }),
    );
  });

  test('is refused when it is a link or a file', () => {
    symlinkSync(path, join(base, 'link'));
    expect(() => RuntimeFolder.open(join(base, 'link'))).toThrow('is not a folder');
    writeFileSync(join(base, 'file'), '');
    expect(() => RuntimeFolder.open(join(base, 'file'))).toThrow('cannot be made (EEXIST)');
  });

  test.skipIf(process.getuid?.() !== 0)('is refused when it belongs to another user', async () => {
    const { chownSync } = await import('node:fs');
    chownSync(path, 12345, 12345);
    expect(() => RuntimeFolder.open(path)).toThrow('belongs to user 12345, not to 0');
  });

  test('tidied away and made anew by somebody else says nothing any more', () => {
    const registration = mustRegister(entryOf('a'));
    expect(folder.list()).toHaveLength(1);
    chmodSync(path, 0o777);
    expect([folder.list(), folder.read('a')]).toEqual([[], undefined]);
    chmodSync(path, 0o700);
    expect(folder.read('a')).toEqual(registration.entry);
  });

  test('is SKEIN_RUNTIME_DIR, else in the session folder, else in the temporary one', () => {
    expect(defaultRuntimePath({ SKEIN_RUNTIME_DIR: '/x', XDG_RUNTIME_DIR: base })).toBe('/x');
    expect(defaultRuntimePath({ XDG_RUNTIME_DIR: base })).toBe(join(base, 'skein'));
    expect(defaultRuntimePath({ XDG_RUNTIME_DIR: join(base, 'gone') })).toMatch(/skein-[^/]+$/);
  });
});

describe('an entry', () => {
  test('is there from register to remove, and nothing else is left in the folder', () => {
    const registration = mustRegister(entryOf('b'));
    mustRegister(entryOf('a'));
    expect(folder.list().map((one) => one.name)).toEqual(['a', 'b']);
    registration.update({ control: '/tmp/b.sock' });
    expect(folder.read('b')).toEqual(registration.entry);
    registration.remove();
    expect(readdirSync(path)).toEqual(['a.json']);
  });

  test('holds its name', () => {
    mustRegister(entryOf('a'));
    expect(folder.register(entryOf('a'))).toBeUndefined();
  });

  test('follows a new name, but not onto another node', () => {
    const registration = mustRegister(entryOf('a'));
    mustRegister(entryOf('b'));
    registration.update({ name: 'a-2' });
    expect(folder.list().map((one) => one.name)).toEqual(['a-2', 'b']);
    expect(() => registration.update({ name: 'b' })).toThrow(
      expect.objectContaining({ code: 'SKEIN_NAME_TAKEN' }),
    );
    expect(registration.entry.name).toBe('a-2');
  });

  test('is put back when somebody tidied it away', () => {
    const registration = mustRegister(entryOf('a'));
    rmSync(path, { recursive: true });
    registration.restore();
    expect(folder.read('a')).toEqual(registration.entry);
  });

  test('of a dead process is removed by whoever meets it, and its name is free', async () => {
    const entry = entryOf('a', { pid: await deadPid() });
    put('a.json', JSON.stringify(entry));
    expect(folder.list()).toEqual([]);
    expect(readdirSync(path)).toEqual([]);
    put('a.json', JSON.stringify(entry));
    expect(folder.register(entryOf('a'))).toBeDefined();
  });

  test('of another PID namespace stays, whatever its process number says, until nobody is behind its socket', async () => {
    const control = join(path, 'a.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(control, resolve));
    const entry = entryOf('a', { pid: await deadPid(), pidNamespace: 'pid:[1]', control });
    put('a.json', JSON.stringify(entry));
    await folder.sweep();
    expect(folder.list()).toEqual([entry]);
    expect(folder.register(entryOf('a'))).toBeUndefined();
    await expect(holdChosenName(folder, entryOf('a'))).rejects.toThrow('is named "a"');
    expect(readdirSync(path).sort()).toEqual(['a.json', 'a.sock']);
    // As after a SIGKILL: the socket's file is still there, and nobody listens.
    renameSync(control, `${control}.kept`);
    await new Promise((resolve) => server.close(resolve));
    renameSync(`${control}.kept`, control);
    await folder.sweep();
    expect(readdirSync(path)).toEqual([]);
  });

  test('of an earlier life with the same process number is dead', () => {
    put('a.json', JSON.stringify(entryOf('a', { startedAt: Date.now() - 86_400_000 })));
    expect(folder.read('a')).toBeUndefined();
  });

  test('is not removed by the end of another that had its name before', () => {
    const earlier = mustRegister(entryOf('a'));
    unlinkSync(join(path, 'a.json'));
    const later = mustRegister(entryOf('a'));
    earlier.remove();
    expect(folder.read('a')).toEqual(later.entry);
    expect(readdirSync(path)).toEqual(['a.json']);
  });

  test('with a name that is a path is refused', () => {
    expect(() => folder.register(entryOf('../a'))).toThrow(TypeError);
  });
});

describe('a file that is no entry is ignored and counted', () => {
  const good = () => entryOf('a');
  test.each<[string, () => string]>([
    ['empty', () => ''],
    ['not JSON', () => '{'],
    ['not an object', () => '7'],
    ['another name than its file', () => JSON.stringify(entryOf('b'))],
    ['a process group', () => JSON.stringify({ ...good(), pid: -1 })],
    ['no instance', () => JSON.stringify({ ...good(), instance: 'x' })],
    ['a bad address', () => JSON.stringify({ ...good(), addresses: ['nowhere'] })],
    ['too many addresses', () => JSON.stringify({ ...good(), addresses: Array(100).fill('127.0.0.1:1') })],
    ['too large', () => JSON.stringify(good()).padEnd(70_000)],
  ])('%s', (_what, text) => {
    put('a.json', text());
    expect(folder.list()).toEqual([]);
    expect(folder.badFiles).toBe(1);
    expect(folder.register(entryOf('a'))).toBeDefined();
  });

  test.skipIf(process.platform === 'win32')('a pipe, which nobody waits for', () => {
    execFileSync('mkfifo', [join(path, 'a.json')]);
    expect(folder.list()).toEqual([]);
    expect(folder.badFiles).toBe(1);
    expect(folder.register(entryOf('a'))).toBeDefined();
  });
});

describe('the watch', () => {
  test('reports the others at the start, when they appear and when they change, never itself', async () => {
    const own = mustRegister(entryOf('own'));
    mustRegister(entryOf('first'));
    mustRegister(entryOf('hidden', { addresses: [] }));
    const seen = new Sightings();
    const watch = watchFolder(folder, own, seen.add);
    try {
      expect(await seen.one('first')).toMatchObject({
        addresses: ['127.0.0.1:7400'],
        origin: 'runtime folder',
      });
      const second = mustRegister(entryOf('second'));
      await seen.one('second');
      second.update({ addresses: ['127.0.0.1:7999'] });
      await seen.one('second', '127.0.0.1:7999');
      expect(seen.all.map((one) => one.name)).not.toContain('own');
      expect(seen.all.map((one) => one.name)).not.toContain('hidden');
    } finally {
      watch.close();
    }
  });

  test('says nothing after its end', async () => {
    const own = mustRegister(entryOf('own'));
    mustRegister(entryOf('other'));
    const seen = new Sightings();
    watchFolder(folder, own, seen.add).close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.all).toEqual([]);
  });
});

class Sightings {
  readonly all: Sighting[] = [];
  private waiting: (() => void) | undefined;

  readonly add = (sighting: Sighting): void => {
    this.all.push(sighting);
    this.waiting?.();
  };

  async one(name: string, address?: string): Promise<Sighting> {
    for (;;) {
      const found = this.all.find(
        (one) => one.name === name && (address === undefined || one.addresses.includes(address)),
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
  }
}
