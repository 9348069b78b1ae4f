/** An attached program that outlives its node: what goes on, what is told of the gap, and what ends. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PairRequest } from '../../src/features/channels/api.ts';
import { createNode } from '../../src/host/create-node.ts';
import type { Gap, LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { ControlClient } from '../../src/remote/client.ts';
import { serveControl } from '../../src/remote/server.ts';
import { type SessionFrame, sessionProtocol } from '../../src/remote/session/frames.ts';
import { Site } from './helpers.ts';
import { RawSession } from './raw-session.ts';
import { freePorts } from './talk.ts';

let folder: string;
const open: AsyncDisposable[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-again-'));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function kept<Kept extends AsyncDisposable>(made: Kept): Kept {
  open.push(made);
  return made;
}

const gapOf = async (node: SkeinNode): Promise<Gap> => {
  const [{ detail }] = (await once(node.events, 'gap')) as [CustomEvent<Gap>];
  return detail;
};

describe('the node of an attached program', () => {
  /** A process, and another node of this one that keeps looking for it. */
  async function pair() {
    const site = kept(await Site.open());
    const [address] = (await freePorts(1)) as [string];
    const listen = address.replace('tcp://', '');
    const control = join(folder, 'a.sock');
    const start = () =>
      site.up('a', '--listen', listen, '--control', control, '--insecure', '--no-discovery');
    const first = await start();
    const peer = kept(await createNode({ name: 'b', discovery: false, key: false, connect: [listen] }));
    await peer.ready({ nodes: ['a'], timeoutMs: 30_000 });
    const client = kept(await attach({ control, reconnect: true }));
    return { site, start, first, peer, client };
  }

  test('is killed and starts again: what was subscribed to goes on, and a gap says what is known', async () => {
    const { start, first, peer, client } = await pair();
    const before = client.instance;
    const handled: unknown[] = [];
    const handling = client.handle(({ body }) => void handled.push(body), { kind: 'handled' });
    const stream = client.messages({ kind: 'streamed' });
    const service = client.respond('echo', ({ input }) => input);
    const ups: string[] = [];
    let closes = 0;
    client.events.addEventListener('node:up', ({ detail }) => ups.push(detail.name));
    client.events.addEventListener('close', () => closes++);
    await Promise.all([handling.opened, stream.opened, service.opened]);
    const items = stream[Symbol.asyncIterator]();
    await peer.send('a', 1, { kind: 'streamed' });
    expect((await items.next()).value).toMatchObject({ from: 'b', body: 1 });
    peer.respond('never', () => new Promise(() => undefined));
    await client.ready({ services: ['never'], timeoutMs: 30_000 });
    const unanswered = expect(client.request('never', 1)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
    // The node has it: it answers what came after it.
    await client.status();

    const gap = gapOf(client);
    first.process.kill('SIGKILL');
    await unanswered;
    await expect(client.status()).rejects.toMatchObject({ code: 'SKEIN_NOT_RUNNING' });
    const back = client.ready({ nodes: ['b'], timeoutMs: 60_000 });
    await start();
    expect(await gap).toEqual({
      since: expect.any(Number),
      forMs: expect.any(Number),
      restarted: true,
      unansweredCalls: 1,
      missed: undefined,
    });
    await back;
    expect(client.instance).not.toBe(before);
    expect(client.instance).toBe((await client.status()).instance);
    await peer.ready({ nodes: ['a'], services: ['echo'], timeoutMs: 60_000 });
    await peer.send('a', 2, { kind: 'streamed' });
    await peer.send('a', 3, { kind: 'handled' });
    expect((await items.next()).value).toMatchObject({ from: 'b', body: 2 });
    expect(await peer.request('echo', 'again')).toBe('again');
    kept(await createNode({ name: 'c', discovery: false, key: false, connect: [first.address] }));
    await expect.poll(() => ups).toContain('c');
    expect([handled, closes]).toEqual([[3], 0]);
  });

  test('says goodbye and starts again: its streams go on all the same', async () => {
    const { site, start, first, peer, client } = await pair();
    const stream = client.messages();
    await stream.opened;
    let closes = 0;
    client.events.addEventListener('close', () => closes++);
    const gap = gapOf(client);
    await client.status();
    await site.must('down', '--control', join(folder, 'a.sock'));
    await first.ended;
    // Asked for while there is no node: it begins with the next.
    const later = client.messages({ kind: 'later' });
    await start();
    expect(await gap).toMatchObject({ restarted: true, unansweredCalls: 0 });
    await Promise.all([later.opened, peer.ready({ nodes: ['a'], timeoutMs: 60_000 })]);
    await peer.send('a', 'hello', { kind: 'later' });
    for (const each of [stream, later])
      expect((await each[Symbol.asyncIterator]().next()).value).toMatchObject({ body: 'hello' });
    expect(closes).toBe(0);
  });

  test('is away: ready waits no longer than it is told, and closing ends everything', async () => {
    const { first, client } = await pair();
    const stream = client.messages();
    await stream.opened;
    const reading = stream[Symbol.asyncIterator]().next();
    const told = once(client.events, 'close');
    await client.status();
    first.process.kill('SIGKILL');
    await first.ended;
    await expect(client.ready({ timeoutMs: 300 })).rejects.toMatchObject({
      code: 'SKEIN_TIMEOUT',
      message: expect.stringContaining('the node is not back'),
    });
    const later = client.snoop()[Symbol.asyncIterator]().next();
    await client.close();
    expect([await reading, await later]).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
    await told;
    await expect(client.status()).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
  });
});

describe('a connection that is cut while the node lives', () => {
  let node: LocalNode;
  let peer: LocalNode;
  let proxy: Server;
  let path: string;
  const passing = new Set<Socket>();
  const cut = () => {
    for (const socket of passing) socket.destroy();
  };

  beforeEach(async () => {
    const options = { discovery: false, key: false as const };
    node = kept(await createNode({ name: 'a', ...options }));
    const [address] = (await node.status()).addresses;
    peer = kept(await createNode({ name: 'b', ...options, connect: [address as string] }));
    const server = await serveControl(node, join(folder, 'node.sock'));
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    path = join(folder, 'proxy.sock');
    proxy = createServer((from) => {
      const to = connect(server.path);
      for (const [socket, other] of [
        [from, to],
        [to, from],
      ] as const) {
        passing.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            passing.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    }).listen(path);
    await once(proxy, 'listening');
    await Promise.all([node.ready({ nodes: ['b'] }), peer.ready({ nodes: ['a'] })]);
  });
  afterEach(() => {
    cut();
    proxy.close();
  });

  test('costs what the node had taken and not given: the gap counts it, and nothing comes twice', async () => {
    await using client = await attach({ control: path, reconnect: true });
    const stream = client.messages<number>({ kind: 'numbers', bufferMessages: 4 });
    await stream.opened;
    // Four go to this client, four wait at the node; none is read.
    for (let n = 0; n < 8; n++) await peer.send('a', n, { kind: 'numbers' });
    await client.status();
    const gap = gapOf(client);
    await client.status();
    cut();
    expect(await gap).toMatchObject({
      restarted: false,
      missed: [{ operation: 'listen', count: 4 }],
      unansweredCalls: 0,
    });
    const got: number[] = [];
    const reading = (async () => {
      for await (const { body } of stream) if (got.push(body) === 6) break;
    })();
    for (const n of [8, 9]) {
      // Whoever sends while the reader is on its way back is refused, and sends again.
      await expect
        .poll(() =>
          peer.send('a', n, { kind: 'numbers' }).then(
            () => true,
            () => false,
          ),
        )
        .toBe(true);
    }
    await reading;
    expect(got).toEqual([0, 1, 2, 3, 8, 9]);
  });

  test('that nobody has written into costs nothing', async () => {
    await using client = await attach({ control: path, reconnect: true });
    const stream = client.messages({ kind: 'quiet' });
    await stream.opened;
    for (let round = 0; round < 3; round++) {
      const gap = gapOf(client);
      await client.status();
      cut();
      expect(await gap).toMatchObject({ restarted: false, missed: [], unansweredCalls: 0 });
    }
    await client.ready();
  });

  test('ends what a handler works on for an asker: nobody waits for it any more', async () => {
    await using client = await attach({ control: path, reconnect: true });
    const begun: AbortSignal[] = [];
    const service = client.respond('slow', ({ signal }) => {
      begun.push(signal);
      return new Promise(() => undefined);
    });
    await service.opened;
    await peer.ready({ services: ['slow'], timeoutMs: 30_000 });
    const asked = expect(peer.request('slow', 1)).rejects.toMatchObject({ code: expect.any(String) });
    await expect.poll(() => begun.length).toBe(1);
    const gap = gapOf(client);
    await client.status();
    cut();
    await gap;
    expect(begun[0]?.aborted).toBe(true);
    await asked;
  });

  /** Asks again until the program that is back has registered its handler. */
  async function untilDone<Value>(ask: () => Promise<Value>): Promise<Value> {
    for (;;) {
      try {
        return await ask();
      } catch {
        // It may fail in this very turn.
        await new Promise(setImmediate);
      }
    }
  }

  /** A service and a query of an attached program whose handlers wait, and what that program is warned of. */
  async function waitingHandlers() {
    const client = kept(await attach({ control: path, reconnect: true }));
    const begun: { readonly input: unknown; readonly settle: (answer: unknown) => void }[] = [];
    const warnings: string[] = [];
    client.events.addEventListener('warning', ({ detail }) => warnings.push(detail.text));
    const handler = ({ input }: { readonly input: unknown }) =>
      new Promise<unknown>((settle) => begun.push({ input, settle }));
    await Promise.all([
      client.respond('slow', handler).opened,
      client.queries.answer('slow', handler).opened,
    ]);
    await peer.ready({ services: ['slow'], timeoutMs: 30_000 });
    const lose = async (): Promise<void> => {
      const gap = gapOf(client);
      await client.status();
      cut();
      await gap;
    };
    return { client, begun, warnings, lose };
  }

  test.each<[string, (node: SkeinNode, input: string) => Promise<unknown>]>([
    ['a request', (node, input) => node.request('slow', input)],
    ['a query', (node, input) => node.query('a', 'slow', input)],
  ])('lets no answer to what came before it pass for that to %s after it', async (_what, ask) => {
    const { begun, warnings, lose } = await waitingHandlers();
    const before = expect(ask(peer, 'before')).rejects.toMatchObject({ code: 'SKEIN_FAILED' });
    await expect.poll(() => begun.length).toBe(1);
    await lose();
    await before;
    const after = untilDone(() => ask(peer, 'after'));
    await expect.poll(() => begun.length).toBe(2);
    begun[0]?.settle('of before');
    await expect.poll(() => warnings.length).toBe(1);
    begun[1]?.settle('of after');
    expect(await after).toBe('of after');
    expect(warnings).toEqual([expect.stringContaining('was lost: the connection to the node')]);
  });

  test('lets no request for a channel that came before it be accepted as one that came after it', async () => {
    await using client = await attach({ control: path, reconnect: true });
    const protocol = 'talk';
    const stream = client.pairs({ protocol });
    await stream.opened;
    const requests = stream[Symbol.asyncIterator]();
    const next = async (): Promise<PairRequest> => (await requests.next()).value;
    const before = expect(peer.pair('a', { protocol })).rejects.toMatchObject({ code: 'SKEIN_REFUSED' });
    const early = await next();
    const gap = gapOf(client);
    await client.status();
    cut();
    await Promise.all([gap, before]);
    const opened = untilDone(() => peer.pair('a', { protocol }));
    const late = await next();
    early.refuse();
    const [problem] = await once(early.accept(), 'error');
    expect(problem).toMatchObject({ code: 'SKEIN_LOST' });
    const channel = late.accept().resume();
    channel.end('hello');
    const heard = (await opened).setEncoding('utf8');
    expect(await once(heard, 'data')).toEqual(['hello']);
    heard.end();
    await once(channel, 'close');
  });

  test('does not end a program whose handler is done while the node is away', async () => {
    const { client, begun, warnings, lose } = await waitingHandlers();
    const asked = [peer.request('slow', 1), peer.query('a', 'slow', 2)].map((each) =>
      expect(each).rejects.toThrow(),
    );
    await expect.poll(() => begun.length).toBe(2);
    const unhandled: unknown[] = [];
    const note = (problem: unknown): void => void unhandled.push(problem);
    process.on('unhandledRejection', note);
    const back = lose();
    await expect(async () => {
      for (;;) await client.status();
    }).rejects.toMatchObject({ code: expect.any(String) });
    for (const { settle } of begun) settle('too late');
    await Promise.all([back, ...asked]);
    await client.status();
    process.off('unhandledRejection', note);
    expect([unhandled, warnings.length]).toEqual([[], 2]);
  });

  test('lets a query be answered with what cannot be sent by a failure, not by silence', async () => {
    await using client = await attach({ control: path, reconnect: true });
    await client.queries.answer('odd', () => () => 1).opened;
    await expect(peer.query('a', 'odd')).rejects.toMatchObject({
      code: 'SKEIN_FAILED',
      message: expect.stringContaining('cannot be sent'),
    });
  });

  test('is not tried any more once the program has closed: also where the node stands still', async () => {
    const client = await attach({ control: path, reconnect: true });
    await client.status();
    // From here on whoever comes is let in and hears nothing.
    proxy.removeAllListeners('connection');
    const silent = new Promise<Socket>((resolve) => proxy.once('connection', resolve));
    cut();
    const socket = await silent;
    socket.resume();
    const closed = once(socket, 'close');
    await client.close();
    await closed;
  });

  test('does not hide that there was none to begin with', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(attach({ control: file, reconnect: true })).rejects.toMatchObject({ code: 'SKEIN_ADDRESS' });
    await expect(attach({ control: join(folder, 'none'), reconnect: true })).rejects.toMatchObject({
      code: 'SKEIN_NOT_RUNNING',
    });
  });

  test('is told to its own client only: another token is nobody', async () => {
    const session = await RawSession.greeted(path, { resumable: true, resumes: '0'.repeat(32) });
    const [, , welcome] = session.frames[0] as SessionFrame;
    expect(welcome).toEqual({
      protocol: sessionProtocol,
      name: 'a',
      life: node.instance,
      token: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    session.close();
  });
});

test.each(['serve', 'answerQueries', 'handleLetters'] as const)(
  'what %s gives ends with its node',
  async (name) => {
    const node = kept(await createNode({ name: 'a', discovery: false, key: false }));
    const server = await serveControl(node, join(folder, 'a.sock'));
    open.push({ [Symbol.asyncDispose]: () => server.close() });
    const client = new ControlClient(server.path);
    const stream = client.streamAny(
      name,
      { serve: { service: 'x' }, answerQueries: { name: 'x' } }[name as string] ?? {},
    );
    await stream.opened;
    const next = stream[Symbol.asyncIterator]().next();
    await node.close();
    expect(await next).toEqual({ done: true, value: undefined });
    client.close();
  },
);
