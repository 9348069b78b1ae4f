import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeLeftSocket } from './runtime-socket.ts';

let folder: string;
let server: Server;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-socket-'));
  path = join(folder, 'a.sock');
  server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function removeWith(entryWrittenAtMs: number, of = path): void {
  removeLeftSocket({ folder, path: of, entryWrittenAtMs, aside: join(folder, 'aside') });
}

test('a socket that is older than the entry goes with it', () => {
  removeWith(statSync(path).mtimeMs);
  expect(readdirSync(folder)).toEqual([]);
});

test('a younger one is that of the next life', () => {
  removeWith(statSync(path).mtimeMs - 1);
  expect(readdirSync(folder)).toEqual(['a.sock']);
});

test('what is no socket stays, and what is not there is no trouble', () => {
  writeFileSync(join(folder, 'file'), 'precious');
  removeWith(Date.now() + 1000, join(folder, 'file'));
  removeWith(Date.now() + 1000, join(folder, 'none.sock'));
  expect(readdirSync(folder).sort()).toEqual(['a.sock', 'file']);
});

test('a socket in another folder was the choice of a person and stays', () => {
  removeLeftSocket({
    folder: '/elsewhere',
    path,
    entryWrittenAtMs: Date.now() + 1000,
    aside: `${path}.aside`,
  });
  expect(readdirSync(folder)).toEqual(['a.sock']);
});
