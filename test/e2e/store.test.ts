/** The command line of the store, and of who was ever here, with real processes. Each site has a swarm of its own. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LetterStatus } from '../../src/features/letters/api.ts';
import type { NodeInfo } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { freeTcpPorts } from '../free-ports.ts';
import { Site } from './helpers.ts';

let sites = 0;

/** Nodes of one user and namespace share a formation of this machine. */
function openSite(): Promise<Site> {
  return Site.open(undefined, { SKEIN_NAMESPACE: namespace(++sites) });
}

const namespace = (site: number): string => `store-${process.pid}-${site}`;
const storeOf = (site: Site): string =>
  join(site.folder, 'state', 'skein', site.environment().SKEIN_NAMESPACE as string, 'swarm.sqlite');

/** What `skein store show` and `check` have in common. */
const checked = (path: string) => ({
  path,
  problems: [],
  facts: {
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    epoch: expect.any(Number),
    parts: {
      conversations: expect.any(Number),
      letters: expect.any(Number),
      log: expect.any(Number),
      swarm: expect.any(Number),
      tasks: expect.any(Number),
    },
    pragmas: expect.objectContaining({ page_size: expect.any(Number), encoding: 'UTF-8' }),
  },
  library: expect.stringMatching(/sqlite$/),
  sqliteVersion: expect.stringMatching(/^3\.\d+\.\d+$/),
  sizeBytes: expect.any(Number),
  writeAheadLogBytes: expect.any(Number),
});

describe('the store of a broker', () => {
  let site: Site;
  let path: string;
  beforeAll(async () => {
    site = await openSite();
    path = storeOf(site);
    await site.up('a');
    await site.must('letter', 'send', 'b', 'kept', '--allow-unknown');
  });
  afterAll(() => site.close());

  test('is found by its namespace, and shown to people and programs', async () => {
    const shown = await site.json<{ facts: { id: string }; syncMs: number[] }>('store', 'show');
    expect(shown).toEqual({ ...checked(path), home: expect.any(Object), syncMs: expect.any(Array) });
    expect(shown.syncMs.length).toBeGreaterThan(1);
    expect(shown.syncMs.every((ms, i) => ms >= (shown.syncMs[i - 1] ?? 0))).toBe(true);
    const text = await site.must('store', 'show', '--store', path);
    expect(text).toMatch(new RegExp(`^path +${path}\nsize +\\d+ bytes\nwrite-ahead log +\\d+ bytes\n`));
    expect(text).toMatch(
      new RegExp(
        `^store +${shown.facts.id}\nhome +this store\nepoch +\\d+\nparts +conversations \\d+, letters \\d+, log \\d+, swarm \\d+, tasks \\d+$`,
        'm',
      ),
    );
    expect(text).toMatch(
      /^library +\S+, SQLite 3\.\S+\nsync +[\d.]+ms \(median of \d+\), at most [\d.]+ms$/m,
    );
    expect(text).toMatch(/^journal_mode +wal$/m);
  });

  test('is checked while it is in use', async () => {
    expect(await site.must('store', 'check')).toBe(`${path}: no problems\n`);
    expect(await site.json('store', 'check')).toEqual(checked(path));
  });

  test('is backed up while its broker writes, with all that was stored before', async () => {
    const a = await attach({ control: join(site.folder, 'run', 'a.sock') });
    let isDone = false;
    let stored = 0;
    const writing = (async () => {
      for (; !isDone; stored += 100) await a.letters.sendMany(manyLetters(100));
    })();
    await expect.poll(() => stored).toBeGreaterThan(0);
    const before = stored;
    const file = join(site.folder, 'while.backup');
    expect(await site.json('store', 'backup', file)).toEqual({
      path,
      file,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    isDone = true;
    await writing;
    await a.close();
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(await site.must('store', 'check', '--store', file)).toBe(`${file}: no problems\n`);

    const restored = join(site.folder, 'new', 'swarm.sqlite');
    await site.must('store', 'restore', file, '--store', restored);
    await using other = await Site.open(undefined, { SKEIN_NAMESPACE: namespace(++sites) });
    await other.up('c', '--store', restored);
    const letters = await other.json<LetterStatus[]>('letter', 'ls', '--to', 'many');
    expect(letters.length).toBeGreaterThanOrEqual(before);
    expect(letters.length).toBeLessThanOrEqual(stored);
    expect(await other.must('letter', 'ls', '--to', 'b')).toMatch(/ a +b +letter +stored$/m);
  });

  test('a backup overwrites nothing', async () => {
    const file = join(site.folder, 'mine.txt');
    writeFileSync(file, 'mine');
    expect(await site.run(['store', 'backup', file])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/mine\.txt exists already, and nothing is overwritten: name another one/),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  test('is not restored while it is in use', async () => {
    const file = join(site.folder, 'restored.backup');
    expect(await site.must('store', 'backup', file)).toBe(`copied ${path} to ${file}\n`);
    expect(await site.run(['store', 'restore', file])).toMatchObject({
      exitCode: 2,
      stderr: `skein: there is a store at ${path} already: name another file with --store, or give --replace\n`,
    });
    expect(await site.run(['store', 'restore', file, '--replace'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/is in use: stop the nodes that use it, then restore \(SKEIN_BUSY\)\n$/),
    });
  });
});

test('a restored store has what the backup had, and nothing of what came after', async () => {
  await using site = await openSite();
  const file = join(site.folder, 'swarm.backup');
  await site.up('a');
  await site.must('letter', 'send', 'b', 'before', '--allow-unknown', '--type', 'before');
  await site.must('store', 'backup', file);
  await site.must('letter', 'send', 'b', 'after', '--allow-unknown', '--type', 'after');
  await site.must('down');
  const { facts } = await site.json<{ facts: { id: string } }>('store', 'check');
  const restored = await site.json<{ id: string }>('store', 'restore', file, '--replace');
  expect(restored).toEqual({ path: storeOf(site), id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(restored.id).not.toBe(facts.id);
  await site.up('a');
  const letters = await site.json<LetterStatus[]>('letter', 'ls');
  expect(letters.map(({ type }) => type)).toEqual(['before']);
});

describe('a machine of two', () => {
  /** Two machines of one swarm: each has a state folder of its own. */
  async function twoMachines() {
    const [port] = await freeTcpPorts(1);
    const address = `127.0.0.1:${port}`;
    const [one, two] = await Promise.all([openSite(), openSite()]);
    const SKEIN_NAMESPACE = namespace(sites);
    const up = async (site: Site, name: string, ...flags: string[]) =>
      site.up(
        name,
        '--namespace',
        SKEIN_NAMESPACE,
        '--formation',
        address,
        '--log-level',
        'silent',
        ...flags,
      );
    const path = (site: Site) => join(site.folder, 'state', 'skein', SKEIN_NAMESPACE, 'swarm.sqlite');
    return {
      one,
      two,
      up,
      path,
      [Symbol.asyncDispose]: async () => void (await Promise.all([one.close(), two.close()])),
    };
  }

  test('keeps nothing while the swarm is kept on the other one, and goes on when that one is back', async () => {
    await using site = await twoMachines();
    const { one, two, up, path } = site;
    const { address } = await up(one, 'a');
    await up(two, 'b', '--connect', address);
    const { id } = await two.json<{ id: string }>('letter', 'send', 'c', 'kept', '--allow-unknown');
    await expect.poll(() => existsSync(`${path(two)}-home`)).toBe(true);
    expect(statSync(`${path(two)}-home`).mode & 0o077).toBe(0);
    await one.must('down');
    // Also after a restart, with nobody who could say so.
    await two.must('down');
    const { address: back } = await up(two, 'b');
    await expect
      .poll(async () => (await two.run(['letter', 'ls'])).stderr)
      .toMatch(
        /the swarm is kept on .* \(store [0-9a-f]{8}\), and no node .*skein store adopt.*SKEIN_STORE_ELSEWHERE/s,
      );
    expect(existsSync(path(two))).toBe(false);
    await up(one, 'a', '--connect', back);
    await expect
      .poll(async () => (await two.run(['letter', 'ls', '--json'])).stdout, { timeout: 15_000 })
      .toContain(id);
  });

  test('has letters in the outbox of their author meanwhile, over kill -9', async () => {
    await using site = await twoMachines();
    const { one, two, up, path } = site;
    const { address } = await up(one, 'a');
    const first = await up(two, 'b', '--connect', address);
    await two.must('letter', 'send', 'c', 'kept', '--allow-unknown');
    await expect.poll(() => existsSync(`${path(two)}-home`)).toBe(true);
    await one.must('down');
    await expect
      .poll(async () => (await two.run(['letter', 'ls'])).stderr)
      .toContain('SKEIN_STORE_ELSEWHERE');
    const sent = await two.run(['letter', 'send', 'c', 'waits', '--allow-unknown', '--copies', '2']);
    expect(sent).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/is in the outbox of this node/),
    });
    const id = sent.stdout.trim();
    const own = join(path(two), '..', 'nodes', 'b.sqlite');
    expect(statSync(own).mode & 0o077).toBe(0);
    first.process.kill('SIGKILL');
    await first.ended;
    const { address: back } = await up(two, 'b');
    const inOutbox = async () =>
      (await two.json<{ id: string }[]>('letter', 'ls', '--outbox')).map((letter) => letter.id);
    await expect.poll(inOutbox).toEqual([id]);
    expect(await two.must('letter', 'ls', '--outbox')).toMatch(
      new RegExp(`^ID +SENT +TO +TYPE +SIZE\n${id.slice(0, 8)} +\\S+ +c +letter +\\d+ bytes$`, 'm'),
    );
    const shown = await two.must('letter', 'show', id.slice(0, 8));
    expect((await two.run(['letter', 'rm', id])).stderr).toMatch(/is in the outbox of this node/);
    expect(shown).toMatch(new RegExp(`^id +${id}\n.*\nc +outbox +0 +- +-\n\nwaits\n$`, 's'));
    await up(one, 'a', '--connect', back);
    await expect
      .poll(async () => (await two.run(['letter', 'ls', '--json'])).stdout, { timeout: 15_000 })
      .toContain(id);
    expect(await two.must('letter', 'ls', '--outbox')).toBe('no letters\n');
    expect(await two.must('letter', 'show', id.slice(0, 8))).toMatch(/^c +stored +0 /m);
  });

  test('adopts the swarm when the other one is gone for good', async () => {
    await using site = await twoMachines();
    const { one, two, up, path } = site;
    const { address } = await up(one, 'a');
    await up(two, 'b', '--connect', address);
    await two.must('letter', 'send', 'c', 'lost', '--allow-unknown');
    await expect.poll(() => existsSync(`${path(two)}-home`)).toBe(true);
    await one.must('down');
    await expect
      .poll(async () => (await two.run(['letter', 'ls'])).stderr)
      .toContain('SKEIN_STORE_ELSEWHERE');
    const adopted = await two.json<{ store: string; generation: number }>('store', 'adopt');
    expect(adopted).toMatchObject({ generation: 2, store: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(await two.must('store', 'adopt')).toContain(adopted.store);
    expect(await two.json('letter', 'ls')).toEqual([]);
  });

  test('that has begun a swarm as well has its letters moved by hand to the older one, under their ids', async () => {
    await using site = await twoMachines();
    const { one, two, up, path } = site;
    const sent: string[] = [];
    const sendFrom = async (machine: Site, body: string) =>
      sent.push((await machine.json<{ id: string }>('letter', 'send', 'c', body, '--allow-unknown')).id);
    // They have not heard of each other.
    await up(one, 'a');
    await sendFrom(one, 'of the older one');
    await one.must('down');
    await up(two, 'b');
    await sendFrom(two, 'of the younger one');
    await sendFrom(two, 'the second of it');
    await two.must('down');
    const { address } = await up(one, 'a');
    await up(two, 'b', '--connect', address);
    await expect
      .poll(
        async () => (await two.json<{ home: { store: string } }>('store', 'show', '--store', path(two))).home,
      )
      .toMatchObject({
        store: (await one.json<{ facts: { id: string } }>('store', 'show', '--store', path(one))).facts.id,
      });
    expect(await two.must('store', 'show', '--store', path(two))).toMatch(
      /^home +.*: what waits here is not handed out; see skein store merge --help$/m,
    );
    expect(await one.must('store', 'show', '--store', path(one))).toMatch(/^home +this store$/m);
    await expect.poll(() => one.must('status')).toMatch(/^swarm +kept by a on /m);
    const busy = await one.run(['store', 'merge', path(two), '--store', path(one)]);
    expect(busy).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is in use') });
    await Promise.all([one.must('down'), two.must('down')]);
    const wrong = await two.run(['store', 'merge', path(one), '--store', path(two)]);
    expect(wrong).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the swarm is kept on') });
    expect(await one.json('store', 'merge', path(two), '--store', path(one))).toEqual({
      path: path(one),
      from: path(two),
      moved: { swarm: expect.any(Number), conversations: 0, letters: 2, tasks: 0 },
      left: [],
    });
    const again = await up(one, 'a');
    await up(two, 'b', '--connect', again.address);
    const letters = await one.json<LetterStatus[]>('letter', 'ls', '--to', 'c');
    expect(letters.map(({ id }) => id)).toEqual(sent);
    await up(two, 'c', '--connect', again.address);
    const got = await two.must('letter', 'follow', '--node', 'c', '--count', '3', '--json');
    expect(
      got
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(sent);
  });

  test('does not begin a new swarm where the store of the old one was taken away', async () => {
    await using site = await openSite();
    await site.up('a');
    await site.must('letter', 'send', 'b', 'kept', '--allow-unknown');
    await site.must('down');
    renameSync(storeOf(site), `${storeOf(site)}.aside`);
    await site.up('a', '--log-level', 'silent');
    expect((await site.run(['letter', 'ls'])).stderr).toContain('SKEIN_STORE_ELSEWHERE');
    expect(existsSync(storeOf(site))).toBe(false);
    renameSync(`${storeOf(site)}.aside`, storeOf(site));
    await expect
      .poll(async () => (await site.run(['letter', 'ls'])).exitCode, { timeout: 15_000, interval: 500 })
      .toBe(0);
  });

  test('whose note of the home is damaged leaves its store alone, and says so', async () => {
    await using site = await openSite();
    mkdirSync(join(storeOf(site), '..'), { recursive: true });
    writeFileSync(`${storeOf(site)}-home`, '{"store":');
    await site.up('a', '--log-level', 'silent');
    expect((await site.run(['letter', 'ls'])).stderr).toMatch(
      /swarm.sqlite-home.*cannot be read.*SKEIN_STORE/s,
    );
    expect(existsSync(storeOf(site))).toBe(false);
    expect(readFileSync(`${storeOf(site)}-home`, 'utf8')).toBe('{"store":');
  });
});

test('a damaged store is named with its problems, and is not backed up', async () => {
  await using site = await openSite();
  const path = storeOf(site);
  await site.up('a');
  const a = await attach({ control: join(site.folder, 'run', 'a.sock') });
  await a.letters.sendMany(manyLetters(300));
  await a.close();
  await site.must('down');
  const bytes = readFileSync(path);
  bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 16_384);
  writeFileSync(path, bytes);
  const checked = await site.run(['store', 'check']);
  expect(checked).toMatchObject({ exitCode: 1, stderr: '' });
  expect(checked.stdout).not.toContain('no problems');
  expect(checked.stdout.trim()).not.toBe('');
  const json = await site.run(['store', 'check', '--json']);
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout).problems.length).toBeGreaterThan(0);
  const file = join(site.folder, 'damaged.backup');
  expect(await site.run(['store', 'backup', file])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^skein: the store .* is damaged and was not copied: .*\(SKEIN_STORE\)\n$/),
  });
  expect(existsSync(file)).toBe(false);
});

describe('which store', () => {
  test('is that of the settings, from the file or a flag', async () => {
    await using site = await Site.open();
    const config = join(site.folder, 'config', 'skein', 'config.json');
    mkdirSync(join(site.folder, 'config', 'skein'), { recursive: true });
    const pathSaid = async (...args: string[]): Promise<string | undefined> =>
      /there is no store at (.*): name/.exec((await site.run(['store', 'show', ...args])).stderr)?.[1];
    const ofNamespace = (name: string): string => join(site.folder, 'state', 'skein', name, 'swarm.sqlite');
    expect(await pathSaid()).toBe(ofNamespace('default'));
    writeFileSync(config, JSON.stringify({ namespace: 'lab' }));
    expect(await pathSaid()).toBe(ofNamespace('lab'));
    expect(await pathSaid('--namespace', 'other')).toBe(ofNamespace('other'));
    writeFileSync(config, JSON.stringify({ namespace: 'lab', store: '/nowhere/of/file' }));
    expect(await pathSaid()).toBe('/nowhere/of/file');
    expect(await pathSaid('--store', '/nowhere/of/flag')).toBe('/nowhere/of/flag');
  });

  test.each<[string, number, RegExp]>([
    ['store', 2, /say which: skein store show, check, backup, restore, rekey, merge, adopt/],
    ['store show --store none', 2, /the setting store is none.*: name a file with --store/],
    ['store show --namespace a/b', 2, /--namespace: a name has 1 to 64 of/],
    [
      'store check --store /nowhere/x',
      1,
      /there is no store at \/nowhere\/x: name the file of one \(SKEIN_STORE\)/,
    ],
    ['store backup', 2, /missing required argument 'file'; usage: skein store backup \[options\] <file>/],
    ['store restore /nowhere/x', 1, /there is no store at \/nowhere\/x: name the file of one/],
  ])('skein %s ends with %i', async (line, exitCode, problem) => {
    await using site = await openSite();
    const found = await site.run(line.split(' '));
    expect(found).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(problem) });
    expect(found.stderr).toMatch(/^skein: [^\n]*\n$/);
  });
});

describe('skein node ls --all', () => {
  type Listed = NodeInfo & { readonly firstSeen?: number; readonly lastSeen?: number };

  test('lists all that the swarm has ever seen, also those whom the mesh has forgotten', async () => {
    await using site = await openSite();
    const began = Date.now();
    await Promise.all([site.up('a'), site.up('b')]);
    await site.must('status', '--count', '2', '--node', 'a');
    await site.must('letter', 'ls', '--node', 'a');
    const list = (): Promise<Listed[]> => site.json('node', 'ls', '--all', '--node', 'a');
    const seen = { firstSeen: expect.any(Number), lastSeen: expect.any(Number) };
    // What is seen is written a moment later.
    await expect
      .poll(list)
      .toEqual(['a', 'b'].map((name) => expect.objectContaining({ name, reachable: true, ...seen })));
    for (const { firstSeen = 0, lastSeen = 0 } of await list()) {
      expect(firstSeen).toBeGreaterThanOrEqual(began);
      expect(lastSeen).toBeGreaterThanOrEqual(firstSeen);
    }
    await site.must('down', '--node', 'b');
    await site.must('down', '--node', 'a');
    // Its mesh is new, its swarm is not.
    await site.up('a');
    await site.must('letter', 'ls');
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`;
    const text = await site.must('node', 'ls', '--all');
    expect(text).toMatch(/^NAME +STATE +FIRST SEEN +LAST SEEN +ADDRESSES\n/);
    expect(text).toMatch(new RegExp(`^a +this node +${time} +${time} +127`, 'm'));
    expect(text).toMatch(new RegExp(`^b +gone +${time} +${time} +127`, 'm'));
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    expect((await list()).find(({ name }) => name === 'b')).toEqual({
      ...{ name: 'b', id: expect.any(Number), namespace: '', instance: '', version: '', links: [] },
      ...{ addresses: [expect.stringMatching(/^127/)], services: [], forMs: expect.any(Number) },
      ...{ self: false, reachable: false, left: false, ...seen },
    });
    expect(await site.must('node', 'ls')).not.toMatch(/^b /m);
  });

  test('makes no node a part of the swarm, and no store', async () => {
    await using site = await openSite();
    await site.up('a');
    const [a, ...others] = await site.json<Listed[]>('node', 'ls', '--all');
    expect(others).toEqual([]);
    expect(a).toMatchObject({ name: 'a', self: true });
    expect(a).not.toHaveProperty('firstSeen');
    expect(await site.must('node', 'ls', '--all')).toMatch(/^NAME +STATE +HOPS +LINKS +NAMESPACE /);
    expect(existsSync(storeOf(site))).toBe(false);
  });

  test('lists the mesh also where the store cannot be used, and says so', async () => {
    await using site = await openSite();
    mkdirSync(join(storeOf(site), '..'), { recursive: true });
    writeFileSync(storeOf(site), 'this is no store');
    await site.up('a', '--log-level', 'silent');
    expect(await site.run(['letter', 'ls'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/\(SKEIN_STORE\)\n$/),
    });
    const { exitCode, stdout } = await site.run(['node', 'ls', '--all']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^NAME +STATE +HOPS .*\na +this node .*\nthose that the swarm has seen are missing: .*swarm\.sqlite/,
    );
    expect((await site.json<Listed[]>('node', 'ls', '--all')).map(({ name }) => name)).toEqual(['a']);
  });
});

function manyLetters(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    to: 'many',
    body: `${i} ${'x'.repeat(500)}`,
    allowUnknown: true,
  }));
}
