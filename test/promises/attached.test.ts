/** What differs when a program uses a node in another process: where the queue stands, and what a post can tell. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SkeinNode } from '../../src/api/node.ts';
import { attach } from '../../src/host/control/attach.ts';
import { type ControlServer, serveControl } from '../../src/host/control/server.ts';
import { createNode } from '../../src/host/create-node.ts';

let folder: string;
let node: SkeinNode;
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
