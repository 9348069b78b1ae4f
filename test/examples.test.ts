/**
 * The examples are true: each type-checks and, run as a real process, prints what its reader is told.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Site } from './e2e/helpers.ts';
import { freePorts } from './e2e/talk.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tested = new Set<string>();
const running = new Set<ChildProcessWithoutNullStreams>();
let site: Site;

beforeAll(async () => {
  site = await Site.open();
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await site.close();
});

interface Example {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: AsyncIterableIterator<string>;
  readonly ended: Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
}

function start(file: string, ...args: string[]): Example {
  tested.add(file);
  return run([fileURLToPath(new URL(`../examples/${file}`, import.meta.url)), ...args]);
}

function run(args: readonly string[]): Example {
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...site.environment() } });
  running.add(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'close').then(([exitCode]) => {
    running.delete(child);
    const [out, error] = [Buffer.concat(stdout).toString(), Buffer.concat(stderr).toString()];
    return { exitCode: exitCode as number | null, stdout: out, stderr: error };
  });
  return { process: child, lines, ended };
}

async function line({ lines }: Example): Promise<string | undefined> {
  return (await lines.next()).value;
}

test('all examples type-check', async () => {
  const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  expect(await run([compiler, '-p', 'examples']).ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('hello', async () => {
  const { exitCode, stdout, stderr } = await start('hello.mjs').ended;
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n').sort()).toEqual([
    'alice knows that it was delivered to bob',
    'bob got {"text":"hello"} from alice',
  ]);
});

test('chat-room', async () => {
  const room = `room-${process.pid}`;
  const alice = start('chat-room.mjs', 'alice', room);
  expect(await line(alice)).toBe('* you are alice');
  const bob = start('chat-room.mjs', 'bob', room);
  expect(await line(bob)).toBe('* you are bob');
  expect(await line(bob)).toBe('* alice is here');
  expect(await line(alice)).toBe('* bob is here');
  alice.process.stdin.write('hi all\n');
  expect(await line(bob)).toBe('alice: hi all');
  bob.process.stdin.end('hi alice\n');
  expect(await line(alice)).toBe('bob: hi alice');
  expect(await line(alice)).toBe('* bob has left');
  alice.process.stdin.end();
  expect((await Promise.all([alice.ended, bob.ended])).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
});

test('thumbnail-farm', { timeout: 120_000 }, async () => {
  const { exitCode, stdout, stderr } = await start('thumbnail-farm.mjs').ended;
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'ordered 24 thumbnails',
    'w1 was killed while it was at work',
    'w2 was killed while it was at work',
    '24 thumbnails are there',
    'some were begun twice',
  ]);
});

test('from-bullmq', { timeout: 60_000 }, async () => {
  const { exitCode, stdout, stderr } = await start('from-bullmq.mjs').ended;
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout.trimEnd().split('\n')).toEqual([
    ...['ordered twice, kept once', 'ann: done', 'ann: sent to ann'],
    ...['flaky: sent to flaky at attempt 2', 'later: waiting', 'later: never-started'],
    ...['slow: stopping', 'slow: cancelled', 'kept: done, done, cancelled, cancelled'],
  ]);
});

test('typed-messages', async () => {
  expect(await start('typed-messages.mjs').ended).toEqual({
    exitCode: 0,
    stdout:
      'roof: 21.5 °C\nSKEIN_INVALID: kind reading: celsius: Invalid value: Expected >=-273.15 but received -400\n',
    stderr: '',
  });
});

test('services', async () => {
  const { exitCode, stdout, stderr } = await start('services.mjs').ended;
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('worker2 works for asker');
  expect(lines[1]).toMatch(/^worker[12] works for asker$/);
  expect(lines[2]).toBe('4 x 5 = 20');
  expect(lines[3]).toMatch(/^SKEIN_FAILED: area at worker[12]: service area: input: width: Invalid value/);
  expect(lines.slice(4)).toEqual(['SKEIN_NO_SERVICE: no node in reach offers volume']);
});

test('formation', async () => {
  const [address] = (await freePorts(1)) as [string];
  expect(await start('formation.mjs', address).ended).toEqual({
    exitCode: 0,
    stdout: 'the broker is ann\ncat says A TEXT THROUGH A CHANNEL\nann is gone, and both follow another\n',
    stderr: '',
  });
});

test('mailbox', async () => {
  expect(await start('mailbox.mjs').ended).toEqual({
    exitCode: 0,
    stdout:
      'sent twice, stored once\nthe printer is off: stored\n' +
      'attempt 1: print {"page":1} of office\nattempt 2: print {"page":1} of office\n' +
      'the printer is back: delivered\n',
    stderr: '',
  });
});

test('own-behavior', async () => {
  expect(await start('own-behavior.mjs').ended).toEqual({
    exitCode: 0,
    stdout: 'a knows the idlest: e\nand once it has crashed: d\n',
    stderr: '',
  });
});

test('simulated-mesh, twice the same', async () => {
  const first = await start('simulated-mesh.mjs').ended;
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(first.stdout).toMatch(/^12 nodes know each other after \d+\.\d s\ncut in two: n1 counts 6 after /);
  expect(first.stdout).toMatch(/a broadcast of n1 reached 11\n$/);
  expect(await start('simulated-mesh.mjs').ended).toEqual(first);
});

test('tested-program', async () => {
  const { exitCode, stdout } = await start('tested-program.mjs').ended;
  expect([exitCode, /^. tests (\d+)$/m.exec(stdout)?.[1], /^. pass (\d+)$/m.exec(stdout)?.[1]]).toEqual([
    0,
    '4',
    '4',
  ]);
});

test('status', async () => {
  const [ann, bob] = [start('status.mjs', 'ann'), start('status.mjs', 'bob')];
  expect([await line(ann), await line(bob)]).toEqual(['ann runs', 'bob runs']);
  const set = async (name: string, text: string) => (await start('status.mjs', name, text).ended).stdout;
  expect(await set('ann', 'busy')).toBe('ann: busy\n1 changes so far\n');
  expect([await line(ann), await line(bob)]).toEqual(['ann: busy', 'ann: busy']);
  expect(await set('bob', 'at lunch')).toBe('ann: busy\nbob: at lunch\n2 changes so far\n');
  expect([await line(ann), await line(bob)]).toEqual(['bob: at lunch', 'bob: at lunch']);
  bob.process.stdin.end();
  expect(await line(ann)).toBe('bob: no line any more');
  ann.process.stdin.end();
  expect((await Promise.all([ann.ended, bob.ended])).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await start('status.mjs').ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^usage:/),
  });
});

test('presence/simulation', async () => {
  expect(await start('presence/simulation.mjs', '5').ended).toEqual({
    exitCode: 0,
    stdout: 'all nodes see the same lines and the same history\n',
    stderr: '',
  });
});

test('metrics', async () => {
  await Promise.all([site.up('a'), site.up('b')]);
  const listening = site.start('listen', '--node', 'b', '--kind', 'metrics', '--count', '1');
  const heard = listening.lines.next();
  const posting = start('metrics.mjs', 'b', 'a');
  expect(JSON.parse((await heard).value as string)).toMatchObject({
    from: 'a',
    kind: 'metrics',
    body: { pid: posting.process.pid, residentBytes: expect.any(Number), uptimeSeconds: expect.any(Number) },
  });
  expect(await posting.ended).toMatchObject({ exitCode: 0, stdout: 'posted 5 times to b through a\n' });
  expect((await listening.ended).exitCode).toBe(0);
  expect(await start('metrics.mjs').ended).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^usage:/),
  });
});

test('every example has its test', () => {
  const files = readdirSync(fileURLToPath(new URL('../examples', import.meta.url)));
  const programs = [...tested].filter((file) => !file.includes('/'));
  expect(files.filter((file) => file.endsWith('.mjs')).sort()).toEqual(programs.sort());
});
