/**
 * Clients that mean harm at a node's control socket, with real processes: the node is `skein up`, those who must get
 * in are commands, and the hostile are other processes than both.
 */
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controlLimits } from '../../src/remote/limits.ts';
import { FrameType } from '../../src/remote/session/frames.ts';
import { Site, startProgram } from './helpers.ts';
import { RawSession } from './raw-session.ts';

const pathOf = (site: Site, name: string) => join(site.folder, 'run', `${name}.sock`);

async function expectCommandsGetIn(site: Site): Promise<void> {
  const { exitCode, stdout, stderr } = await site.run(['status', '--node', 'a', '--json']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout).name).toBe('a');
  expect(await site.run(['down', '--node', 'a'])).toMatchObject({ exitCode: 0, stderr: '' });
}

async function connections(path: string, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect({ path, allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    sockets.push(socket);
  }
  return sockets;
}

const sieges: [string, (path: string) => Promise<{ destroy(): unknown }[]>][] = [
  ['connections that say nothing', (path) => connections(path, 4 * controlLimits.connectionsMax)],
  [
    'connections that have closed their half',
    async (path) => {
      const sockets = await connections(path, 2 * controlLimits.connectionsMax);
      for (const socket of sockets) socket.end();
      return sockets;
    },
  ],
  [
    'connections that stop in the middle of a request',
    async (path) => {
      const sockets = await connections(path, 2 * controlLimits.connectionsMax);
      for (const socket of sockets)
        socket.write('POST /api/v1/send HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{');
      return sockets;
    },
  ],
  [
    'as many clients as there are places, all of them idle',
    async (path) => {
      const sessions: RawSession[] = [];
      for (let i = 0; i < controlLimits.sessionsMax; i++) sessions.push(await RawSession.greeted(path));
      return sessions.map((session) => ({ destroy: () => session.close() }));
    },
  ],
];

test.each(sieges)('status and down get in beside %s', async (_what, besiege) => {
  await using site = await Site.open();
  const node = await site.up('a');
  const held = await besiege(pathOf(site, 'a'));
  await expectCommandsGetIn(site);
  expect((await node.ended).exitCode).toBe(0);
  for (const each of held) each.destroy();
});

/** 512 MiB of inputs of which the node never gets the rest, each with a call whose answer is not read. */
const floodParts = 2000;

test('a client that floods and never reads costs the node a bounded memory, and others are served', async () => {
  await using site = await Site.open();
  const node = await site.up('a');
  /** The most that it ever held in memory. */
  const peakMb = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${node.process.pid}/status`, 'utf8'))?.[1]) / 1024;
  const before = peakMb();
  const flooding = await RawSession.greeted(pathOf(site, 'a'));
  // It answers no pings either, and is gone after some seconds: on a slow machine before all is sent.
  flooding.socket.pause();
  const part = Buffer.alloc(controlLimits.partBytes);
  for (let id = 1; id <= floodParts; id++)
    await flooding.sent([FrameType.part, id, part], [FrameType.call, floodParts + id, 'status', {}]);
  expect(await site.run(['status', '--node', 'a'])).toMatchObject({ exitCode: 0, stderr: '' });
  // 64 MiB of inputs, and what the allocator keeps beside them.
  expect(peakMb() - before).toBeLessThan(200);
  flooding.close();
  expect(await site.run(['status', '--node', 'a'])).toMatchObject({ exitCode: 0, stderr: '' });
});

test('two programs that offer one service: the second is refused, and the first answers on', async () => {
  await using site = await Site.open();
  await site.up('a');
  const offer = `
    import { attach } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    const node = await attach({ node: 'a' });
    try {
      await node.respond('one', () => process.pid).opened;
      console.log('open');
    } catch (error) {
      console.log(error.code);
      await node.close();
    }`;
  const start = () =>
    startProgram([process.execPath, '--input-type=module', '-e', offer], { env: site.environment() });
  const first = start();
  expect((await first.lines.next()).value).toBe('open');
  const second = start();
  expect((await second.lines.next()).value).toBe('SKEIN_INVALID');
  expect((await second.ended).exitCode).toBe(0);
  expect((await site.must('call', 'one', '1', '--node', 'a')).trim()).toBe(String(first.process.pid));
  first.process.kill('SIGKILL');
  await first.ended;
  expect(await site.run(['call', 'one', '1', '--node', 'a', '--timeout', '1s'])).toMatchObject({
    exitCode: 1,
  });
  const third = start();
  expect((await third.lines.next()).value).toBe('open');
  third.process.kill('SIGKILL');
  await third.ended;
});

test('a socket that another user has put there is not spoken to', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('only root can start a process of another user');
  await using site = await Site.open();
  const folder = join(site.folder, 'shared');
  mkdirSync(folder, { mode: 0o777 });
  const path = join(folder, 'a.sock');
  const squat = `
    process.umask(0);
    process.chdir(${JSON.stringify(folder)});
    process.setgid(65534);
    process.setuid(65534);
    require('net').createServer((socket) => {
      console.log('connected');
      socket.on('data', () => console.log('spoken to'));
    }).listen('a.sock', () => console.log('listening'));`;
  for (const each of [site.folder, folder]) chmodSync(each, 0o777);
  const squatter = startProgram([process.execPath, '-e', squat], { env: {} });
  expect((await squatter.lines.next()).value).toBe('listening');
  for (const command of [['status'], ['send', 'b', 'secret'], ['down']])
    expect(await site.run([...command, '--control', path])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `skein: the socket ${path} belongs to user 65534, and this program runs as 0: nothing was said to it (SKEIN_REFUSED)\n`,
    });
  squatter.process.kill('SIGTERM');
  expect((await squatter.ended).stdout).not.toContain('spoken to');
});
