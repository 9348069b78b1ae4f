/** The store on SQLite keeps what every store promises, in a thread and on a real disk. Needs dist. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { storeLimits } from '../../src/stores/limits.ts';
import { loadSqlite } from '../../src/stores/sqlite/library.ts';
import { SqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { storeConformance } from './conformance.ts';

const program = new URL('../../dist/chunks/worker.js', import.meta.url);
const modules = [new URL('./sqlite-parts.mjs', import.meta.url).href];

/** Each starts several threads. */
const runs = 12;

storeConformance(
  'on SQLite',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'skein-store-'));
    const open = () => SqliteStore.open({ path: join(folder, 'swarm.sqlite'), modules, program });
    let store = await open();
    return {
      get store() {
        return store;
      },
      reopen: async () => {
        await store.close();
        store = await open();
      },
      beside: open,
      settle: (promise) => promise,
      release: async () => {
        await store.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  runs,
);

test('a file that lies in memory is taken, with a warning', async ({ skip }) => {
  if (!existsSync('/dev/shm')) skip('there is no file system in memory here');
  const folder = mkdtempSync('/dev/shm/skein-store-');
  const warnings: string[] = [];
  const store = await SqliteStore.open({
    path: join(folder, 'swarm.sqlite'),
    modules,
    program,
    warn: (text) => warnings.push(text),
  });
  await store.close();
  rmSync(folder, { recursive: true });
  expect(warnings).toEqual([expect.stringMatching(/^the store lies in .*, which is memory \(tmpfs\)/)]);
});

test('a program that opens a store prints nothing of SQLite to stderr', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-store-'));
  const path = join(folder, 'swarm.sqlite');
  const module = new URL('../../dist/chunks/sqlite-store.js', import.meta.url);
  const main = join(folder, 'main.mjs');
  writeFileSync(
    main,
    `
    const [SqliteStore] = Object.values(await import(process.argv[2])).filter((each) => each.name === 'SqliteStore');
    const [path, module, program] = process.argv.slice(3);
    const store = await SqliteStore.open({ path, modules: [module], program: new URL(program) });
    console.log(await store.execute('tally', { verb: 'put', input: 2 }));
    await store.close();`,
  );
  const given = [module.href, path, ...modules, program.href];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...given], {
    encoding: 'utf8',
    env,
  });
  rmSync(folder, { recursive: true });
  expect([stdout, stderr]).toEqual(['2\n', '']);
});

test('what endangers a store is reported by its thread', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skein-store-'));
  const path = join(folder, 'swarm.sqlite');
  const warnings: string[] = [];
  const store = await SqliteStore.open({ path, modules, program, warn: (text) => warnings.push(text) });
  const database = loadSqlite().open(path);
  database.exec('UPDATE tally SET total = 40');
  database.close();
  expect(await store.execute('tally', { verb: 'put', input: 2 as never })).toBe(42);
  await store.close();
  expect(warnings).toEqual([
    expect.stringContaining(`another program has changed the data of the store ${path}`),
  ]);
  rmSync(folder, { recursive: true });
});

describe('the thread of the store on SQLite', () => {
  const mortal = [new URL('./mortal-part.mjs', import.meta.url).href];
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  const newPath = () => {
    folders.push(mkdtempSync(join(tmpdir(), 'skein-store-')));
    return join(folders.at(-1) as string, 'swarm.sqlite');
  };
  const ask = (store: SqliteStore, verb: string) =>
    store.execute('mortal', { verb, input: undefined as never });

  test('takes what has come during a commit as its next group', async () => {
    const path = newPath();
    const store = await SqliteStore.open({ path, modules: mortal, program });
    const goOn = `${path}-go-on`;
    const held = store.execute('mortal', { verb: 'hold', input: goOn as never });
    const added: Promise<unknown>[] = [];
    // Each in a turn of its own.
    for (let n = 0; n < 100; n++) {
      added.push(ask(store, 'add'));
      await setImmediate();
    }
    expect(store.pendingCount).toBe(101);
    writeFileSync(goOn, '');
    await held;
    expect(await Promise.all(added)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const pageBytes = 4096;
    expect(statSync(`${path}-wal`).size).toBeLessThan(50 * pageBytes);
    await store.close();
  });

  test('that finds its file moved leaves what is behind that group to the next one, which goes on once it is back', async () => {
    const path = newPath();
    const store = await SqliteStore.open({ path, modules: mortal, program });
    const fates = Array.from({ length: storeLimits.groupOperationsMax + 100 }, () =>
      ask(store, 'add').catch((error: Error) => error.message),
    );
    renameSync(path, `${path}-moved`);
    const answers = await Promise.all(fates);
    expect(answers.at(1)).toContain('was removed or replaced');
    expect(answers.at(-1)).toContain('was removed or replaced');
    renameSync(`${path}-moved`, path);
    expect(await ask(store, 'add')).toBeGreaterThan(0);
    await store.close();
  });

  test('that ends in the middle of a group leaves all that it was given unknown; another one goes on', async () => {
    const store = await SqliteStore.open({ path: newPath(), modules: mortal, program });
    expect(await ask(store, 'add')).toBe(1);
    const outcomes = await Promise.allSettled([ask(store, 'exit'), ask(store, 'add')]);
    const unknown = { status: 'rejected', reason: { code: 'SKEIN_LOST' } };
    expect(outcomes).toMatchObject([unknown, unknown]);
    expect(await ask(store, 'add')).toBe(2);
    await store.close();
  });

  test('that ends between two groups is replaced', async () => {
    const store = await SqliteStore.open({ path: newPath(), modules: mortal, program });
    await ask(store, 'throwLater').catch(() => undefined);
    // Until the next thread is there: what one of them has written before it ended is there, too.
    expect(await vi.waitFor(() => ask(store, 'add'))).toBeGreaterThan(0);
    expect(await vi.waitFor(() => ask(store, 'add'))).toBeGreaterThan(1);
    await store.close();
  });

  test('that cannot open the file says why, and the store does with each group until it can', async () => {
    const path = newPath();
    const store = await SqliteStore.open({ path, modules: mortal, program });
    await ask(store, 'exit').catch(() => undefined);
    const kept = readFileSync(path);
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    writeFileSync(path, 'no store');
    await expect(ask(store, 'add')).rejects.toMatchObject({
      code: 'SKEIN_STORE',
      message: expect.stringContaining(`the store ${path} is damaged, or no store at all`),
    });
    writeFileSync(path, kept);
    expect(await ask(store, 'add')).toBe(1);
    await store.close();
  });

  test.each([
    ['a module that is not there', { modules: ['file:///nowhere/parts.mjs'] }, 'SKEIN_FAILED'],
    ['a program that is not there', { program: new URL('file:///nowhere/worker.js') }, 'SKEIN_STORE'],
  ])('is not started for %s: the reason is reported', async (_what, given, code) => {
    await expect(
      SqliteStore.open({ path: newPath(), modules: mortal, program, ...given }),
    ).rejects.toMatchObject({ code, message: expect.stringContaining('nowhere') });
  });
});
