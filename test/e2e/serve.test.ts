/** `serve`: how a program with a node of its own lets other programs of the machine attach to it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LocalNode, NodeOptions } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
import { createNode } from '../../src/remote/create-node.ts';
import { serve } from '../../src/remote/serve.ts';

let folder: string;
const running: LocalNode[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skein-serve-'));
  vi.stubEnv('SKEIN_RUNTIME_DIR', folder);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close()));
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function start(name: string, options: NodeOptions = {}): Promise<LocalNode> {
  const node = await createNode({ name, udp: false, ...options });
  running.push(node);
  return node;
}

test('a node that is served is found by its name, until it ends or the server is closed', async () => {
  const node = await start('a');
  await expect(attach({ node: 'a' })).rejects.toMatchObject({ code: 'SKEIN_NOT_RUNNING' });
  const server = await serve(node);
  expect(server.path).toBe(join(folder, 'a.sock'));
  await using client = await attach({ node: 'a' });
  expect((await client.status()).instance).toBe(node.instance);
  await client.close();
  await server.close();
  await expect(attach({ node: 'a' })).rejects.toMatchObject({ code: 'SKEIN_NOT_RUNNING' });
  expect((await node.status()).name).toBe('a');

  const again = await serve(node);
  await (await attach({ node: 'a' })).close();
  await node.close();
  await again.close();
  expect(existsSync(again.path)).toBe(false);
});

test('a node that is in no runtime folder is served at the path that its program chooses', async () => {
  const control = join(folder, 'b.control');
  const server = await serve(await start('b', { discovery: false }), { control });
  expect(server.path).toBe(control);
  await using client = await attach({ control });
  expect(client.name).toBe('b');
});

test('two nodes are not served at one path, and the refused one can be served at another', async () => {
  const [first, second] = [await start('c'), await start('d')];
  const control = join(folder, 'shared.control');
  await serve(first, { control });
  await expect(serve(second, { control })).rejects.toMatchObject({ code: 'SKEIN_ADDRESS_IN_USE' });
  await serve(second);
  await using client = await attach({ node: 'd' });
  expect(client.name).toBe('d');
});

test('a node is served from its start with control, at its name or at a path, and goes with it', async () => {
  const named = await start('f', { control: true });
  expect((await attach({ node: 'f' })).instance).toBe(named.instance);
  const path = join(folder, 'chosen.control');
  await start('g', { control: { path } });
  await using client = await attach({ control: path });
  expect(client.name).toBe('g');
  await named.close();
  await vi.waitFor(() => expect(existsSync(join(folder, 'f.sock'))).toBe(false));
});

test('a node that cannot be served as was asked is closed again', async () => {
  const path = join(folder, 'none', 'x.control');
  await expect(start('h', { control: { path } })).rejects.toMatchObject({ code: 'SKEIN_ADDRESS' });
  // Its name is free.
  await start('h', { control: true });
  for (const control of [5, 'x', { path: 5 }, { socket: 'x' }] as never[])
    await expect(start('i', { control })).rejects.toBeInstanceOf(TypeError);
});

test('whoever looks for a node is told of those that nobody can ask', async () => {
  await start('j');
  await expect(attach()).rejects.toMatchObject({
    code: 'SKEIN_NOT_RUNNING',
    message: `no node runs on this machine that can be asked; without a control socket run j (process ${process.pid}): createNode({ control: true })`,
  });
});

test('a closed node and unknown options are refused', async () => {
  const node = await start('e');
  await expect(serve(node, { path: 'x' } as object)).rejects.toThrow(
    'serve: unknown option "path"; accepted are control',
  );
  await node.close();
  await expect(serve(node)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
});
