import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameProblem } from '../kernel/identity.ts';
import { defaultName, holdChosenName, holdDefaultName, suffixedName } from './node-name.ts';
import { type RuntimeEntry, RuntimeFolder } from './runtime-folder.ts';

let path: string;
let folder: RuntimeFolder;
let server: Server;
let address: string;

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'skein-names-'));
  folder = RuntimeFolder.open(path);
  server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(async () => {
  rmSync(path, { recursive: true, force: true });
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

const entryOf = (name: string, more: Partial<RuntimeEntry> = {}): RuntimeEntry => ({
  ...{ name, namespace: 'default', instance: 'a'.repeat(16), pid: process.pid, addresses: [] },
  ...{ control: null, startedAt: Date.now(), ...more },
});

test.each([
  ['render7', 'render7'],
  ['render7.lab.example', 'render7.lab.example'],
  ["Anna's MacBook.local", 'Anna-s-MacBook.local'],
  ['größe', 'gr-e'],
  ['..', 'node'],
  ['', 'node'],
  ['日本', 'node'],
  ['x'.repeat(100), 'x'.repeat(64)],
])('the host name %j makes the name %s', (host, name) => {
  expect(defaultName(host)).toBe(name);
});

test('a suffix never makes a name too long', () => {
  expect(suffixedName('host', 1)).toBe('host');
  expect(suffixedName('host', 12)).toBe('host-12');
  const longest = suffixedName('x'.repeat(64), 999);
  expect(longest).toHaveLength(64);
  expect(nameProblem(longest)).toBeUndefined();
});

test('default names get suffixes, and the first free one is taken', () => {
  const names = ['host', 'host', 'host'].map((name) => holdDefaultName(folder, entryOf(name)));
  expect(names.map((one) => one.entry.name)).toEqual(['host', 'host-2', 'host-3']);
  names[1]?.remove();
  expect(holdDefaultName(folder, entryOf('host')).entry.name).toBe('host-2');
});

describe('a chosen name', () => {
  test('is refused while its holder answers, with who that is', async () => {
    folder.register(entryOf('a', { addresses: [address] }));
    await expect(holdChosenName(folder, entryOf('a'))).rejects.toMatchObject({
      code: 'SKEIN_NAME_TAKEN',
      message: expect.stringContaining(`process ${process.pid} on ${address}`),
    });
  });

  test('is free when its holder’s process number lives on as another program', async () => {
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(
      folder.fileOf('a'),
      JSON.stringify(entryOf('a', { pid: process.ppid, addresses: [address] })),
    );
    const registration = await holdChosenName(folder, entryOf('a', { instance: 'b'.repeat(16) }));
    expect(folder.read('a')).toEqual(registration.entry);
  });

  test('is refused while its holder cannot be asked but runs', async () => {
    folder.register(entryOf('a'));
    await expect(holdChosenName(folder, entryOf('a'))).rejects.toMatchObject({ code: 'SKEIN_NAME_TAKEN' });
  });
});
