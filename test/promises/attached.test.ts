/** What differs when a program uses a node in another process: where the queue stands, and what a post can tell. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { service } from '../../src/features/calls/api/service.ts';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode, SkeinNode } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';

let folder: string;
let node: LocalNode;
let peer: SkeinNode;
let server: ControlServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skein-attached-'));
  node = await createNode({ name: 'a', discovery: false });
  const [address] = (await node.status()).addresses;
  peer = await createNode({ name: 'b', discovery: false, connect: [address as string] });
  server = await serveControl(node, join(folder, 'a.sock'));
  await Promise.all([node.ready({ nodes: ['b'] }), peer.ready({ nodes: ['a'] })]);
});
afterAll(async () => {
  await Promise.all([node.close(), peer.close()]);
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a receipt says that the node has it: what an attached program had not read ends with its connection', async () => {
  const kind = 'unread';
  const client = await attach({ control: server.path });
  const unread = client.messages({ kind });
  await unread.opened;
  expect((await peer.send('a', 'first', { kind })).delivered).toEqual(['a']);
  await client.close();

  await using again = await attach({ control: server.path });
  const stream = again.messages({ kind });
  await stream.opened;
  await peer.send('a', 'second', { kind });
  for await (const { body } of stream) {
    expect(body).toBe('second');
    break;
  }
});

test('a post of an attached program is true also where there is no route: nobody waits for the answer', async () => {
  await using client = await attach({ control: server.path });
  expect([node.post('zz', 1), client.post('zz', 1)]).toEqual([false, true]);
  await client.drained();
});

test('a send given up before the call is SKEIN_ABORTED for an attached program', async () => {
  await using client = await attach({ control: server.path });
  const sending = client.send('b', 1, { signal: AbortSignal.abort() });
  await expect(sending).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
});

test('requests of an attached program are answered, and what it answers for reaches others', async () => {
  await using client = await attach({ control: server.path });
  const Double = service<number, number>('double');
  peer.respond(Double, ({ input, from }) => {
    if (input < 0) throw Object.assign(new Error(`${from} asked for less than nothing`), { code: 'E_SIGN' });
    return input * 2;
  });
  await node.ready({ services: ['double'] });
  expect(await client.request(Double, 21)).toBe(42);
  expect(await client.request('double', 2, { to: 'b', strategy: 'nearest' })).toBe(4);
  await expect(client.request(Double, -1)).rejects.toMatchObject({
    code: 'SKEIN_FAILED',
    details: { node: 'b', service: 'double', code: 'E_SIGN', message: 'a asked for less than nothing' },
  });
  await expect(client.request('nothing', 1)).rejects.toMatchObject({ code: 'SKEIN_NO_SERVICE' });

  const offer = client.respond<{ n: number }, unknown>('reverse', ({ input, from }) => {
    if (input.n < 0) throw Object.assign(new Error('no'), { code: 'E_NO' });
    return [from, input.n, Uint8Array.of(input.n)];
  });
  await offer.opened;
  await peer.ready({ services: ['reverse'] });
  expect(await peer.request('reverse', { n: 5 })).toEqual(['b', 5, Uint8Array.of(5)]);
  await expect(peer.request('reverse', { n: -5 })).rejects.toMatchObject({
    details: { code: 'E_NO', message: 'no' },
  });
  await expect(client.respond('reverse', () => 1).opened).rejects.toMatchObject({ code: 'SKEIN_INVALID' });
  await offer.close();
});

test('a handler of an attached program is told that nobody waits; what it leaves unanswered has failed', async () => {
  await using client = await attach({ control: server.path });
  const told: Promise<string>[] = [];
  const offer = client.respond(
    'slow',
    ({ signal }) =>
      new Promise(() => {
        told.push(new Promise((resolve) => signal.addEventListener('abort', () => resolve('told'))));
      }),
  );
  await offer.opened;
  await peer.ready({ services: ['slow'] });
  const giveUp = new AbortController();
  const asked = peer.request('slow', 1, { signal: giveUp.signal });
  await vi.waitFor(() => expect(told.length).toBe(1));
  giveUp.abort();
  await expect(asked).rejects.toMatchObject({ code: 'SKEIN_ABORTED' });
  expect(await told[0]).toBe('told');

  const left = peer.request('slow', 2);
  await vi.waitFor(() => expect(told.length).toBe(2));
  await offer.close();
  await expect(left).rejects.toMatchObject({ code: 'SKEIN_FAILED', details: { code: 'SKEIN_LOST' } });
});

test('a batch of an attached program counts as one of the node does', async () => {
  await using client = await attach({ control: server.path });
  const kind = 'batched';
  const got: unknown[] = [];
  peer.handle(({ body }) => void got.push(body), { kind });
  const batch = client.batch<number>('b', { kind, inFlight: 4 });
  for (let i = 0; i < 10; i++) while (!batch.add(i)) await batch.room();
  expect(await batch.done()).toEqual({ delivered: 10, missing: 0, underWay: 0, reasons: {} });
  expect(got.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const nobody = client.batch('zz');
  nobody.add(1);
  expect((await nobody.done()).reasons).toEqual({ 'no-route': 1 });
});

/** @returns This number of lists, each in the one before. */
function nested(levels: number): unknown {
  let body: unknown = 1;
  for (let i = 0; i < levels; i++) body = [body];
  return body;
}

test('a body as deep as one may be goes both ways through an attached program, and a deeper one is refused alone', async () => {
  const kind = 'deep';
  await using client = await attach({ control: server.path });
  const [there, here] = [peer.messages({ kind }), client.messages({ kind })];
  await Promise.all([there.opened, here.opened]);
  await client.send('b', nested(500), { kind });
  await peer.send('a', nested(500), { kind });
  for await (const { body } of there) {
    expect(body).toEqual(nested(500));
    break;
  }
  for await (const { body } of here) {
    expect(body).toEqual(nested(500));
    break;
  }
  const tooDeep = { message: expect.stringContaining('it nests 501 levels deep, and 500 are accepted') };
  await expect(peer.send('a', nested(501), { kind })).rejects.toMatchObject(tooDeep);
  await expect(client.send('b', nested(501), { kind })).rejects.toMatchObject(tooDeep);
  await expect(client.send('b', nested(600), { kind })).rejects.toThrow('and 520 are accepted');
  expect((await client.send('b', 1, { kind })).delivered).toEqual(['b']);
});
