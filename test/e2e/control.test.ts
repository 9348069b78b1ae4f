import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kind } from '../../src/features/messaging/api/kind.ts';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { ControlClient } from '../../src/remote/client.ts';
import { controlLimits } from '../../src/remote/limits.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';
import { socketPathOf } from '../../src/remote/socket-path.ts';

let folder: string;
let node: LocalNode;
let peer: SkeinNode;
let server: ControlServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-control-'));
  const alone = { discovery: false } as const;
  node = await createNode({ name: 'a', ...alone });
  const [address] = (await node.status()).addresses;
  peer = await createNode({ name: 'b', ...alone, connect: [address as string] });
  server = await serveControl(node, join(folder, 'a.sock'), { heartbeatMs: 20 });
  await node.ready({ nodes: ['b'] });
});
afterAll(async () => {
  await Promise.all([node.close(), peer.close()]);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the control socket as any HTTP client sees it', () => {
  test('lists its operations', async () => {
    const { status, json } = await ask('GET', '/api/v1');
    expect(status).toBe(200);
    const { operations } = json as { operations: { name: string; kind: string; summary: string }[] };
    expect(operations).toContainEqual({
      name: 'dial',
      kind: 'call',
      summary: expect.stringContaining('HOST:PORT'),
      input: expect.objectContaining({ address: expect.objectContaining({ required: true }) }),
      example: { address: '127.0.0.1:7100' },
    });
    const named = (wanted: string) =>
      operations.flatMap(({ name, kind }) => (kind === wanted ? [name] : [])).toSorted();
    expect(named('stream')).toEqual([
      ...[
        'answerQueries',
        'events',
        'followLog',
        'followTask',
        'handleLetters',
        'keepLog',
        'listen',
        'pairs',
      ],
      ...['serve', 'snoop', 'watchConversation', 'watchLetter', 'workTasks'],
    ]);
    expect(named('duplex')).toEqual(['accept', 'pair']);
  });

  test.each<[string, string, string, string | undefined, number, string, RegExp]>([
    [
      'an unknown operation',
      'POST',
      '/api/v1/dance',
      '{}',
      404,
      'SKEIN_CONTROL',
      /NAME is one of status, why/,
    ],
    ['another path', 'POST', '/', '{}', 404, 'SKEIN_CONTROL', /POST \/api\/v1\/NAME/],
    ['a prototype property', 'POST', '/api/v1/constructor', '{}', 404, 'SKEIN_CONTROL', /no operation/],
    ['the wrong method', 'GET', '/api/v1/status', undefined, 405, 'SKEIN_CONTROL', /use POST/],
    ['the wrong method for the list', 'POST', '/api/v1', '{}', 405, 'SKEIN_CONTROL', /use GET/],
    ['no JSON', 'POST', '/api/v1/status', '{', 400, 'SKEIN_INVALID', /one JSON object/],
    ['a list', 'POST', '/api/v1/status', '[]', 400, 'SKEIN_INVALID', /one JSON object/],
    ['an unknown field', 'POST', '/api/v1/status', '{"x":1}', 400, 'SKEIN_INVALID', /x: unknown field/],
    [
      'a wrong field',
      'POST',
      '/api/v1/set',
      '{"degree":"3"}',
      400,
      'SKEIN_INVALID',
      /degree: expected a whole/,
    ],
    ['no body to send', 'POST', '/api/v1/send', '{"to":["b"]}', 400, 'SKEIN_INVALID', /body: missing/],
    ['a bad tag', 'POST', '/api/v1/send', '{"to":["b"],"body":{"$bytes":1}}', 400, 'SKEIN_INVALID', /base64/],
    ['oneself', 'POST', '/api/v1/send', '{"to":["a"],"body":1}', 400, 'SKEIN_SELF', /this node itself/],
    ['a missing link', 'POST', '/api/v1/hangup', '{"node":"zz"}', 404, 'SKEIN_NOT_LINKED', /no link/],
    [
      'an unknown node',
      'POST',
      '/api/v1/node-show',
      '{"node":"zz"}',
      404,
      'SKEIN_UNKNOWN_NODE',
      /known are a, b/,
    ],
  ])('refuses %s', async (_what, method, path, body, status, code, message) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ status, code, detail: expect.stringMatching(message) });
    expect(JSON.stringify(answer.json)).not.toContain('.ts:');
  });

  test('tells who is missing as data', async () => {
    const { status, json } = await ask('POST', '/api/v1/send', '{"to":["b","zz"],"body":1,"timeoutMs":500}');
    expect(status).toBe(502);
    expect(json).toMatchObject({
      code: 'SKEIN_UNDELIVERED',
      retryable: true,
      details: { delivered: ['b'], missing: [{ node: 'zz' }] },
    });
  });

  test('refuses a request that is too large before it has it all', async () => {
    const request = httpRequest({ socketPath: server.path, path: '/api/v1/send', method: 'POST' });
    request.on('error', () => {});
    const chunk = Buffer.alloc(8 * 1024 * 1024, 0x20);
    const pump = () => {
      while (request.writable && request.write(chunk));
    };
    request.on('drain', pump);
    pump();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    request.destroy();
  });

  test('answers what is not HTTP and goes on', async () => {
    const socket = connect(server.path);
    socket.write('\u00f5SKN nonsense\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 400 [\s\S]*SKEIN_CONTROL/);
    expect((await ask('POST', '/api/v1/status', '')).status).toBe(200);
  });

  test('tells a request too many so, and serves again once one has gone', async () => {
    const streams = await Promise.all(
      Array.from({ length: controlLimits.requestsMax }, () => open('/api/v1/events', 'application/x-ndjson')),
    );
    const refused = await ask('POST', '/api/v1/status', '{}');
    expect(refused).toMatchObject({ status: 503, json: { code: 'SKEIN_BUSY', retryable: true } });
    for (const stream of streams) await stream.next();
    await Promise.all(streams.map((stream) => stream.return?.()));
    await expect.poll(async () => (await ask('POST', '/api/v1/status', '{}')).status).toBe(200);
  });

  test('is not locked out by connections that are only held open', async () => {
    const held = Array.from({ length: 2 * controlLimits.connectionsMax }, () => connect(server.path));
    for (const socket of held) socket.on('error', () => undefined);
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    expect((await ask('POST', '/api/v1/status', '{}')).status).toBe(200);
    const client = new ControlClient(server.path);
    expect((await client.call('status', {})).name).toBe('a');
    client.close();
    for (const socket of held) socket.destroy();
  });

  test('streams JSON lines with heartbeats, or an event stream', async () => {
    const lines = await open('/api/v1/listen', 'application/x-ndjson');
    expect(await lines.next()).toMatchObject({ value: '\n' });
    const events = await open('/api/v1/listen', 'text/event-stream');
    expect(await events.next()).toMatchObject({ value: ':\n\n' });
    await peer.send('a', { n: 1 });
    expect(await nextItem(lines)).toMatchObject({ from: 'b', body: { n: 1 } });
    expect(await nextItem(events)).toMatchObject({ from: 'b', body: { n: 1 } });
    await Promise.all([lines.return?.(), events.return?.()]);
  });

  test('belongs to its user alone', () => {
    expect(statSync(server.path).mode & 0o777).toBe(0o600);
  });
});

describe('the path of the socket', () => {
  test('is short enough whatever the folder and the name', () => {
    expect(socketPathOf('/run/skein', 'a')).toBe('/run/skein/a.sock');
    const long = socketPathOf('/run/skein', 'n'.repeat(64).padEnd(95, 'x'));
    expect(long).toMatch(/^\/run\/skein\/[0-9a-f]{12}\.sock$/);
    expect(Buffer.byteLength(socketPathOf(`/${'d'.repeat(120)}`, 'a'))).toBeLessThan(104);
  });

  test('is refused when it is too long, in use, or something else', async () => {
    const cannot = (path: string) => expect(serveControl(node, path)).rejects;
    await cannot(join(folder, 'x'.repeat(120))).toMatchObject({ code: 'SKEIN_ADDRESS' });
    await cannot(server.path).toMatchObject({ code: 'SKEIN_ADDRESS_IN_USE' });
    writeFileSync(join(folder, 'file'), 'precious');
    await cannot(join(folder, 'file')).toMatchObject({ code: 'SKEIN_ADDRESS_IN_USE' });
  });
});

describe('an attached node is the node', () => {
  let client: SkeinNode;
  beforeAll(async () => {
    client = await attach({ control: server.path });
  });
  afterAll(() => client.close());

  test('it has its identity', () => {
    expect([client.name, client.id, client.instance]).toEqual([node.name, node.id, node.instance]);
  });

  test.each<[string, unknown]>([
    ['a value', { text: 'grüße', list: [1, null] }],
    ['bytes', Uint8Array.of(0, 255)],
    [
      'what JSON cannot say',
      new Map<string, unknown>([
        ['when', new Date(0)],
        ['size', 2n ** 70n],
      ]),
    ],
    ['nothing', undefined],
  ])('it sends and receives %s', async (_what, body) => {
    await using there = peer.messages({ kind: 'to-b' });
    await using here = client.messages({ kind: 'to-a' });
    await Promise.all([there.opened, here.opened]);
    await client.send('b', body, { kind: 'to-b', trace: true });
    expect(await first(there)).toMatchObject({ from: 'a', body, route: ['a', 'b'] });
    await peer.broadcast(body, { kind: 'to-a' });
    const received = await first(here);
    expect(received).toMatchObject({ from: 'b', fromId: peer.id, body, route: undefined });
    expect(String(received)).toMatch(/^b#\d+ -> a \[to-a\] /);
  });

  test('kinds are checked on its side too', async () => {
    const Job = kind('job', v.object({ frames: v.number() }));
    await expect(client.send('b', { frames: 'x' } as never, { kind: Job })).rejects.toMatchObject({
      code: 'SKEIN_INVALID',
    });
    const warned = once(client.events as never, 'warning');
    await using jobs = client.messages({ kind: Job });
    await jobs.opened;
    const iterator = jobs[Symbol.asyncIterator]();
    const next = iterator.next();
    await peer.send('a', { wrong: true }, { kind: 'job' });
    await peer.send('a', { frames: 3 }, { kind: 'job' });
    expect((await next).value).toMatchObject({ body: { frames: 3 } });
    expect((await warned)[0]).toMatchObject({ detail: { code: 'body' } });
  });

  test('it posts and handles', async () => {
    let handled = (_message: unknown) => {};
    const got = new Promise((resolve) => {
      handled = resolve;
    });
    await using subscription = client.handle((message) => handled(message), { kind: 'posted' });
    await subscription.opened;
    await expect.poll(() => peer.post('a', 'hi', { kind: 'posted' })).toBe(true);
    expect(await got).toMatchObject({ body: 'hi' });
    await using there = peer.messages({ kind: 'back' });
    await there.opened;
    expect(client.post('b', 1, { kind: 'back' })).toBe(true);
    await client.drained();
    expect(await first(there)).toMatchObject({ body: 1 });
    expect(() => client.post('a', 1)).toThrow(expect.objectContaining({ code: 'SKEIN_SELF' }));
    expect(() => client.post('a b', 1)).toThrow(TypeError);
  });

  test('it answers every question as the node does', async () => {
    expect(await client.topology()).toEqual(await node.topology());
    expect(await client.dot()).toBe(await node.dot());
    expect(await client.recipients()).toEqual(['b']);
    expect(await client.route('b')).toEqual(await node.route('b'));
    expect((await client.nodes({ all: true })).map(({ name }) => name)).toEqual(
      (await node.nodes({ all: true })).map(({ name }) => name),
    );
    // It says for how long, and some time passes between the two.
    const timeless = (told: object): string => JSON.stringify(told).replaceAll(/[\d.]+ s\b/g, 'some s');
    expect(timeless(await client.explain('b'))).toEqual(timeless(await node.explain('b')));
    expect(await client.set({ degree: 4 })).toMatchObject({ degree: 4 });
    expect((await node.status()).settings.degree).toBe(4);
    await client.announce();
    await client.ready({ nodes: ['b'], timeoutMs: 1000 });
  });

  test('it fails as the node does', async () => {
    const wrong = { code: 'SKEIN_TIMEOUT', retryable: true };
    await expect(client.ready({ nodes: ['zz'], timeoutMs: 20 })).rejects.toMatchObject(wrong);
    await expect(client.hangup('zz')).rejects.toMatchObject({ code: 'SKEIN_NOT_LINKED' });
    await expect(client.send(['b', 'zz'], 1, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'SKEIN_UNDELIVERED',
      details: { missing: [{ node: 'zz', reason: 'no-route' }] },
    });
  });

  test.each<[string, unknown, string]>([
    [
      'an option that there is not',
      { name: 'zz' },
      'attach: unknown option "name"; accepted are node, control, reconnect',
    ],
    ['a name by itself', 'zz', 'attach: options are an object, got "zz"'],
    ['a name that is no text', { node: 3 }, 'attach: node is text, got 3'],
  ])('%s attaches to nobody: a TypeError', async (_what, options, message) => {
    await expect(attach(options as object)).rejects.toThrow(new TypeError(message));
  });

  test('a call is given up by its signal', async () => {
    const given = new AbortController();
    const waiting = client.ready({ nodes: ['zz'], signal: given.signal });
    given.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
  });

  test('a listener hears what its own program brings about', async () => {
    const heard: string[] = [];
    client.events.addEventListener('link:down', ({ detail }) => heard.push(`down ${detail.node}`));
    const up = new Promise<string>((resolve) => {
      client.events.addEventListener('link:up', ({ detail }) => resolve(detail.node), { once: true });
    });
    await client.hangup('b');
    const [address] = (await peer.status()).addresses;
    await client.dial(address as string);
    expect(await up).toBe('b');
    expect(heard).toEqual(['down b']);
  });

  test('a hundred calls at once take turns', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => client.status()));
    expect(all.every(({ name }) => name === 'a')).toBe(true);
  });

  test('leaving a loop ends the stream on the node', async () => {
    const stream = client.messages({ kind: 'left' });
    await stream.opened;
    await peer.send('a', 1, { kind: 'left' });
    for await (const { body } of stream) {
      expect(body).toBe(1);
      break;
    }
    await stream.close();
  });

  test('closing it leaves the node running', async () => {
    const other = await attach({ control: server.path });
    const stream = other.messages();
    await stream.opened;
    const ended = new Promise((resolve) => other.events.addEventListener('close', resolve));
    await other.close();
    await ended;
    for await (const _ of stream) expect.unreachable('a closed client has no messages');
    await expect(other.status()).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
    expect((await client.status()).name).toBe('a');
  });
});

test('when the node ends, its clients are told and their streams end', async () => {
  const short = await createNode({ name: 'short', discovery: false });
  const own = await serveControl(short, join(folder, 'short.sock'));
  const client = await attach({ control: own.path });
  const closed = new Promise((resolve) => client.events.addEventListener('close', resolve));
  const stream = client.messages();
  await Promise.all([stream.opened, client.status()]);
  await new ControlClient(own.path).call('down', {});
  await closed;
  for await (const _ of stream) expect.unreachable('there was no message');
  await expect(client.announce()).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
  await own.close();
  await expect(client.status()).rejects.toMatchObject({
    code: expect.stringMatching(/^SKEIN_(CLOSED|NOT_RUNNING)$/),
  });
  await expect(client.status()).rejects.toMatchObject({ code: 'SKEIN_NOT_RUNNING' });
  await client.close();
});

async function ask(method: string, path: string, body?: string): Promise<{ status: number; json: unknown }> {
  const request = httpRequest({ socketPath: server.path, path, method, agent: false });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, json: JSON.parse(Buffer.concat(chunks).toString()) };
}

async function open(path: string, accept: string): Promise<AsyncIterator<string>> {
  const request = httpRequest({
    socketPath: server.path,
    path,
    method: 'POST',
    agent: false,
    headers: { accept },
  });
  request.end('{}');
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response.setEncoding('utf8')[Symbol.asyncIterator]();
}

/** The next chunk that is more than heartbeats. */
async function nextItem(chunks: AsyncIterator<string>): Promise<unknown> {
  for (;;) {
    const { value } = await chunks.next();
    const json = /\{.*\}/.exec(value)?.[0];
    if (json !== undefined) return JSON.parse(json);
  }
}

async function first<Item>(stream: AsyncIterable<Item>): Promise<Item> {
  for await (const item of stream) return item;
  throw new Error('the stream has ended');
}
