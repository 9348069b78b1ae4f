/** The session protocol at a real node: what belongs to one client, what another cannot reach, and what is refused. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { ControlClient } from '../../src/remote/client.ts';
import { controlLimits } from '../../src/remote/limits.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';
import { FrameType, type SessionFrame, sessionProtocol } from '../../src/remote/session/frames.ts';
import { program, Site, startProgram } from './helpers.ts';
import { RawSession } from './raw-session.ts';

let folder: string;
let node: LocalNode;
let peer: SkeinNode;
let server: ControlServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-session-'));
  const alone = { discovery: false } as const;
  node = await createNode({ name: 'a', ...alone });
  const [address] = (await node.status()).addresses;
  peer = await createNode({ name: 'b', ...alone, connect: [address as string] });
  server = await serveControl(node, join(folder, 'a.sock'));
  await node.ready({ nodes: ['b'] });
});
afterAll(async () => {
  await Promise.all([node.close(), peer.close()]);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const failure = (code: string, message: RegExp) => [
  FrameType.failed,
  expect.any(Number),
  expect.objectContaining({ code, message: expect.stringMatching(message) }),
];

describe('a client that speaks wrongly', () => {
  const hello: SessionFrame = [FrameType.hello, 0, { protocol: sessionProtocol }];
  const say =
    (...frames: SessionFrame[]) =>
    (session: RawSession) =>
      session.say(...frames);

  test.each<[string, (session: RawSession) => void, string, RegExp]>([
    ['no hello', () => undefined, 'SKEIN_CONTROL', /no hello came within 5 s/],
    [
      'another protocol',
      say([FrameType.hello, 0, { protocol: 99 }]),
      'SKEIN_VERSION',
      /2 at the node, 99 at this/,
    ],
    [
      'a call before the hello',
      say([FrameType.call, 1, 'status', {}]),
      'SKEIN_CONTROL',
      /begins with a hello/,
    ],
    ['text', (session) => session.socket.send('hello'), 'SKEIN_CONTROL', /is binary/],
    [
      'nonsense',
      (session) => session.socket.send(Buffer.from('fffefd', 'hex')),
      'SKEIN_CONTROL',
      /no message of a session/,
    ],
    ['a frame of no type', say(hello, [77, 1]), 'SKEIN_CONTROL', /no message of a session/],
    [
      'a frame that is not a client’s',
      say(hello, [FrameType.answer, 1, {}]),
      'SKEIN_CONTROL',
      /does not come from a client/,
    ],
    [
      'credit that is no count',
      say(hello, [FrameType.credit, 1, -5]),
      'SKEIN_CONTROL',
      /a credit is a count/,
    ],
    ['a part that is no bytes', say(hello, [FrameType.part, 1, 'x']), 'SKEIN_CONTROL', /a part is bytes/],
    [
      'a number that is in use',
      say(hello, [FrameType.stream, 1, 'events', {}, 1], [FrameType.stream, 1, 'events', {}, 1]),
      'SKEIN_CONTROL',
      /number 1 is in use/,
    ],
  ])('%s ends its session with the reason, and no other', async (_what, speak, code, message) => {
    const other = await RawSession.greeted(server.path);
    const session = await RawSession.open(server.path);
    speak(session);
    await session.closed;
    expect(session.frames.at(-1)).toEqual(failure(code, message));
    other.say([FrameType.call, 1, 'status', {}]);
    expect((await other.outcome(1))[0]).toBe(FrameType.answer);
    other.close();
  });

  test('is not listened to any more once its session has failed', async () => {
    const session = await RawSession.open(server.path);
    session.socket.send('text');
    session.say(hello, [FrameType.call, 1, 'set', { degree: 17 }]);
    await session.closed;
    expect(session.frames.map(([type]) => type)).toEqual([FrameType.failed]);
    expect((await node.status()).settings.degree).not.toBe(17);
  });

  test('a message of a gigabyte is not read: the session ends, and no other', async () => {
    const other = await RawSession.greeted(server.path);
    const session = await RawSession.greeted(server.path);
    session.socket.send(Buffer.alloc(controlLimits.messageBytesMax + 1));
    // 1009: too big.
    expect(await session.closed).toBe(1009);
    other.say([FrameType.call, 1, 'status', {}]);
    expect((await other.outcome(1))[0]).toBe(FrameType.answer);
    other.close();
  });

  test('and does not answer pings is gone within seconds', async () => {
    const session = await RawSession.open(server.path, { autoPong: false });
    session.say(hello);
    const before = performance.now();
    expect(await session.closed).toBe(1006);
    expect(performance.now() - before).toBeGreaterThan(controlLimits.answerTimeoutMs - 100);
  });

  test.each<[string, SessionFrame, string, RegExp]>([
    [
      'an unknown operation',
      [FrameType.call, 5, 'dance', {}],
      'SKEIN_CONTROL',
      /no call "dance": there are status/,
    ],
    ['a stream as a call', [FrameType.call, 5, 'listen', {}], 'SKEIN_CONTROL', /no call "listen"/],
    [
      'a wrong field',
      [FrameType.call, 5, 'set', { degree: '3' }],
      'SKEIN_INVALID',
      /degree: expected a whole/,
    ],
    ['no object', [FrameType.call, 5, 'status', [1]], 'SKEIN_INVALID', /one JSON object/],
    [
      'a duplex that is none',
      [FrameType.duplex, 5, 'status', {}, 1],
      'SKEIN_CONTROL',
      /there are pair, accept/,
    ],
  ])('%s fails that call alone', async (_what, frame, code, message) => {
    const session = await RawSession.greeted(server.path);
    session.say(frame, [FrameType.call, 6, 'status', {}]);
    expect(await session.outcome(5)).toEqual(failure(code, message));
    expect((await session.outcome(6))[0]).toBe(FrameType.answer);
    session.close();
  });
});

describe('what one client holds', () => {
  test('is not answered by another', async () => {
    const [owner, thief] = [await RawSession.greeted(server.path), await RawSession.greeted(server.path)];
    owner.say([FrameType.stream, 1, 'serve', { service: 'secret' }, 10]);
    await owner.next(([type, id]) => type === FrameType.opened && id === 1);
    await vi.waitFor(async () => expect((await peer.status()).nodeCount).toBe(2));
    const asked = peer.request('secret', 'a question', { to: 'a' });
    const [, , item] = await owner.next(([type]) => type === FrameType.item);
    const { ticket } = item as { ticket: number };
    thief.say([FrameType.call, 2, 'reply', { ticket, output: 'a lie' }]);
    expect(await thief.outcome(2)).toEqual(failure('SKEIN_INVALID', /none that this client holds/));
    owner.say([FrameType.call, 2, 'reply', { ticket, output: 'the truth' }]);
    expect(await asked).toBe('the truth');
    owner.say([FrameType.call, 3, 'reply', { ticket, output: 'again' }]);
    expect(await owner.outcome(3)).toEqual(failure('SKEIN_INVALID', /none that this client holds/));
    for (const session of [owner, thief]) session.close();
  });

  test('ends with it: its service is withdrawn, and what it had not answered has failed', async () => {
    const client = await attach({ control: server.path });
    const serving = client.respond('short', () => new Promise(() => undefined));
    await serving.opened;
    const asked = peer.request('short', 1, { to: 'a' });
    asked.catch(() => undefined);
    const second = await attach({ control: server.path });
    await expect(second.respond('short', () => 1).opened).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
      message: expect.stringContaining('short'),
    });
    await client.close();
    await expect(asked).rejects.toMatchObject({ code: 'SKEIN_FAILED' });
    await vi.waitFor(async () => {
      const taken = second.respond('short', () => 2);
      await taken.opened;
    });
    expect(await peer.request('short', 1, { to: 'a' })).toBe(2);
    await second.close();
  });
});

test('a stream that is not read stops itself alone: the node’s queue fills, its sender is told, others go on', async () => {
  const client = await attach({ control: server.path });
  const unread = client.messages({ kind: 'unread', bufferMessages: 4 });
  const read = client.messages({ kind: 'read' })[Symbol.asyncIterator]();
  await unread.opened;
  let taken = 0;
  const sendOne = () => peer.send('a', 1, { kind: 'unread', require: 'none', timeoutMs: 300 });
  for (let last = await sendOne(); last.missing.length === 0; last = await sendOne()) taken++;
  // Four wait at the client and four at the node; a few more are between the two.
  expect(taken).toBeGreaterThanOrEqual(4);
  expect(taken).toBeLessThanOrEqual(16);
  const next = read.next();
  await peer.send('a', 'through', { kind: 'read' });
  expect((await next).value).toMatchObject({ body: 'through' });
  expect((await client.status()).name).toBe('a');
  await client.close();
});

test('an input that is larger than a message comes in parts, and its answer whole', async () => {
  const client = await attach({ control: server.path });
  const body = Buffer.alloc(5_000_000, 'skein');
  const came = new Promise<unknown>((resolve) => {
    peer.handle(({ body }) => resolve(body), { kind: 'large' });
  });
  expect((await client.send('b', body, { kind: 'large' })).delivered).toEqual(['b']);
  expect(body.equals((await came) as Uint8Array)).toBe(true);
  await client.close();
});

test('requests that are not answered hold a bounded memory', async () => {
  const session = await RawSession.greeted(server.path);
  const part = Buffer.alloc(512 * 1024);
  const count = Math.floor(controlLimits.heldBytesMax / part.length);
  for (let i = 0; i < count; i++) session.say([FrameType.part, 1 + (i % 8), part]);
  session.say([FrameType.call, 100, 'status', {}]);
  await session.outcome(100);
  const other = await RawSession.greeted(server.path);
  const ask = (id: number): void => {
    for (let count = 0; count < 2; count++) other.say([FrameType.part, id, part]);
    other.say([FrameType.call, id, 'status']);
  };
  ask(1);
  expect(await other.outcome(1)).toEqual(failure('SKEIN_BUSY', /hold \d+ bytes at most/));
  other.say([FrameType.call, 2, 'status', {}]);
  expect((await other.outcome(2))[0]).toBe(FrameType.answer);
  session.close();
  // What they held is free again: now the input is read, and is none.
  await vi.waitFor(async () => {
    const id = 3 + other.frames.length;
    ask(id);
    expect(await other.outcome(id)).toEqual(failure('SKEIN_INVALID', /not a body/));
  });
  other.close();
});

describe('a path that is not of a node', () => {
  test('is not spoken to where another user may have put it', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can make a socket of another user');
    const path = join(folder, 'squatted.sock');
    let connections = 0;
    const squatter = createServer(() => connections++).listen(path);
    await once(squatter, 'listening');
    chownSync(path, 65_534, 65_534);
    await expect(attach({ control: path })).rejects.toMatchObject({
      code: 'SKEIN_REFUSED',
      message: `the socket ${path} belongs to user 65534, and this program runs as 0: nothing was said to it`,
    });
    expect(connections).toBe(0);
    squatter.close();
  });

  test.each<[string, (path: string) => void]>([
    ['a file', (path) => writeFileSync(path, '')],
    ['a folder', (path) => mkdirSync(path)],
    // Opening it would wait for ever.
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to what is no socket', (path) => symlinkSync('/dev/null', path)],
  ])('is named as what it is: %s', async (_what, make) => {
    const path = join(mkdtempSync(join(folder, 'p-')), 'it');
    make(path);
    await expect(attach({ control: path })).rejects.toMatchObject({
      code: 'SKEIN_ADDRESS',
      message: `${path} is no socket: a node says its own in skein up --control`,
    });
  });

  test('has no node where nothing is, or a link leads nowhere', async () => {
    const nowhere = join(folder, 'nowhere');
    symlinkSync('none', nowhere);
    for (const control of [join(folder, 'none'), nowhere])
      await expect(attach({ control })).rejects.toMatchObject({ code: 'SKEIN_NOT_RUNNING' });
  });
});

test('a node without free file descriptors says so in its log, and its client says that it is alive', async () => {
  await using site = await Site.open();
  const up = ['bash', '-c', `ulimit -n 40; exec ${process.execPath} ${program} up --name full`];
  const node = startProgram(up, { env: site.environment() });
  const lines: string[] = [];
  node.process.stderr?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  try {
    expect((await node.lines.next()).value).toMatch(/^ready full /);
    const path = join(site.folder, 'run', 'full.sock');
    const held = Array.from({ length: 60 }, () => connect(path).on('error', () => undefined));
    // The system closes what it has taken in for a process that has no room for it.
    await Promise.race(held.map((socket) => once(socket, 'close')));
    expect(await site.run(['status', '--node', 'full'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^skein: full \(process \d+\) is alive but has no free file descriptors: /,
      ),
    });
    await vi.waitFor(
      () => expect(lines.join('')).toMatch(/ error this process has no free file descriptors: /),
      {
        timeout: 15_000,
      },
    );
    for (const socket of held) socket.destroy();
    await vi.waitFor(async () => expect((await site.run(['status', '--node', 'full'])).exitCode).toBe(0));
  } finally {
    node.process.kill('SIGKILL');
    await node.ended;
  }
});

describe('clients', () => {
  test('beyond 256 are told so, while status and down get in', async () => {
    const sessions: RawSession[] = [];
    for (let i = 0; i < controlLimits.sessionsMax; i++) sessions.push(await RawSession.greeted(server.path));
    const refused = await RawSession.greeted(server.path);
    expect(refused.frames[0]).toEqual(failure('SKEIN_BUSY', /256 clients already: close one/));
    const brief = new ControlClient(server.path, { isBrief: true });
    expect((await brief.call('status', {})).name).toBe('a');
    brief.close();
    sessions[0]?.close();
    await vi.waitFor(async () => {
      const next = await RawSession.greeted(server.path);
      next.close();
      expect(next.frames[0]?.[0]).toBe(FrameType.welcome);
    });
    for (const session of sessions) session.close();
  });
});
