/**
 * Who does not belong, as real `skein` processes: another key, no key, one that was removed, an old one, a clock
 * that is wrong, another user. Nobody gets in, everybody lives on, and both ends are told why.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { type Finished, Site } from './helpers.ts';
import {
  apart,
  copyKeys,
  keyIdOf,
  linksAt,
  logOf,
  members,
  namesAt,
  onLoopback,
  soon,
  why,
} from './keyed-sites.ts';

/** The user of whom every system says that nothing belongs to it. */
const nobody = 65_534;

const sites: Site[] = [];
let one: Site;
let two: Site;

beforeEach(async () => {
  one = await open();
  two = await open(one);
});
afterEach(() => Promise.all(sites.splice(0).map((site) => site.close())));

async function open(beside?: Site, variables?: Record<string, string>): Promise<Site> {
  const site = await Site.open(beside, variables);
  sites.push(site);
  return site;
}

/** Both run, and neither knows of the other. */
async function expectApart(): Promise<void> {
  expect([await namesAt(one), await namesAt(two)]).toEqual([['a'], ['b']]);
}

describe('another key', () => {
  test('on both sides: neither lists the other, and both tell why', async () => {
    for (const site of [one, two]) await site.must('key', 'new');
    const a = await one.up('a', ...apart);
    await two.up('b', ...apart, '--connect', a.address);
    await vi.waitFor(
      async () =>
        expect(await why(two)).toContain(
          `${a.address} has another mesh key; compare both with: skein key show`,
        ),
      soon,
    );
    await expectApart();
    const [id, otherId] = [await keyIdOf(one), await keyIdOf(two)];
    expect(id).not.toBe(otherId);
    expect(await one.must('status')).toContain(`members with key ${id}`);
    expect(await two.must('status')).toContain(`members with key ${otherId}`);
    const { exitCode, stderr } = await two.run(['node', 'dial', a.address]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('has another mesh key')]);
    expect(await logOf(one, a)).toMatch(/warn refused 127\.0\.0\.1:\d+: it has another mesh key/);
  });

  test('heard in a solicitation is told by why at both ends', async () => {
    for (const site of [one, two]) await site.must('key', 'new');
    await one.up('a', ...onLoopback);
    await two.up('b', ...onLoopback);
    for (const site of [one, two])
      await vi.waitFor(
        async () =>
          expect(await why(site)).toContain('solicitations sealed with another mesh key were heard'),
        soon,
      );
    await expectApart();
  });
});

describe('no key', () => {
  test('against one: neither lists the other, and both tell why', async () => {
    await one.must('key', 'new');
    const a = await one.up('a', ...onLoopback);
    await two.up('b', ...onLoopback, '--connect', a.address);
    await vi.waitFor(async () => {
      const told = await why(two);
      expect(told).toContain('belongs to a mesh with a key, and this node has none');
      expect(told).toContain('this node has none: skein key add');
      expect(await why(one)).toContain('this node has one and answers members only');
    }, soon);
    await expectApart();
    expect(await two.must('status')).toMatch(/security +no key: this machine only/);
  });

  test.each([
    [['up', '--listen', '0.0.0.0:0']],
    [['up', '--listen', '192.0.2.1:7400']],
    [['up', '--connect', '10.0.0.1:7400']],
    [['up', '--advertise', '10.0.0.1:7400']],
    [['up', '--broadcast', '10.255.255.255']],
  ])('%j is refused in one line that says how to go on', async (args) => {
    const { exitCode, stderr } = await one.run(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/skein key new.*--insecure/)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a running node does not dial beyond its machine', async () => {
    await one.up('a', ...apart);
    const { exitCode, stderr } = await one.run(['node', 'dial', '10.0.0.1:7400']);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/skein key new.*--insecure.*SKEIN_PROTECTED/),
    ]);
  });
});

describe('a key that is changed', () => {
  test('by removing the last one closes all links and lets nobody in', async () => {
    const { old } = await members(one, two);
    const { exitCode, stderr } = await one.run(['key', 'rm', old]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is the only key')]);
    await one.must('key', 'rm', old, '--last');
    await vi.waitFor(async () => expect([await linksAt(one), await linksAt(two)]).toEqual([0, 0]), soon);
    expect(await one.must('status')).toContain('the last key was removed: nobody can join');
    await vi.waitFor(async () => expect(await why(two)).toContain('has another mesh key'), soon);
  });

  test('to one with a typo changes nothing for those who run, and the log tells the line', async () => {
    const { a } = await members(one, two);
    const typed = readFileSync(one.keyPath, 'utf8').replace(/skein1-(.)/, (_all, letter: string) =>
      letter === 'a' ? 'skein1-b' : 'skein1-a',
    );
    writeFileSync(`${one.keyPath}.new`, typed, { mode: 0o600 });
    renameSync(`${one.keyPath}.new`, one.keyPath);
    const restarted = await one.run(['up', '--name', 'again']);
    expect(restarted).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('line 2: the key has a typo'),
    });
    expect(await namesAt(two)).toEqual(['a', 'b']);
    expect(await linksAt(two)).toBe(1);
    const log = await logOf(one, a);
    expect(log).toContain('line 2: the key has a typo');
    expect(log).toContain('the keys held so far stay');
  });

  test('to one with a typo on its way to the next machine is not taken in', async () => {
    await one.must('key', 'new');
    await two.must('key', 'new');
    const before = readFileSync(two.keyPath, 'utf8');
    const input = readFileSync(one.keyPath, 'utf8')
      .replace(/-(.)(.)/, '-$2$1')
      .replace(/(skein1-.)./, '$1z');
    const { exitCode, stderr } = await two.run(['key', 'add'], { input });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('the key given: the key has a typo')]);
    expect(readFileSync(two.keyPath, 'utf8')).toBe(before);
  });
});

const onLinux = process.platform === 'linux';
if (!onLinux) console.log('skipped: clocks apart: broadcast on loopback is only delivered by Linux');

test.skipIf(!onLinux)(
  'two members whose clocks are 200 s apart do not meet by UDP, and why names the clock',
  async () => {
    const skew = join(one.folder, 'skew.mjs');
    writeFileSync(skew, 'const now = Date.now; Date.now = () => now() + 200_000;\n');
    const late = await open(one, { NODE_OPTIONS: `--import ${skew}` });
    await one.must('key', 'new');
    await copyKeys(one, late);
    await one.up('a', ...onLoopback);
    await late.up('b', ...onLoopback);
    await vi.waitFor(async () => {
      expect(await why(one)).toMatch(/the clock of b is (199|200|201) s ahead of this machine's/);
      expect(await why(one, 'b')).toMatch(/the clock of b is/);
      expect(await why(late)).toMatch(/the clock of a is (199|200|201) s behind this machine's/);
    }, soon);
    expect([await namesAt(one), await namesAt(late)]).toEqual([['a'], ['b']]);
  },
);

describe('another user of this machine', () => {
  /** What becomes of connecting to the socket, as whom. */
  async function connected(path: string, user: number): Promise<string> {
    const script = `require('node:net').connect(${JSON.stringify(path)})
      .on('connect', () => { console.log('connected'); process.exit(); })
      .on('error', (error) => console.log(error.code));`;
    const child = spawn(process.execPath, ['-e', script], { uid: user, gid: user, cwd: '/' });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await once(child, 'close');
    return said.trim();
  }

  test('is not let in by the control socket, wherever it lies', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('becoming another user needs root');
    const shared = mkdtempSync(join(tmpdir(), 'skein-shared-'));
    try {
      chmodSync(shared, 0o777);
      const path = join(shared, 'a.sock');
      await one.up('a', ...apart, '--control', path);
      expect(await connected(path, nobody)).toBe('EACCES');
      expect(await connected(path, 0)).toBe('connected');
    } finally {
      rmSync(shared, { recursive: true, force: true });
    }
  });

  test('cannot have left its folder for us to use', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('becoming another user needs root');
    const folder = join(one.folder, 'left-by-another');
    mkdirSync(folder, { mode: 0o700 });
    const made = spawn('chown', [String(nobody), folder]);
    await once(made, 'close');
    const { exitCode, stderr }: Finished = await one.run(['up', '--name', 'a', ...apart], {
      env: { SKEIN_RUNTIME_DIR: folder },
    });
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/runtime folder: .* belongs to user 65534, not to 0; set SKEIN_RUNTIME_DIR/),
    ]);
  });
});

describe('a key file', () => {
  test.each(['640', '604', '620'])(
    'of mode %s stops skein up and skein key show, with the command that mends it',
    async (mode) => {
      mkdirSync(join(one.keyPath, '..'), { recursive: true });
      writeFileSync(one.keyPath, `${MeshKey.make().text}\n`);
      chmodSync(one.keyPath, Number.parseInt(mode, 8));
      for (const args of [['up'], ['key', 'show']]) {
        const { exitCode, stderr } = await one.run(args);
        expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`run: chmod 600 ${one.keyPath}`)]);
      }
      chmodSync(one.keyPath, 0o600);
      expect(await one.must('key', 'show')).toContain('used');
    },
  );
});
