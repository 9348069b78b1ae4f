/** `skein key` and keyed nodes as processes: two machines (folders) joined by one key, and what logs never hold. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MeshKey } from '../../src/host/keys/mesh-key.ts';
import { Site } from './helpers.ts';

let one: Site;
let two: Site;

beforeEach(async () => {
  [one, two] = [await Site.open(), await Site.open()];
});
afterEach(() => Promise.all([one.close(), two.close()]));

const keyPath = (site: Site) => join(site.environment().XDG_CONFIG_HOME as string, 'skein', 'keys');

describe('skein key', () => {
  test('joins two machines: made on one, brought to the other by the command it prints', async () => {
    const made = await one.must('key', 'new');
    expect(made).toContain(`ssh HOST skein key add < ${keyPath(one)}`);
    expect(statSync(keyPath(one)).mode & 0o077).toBe(0);
    const added = await two.run(['key', 'add'], { input: readFileSync(keyPath(one), 'utf8') });
    expect(added).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^added key [0-9a-f]{16} to /),
    });
    const a = await one.up('a', '--no-discovery');
    const port = a.address.split(':').at(-1);
    await two.up('b', '--connect', `127.0.0.1:${port}`, '--no-discovery');
    await vi.waitFor(async () => expect(await two.must('node', 'ls')).toMatch(/\ba\b/), 10_000);
    expect(await two.must('status')).toMatch(/security +TLS 1\.3, members with key [0-9a-f]{16}\n/);
  });

  test('shows ids, and the keys themselves when asked', async () => {
    await one.must('key', 'new');
    const text = /skein1-\S+/.exec(readFileSync(keyPath(one), 'utf8'))?.[0] as string;
    const { id } = MeshKey.parse(text, 'file');
    expect(await one.must('key', 'show')).toBe(`ID                STATE\n${id}  used\n`);
    expect(await one.must('key', 'show', '--secret')).toContain(text);
    expect(await one.json('key', 'show')).toEqual({ path: keyPath(one), keys: [{ id, state: 'used' }] });
  });

  test('every change is told as JSON when asked', async () => {
    const path = keyPath(one);
    const { id: first } = await one.json<{ id: string }>('key', 'new');
    const { id: second } = await one.json<{ id: string }>('key', 'new', '--beside');
    expect(await one.json('key', 'use', second)).toEqual({ path, id: second });
    expect(await one.json('key', 'rm', first)).toEqual({ path, id: first });
    const added = await two.run(['key', 'add', '--json'], { input: readFileSync(path, 'utf8') });
    expect(JSON.parse(added.stdout)).toEqual({ path: keyPath(two), added: [second] });
  });

  test.each([
    [['key', 'new'], /there is a key already \([0-9a-f]{16}\)/],
    [['key', 'rm', 'ffff'], /has no one key of the id ffff; there are/],
    [['key', 'use'], /missing required argument 'id'/],
    [['key', 'frob'], /unknown command 'frob'.*commands: new, show, add, use, rm/],
    [['key', 'add', 'skein1-abc'], /too many arguments/],
    [['up', '--key', 'skein1-abc'], /unknown option '--key'/],
    [
      ['up', '--key-file', '/nonexistent/k'],
      /there is no key in \/nonexistent\/k; make one: skein key new --key-file \/nonexistent\/k /,
    ],
    [['up', '--insecure', '--key-file', '/k'], /goes without a key, and one is given/],
  ])('%j is refused in one line', async (args, problem) => {
    await one.must('key', 'new');
    const { exitCode, stderr } = await one.run(args, { input: '' });
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(problem)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a file that others can read stops skein up, with the command that mends it', async () => {
    mkdirSync(join(keyPath(one), '..'), { recursive: true });
    writeFileSync(keyPath(one), `${MeshKey.make().text}\n`, { mode: 0o644 });
    const { exitCode, stderr } = await one.run(['up']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(`run: chmod 600 ${keyPath(one)}`)]);
  });

  test('SKEIN_KEY does as well; one with a typo is told as a typo and not repeated', async () => {
    const { text } = MeshKey.make();
    const typed = text.replace(/^skein1-./, (start) =>
      start.replace(/.$/, (letter) => (letter === 'a' ? 'b' : 'a')),
    );
    const { exitCode, stderr } = await one.run(['up'], { env: { SKEIN_KEY: typed } });
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^skein: SKEIN_KEY: the key has a typo/)]);
    expect(stderr).not.toContain(typed.slice(8, 40));
  });
});

describe('logs', () => {
  test.each(['text', 'json'])('as %s, at their finest, hold neither keys nor bodies', async (format) => {
    await one.must('key', 'new');
    const { text } = MeshKey.parse(/skein1-\S+/.exec(readFileSync(keyPath(one), 'utf8'))?.[0] ?? '', 'file');
    const flags = ['--log-level', 'debug', '--log-format', format, '--no-discovery'];
    const a = await one.up('a', ...flags);
    const at = `127.0.0.1:${a.address.split(':').at(-1)}`;
    const b = await one.up('b', ...flags, '--connect', at);
    await two.must('key', 'new');
    const stranger = await two.up('stranger', ...flags, '--connect', at);
    await vi.waitFor(
      async () => expect(await one.must('node', 'ls', '--node', 'b')).toMatch(/\ba\b/),
      10_000,
    );
    const body = 'the-secret-body-of-a-message';
    await one.must('send', 'a', body, '--node', 'b');
    await vi.waitFor(
      async () => expect(await two.must('why', '--node', 'stranger')).toContain('another mesh key'),
      10_000,
    );
    for (const [site, node] of [
      [one, 'b'],
      [one, 'a'],
      [two, 'stranger'],
    ] as const)
      await site.must('down', '--node', node);
    const logs = (await Promise.all([a, b, stranger].map(({ ended }) => ended))).map(({ stderr }) => stderr);
    expect(logs.join('')).toMatch(/another mesh key/);
    if (format === 'json')
      for (const line of logs.join('').trim().split('\n'))
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), msg: expect.any(String) });
    for (const secret of [body, text, text.slice(8, 30), Buffer.from(body).toString('base64').slice(0, 30)])
      expect(logs.join('')).not.toContain(secret);
  });
});
