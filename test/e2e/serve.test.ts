/** `serve`: how a program with a node of its own lets other programs of the machine attach to it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode, NodeOptions } from '../../src/node/node.ts';
import { attach } from '../../src/remote/attach.ts';
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
  const node = await createNode({ name, discovery: { udp: false }, ...options });
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

test('a closed node and unknown options are refused', async () => {
  const node = await start('e');
  await expect(serve(node, { path: 'x' } as object)).rejects.toThrow(
    'serve: unknown option "path"; accepted are control',
  );
  await node.close();
  await expect(serve(node)).rejects.toMatchObject({ code: 'SKEIN_CLOSED' });
});
