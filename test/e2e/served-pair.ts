/**
 * A node `a` with a neighbor `b`, and its control socket, for tests that ask by `curl`; skipped where there is none.
 *
 * Called at the top of a test file. Invariant: all of it is closed when the file's tests are over.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createNode } from '../../src/host/create-node.ts';
import type { LocalNode } from '../../src/node/node.ts';
import { type ControlServer, serveControl } from '../../src/remote/server.ts';

/** With a swarm that no other test of this machine has. */
export const alone = { discovery: false, key: false, namespace: `pair-${process.pid}` } as const;

export interface ServedPair {
  readonly a: LocalNode;
  readonly b: LocalNode;
  readonly server: ControlServer;
}

const noCurl =
  spawnSync('curl', ['--version']).error === undefined ? undefined : 'curl is not installed (Debian: curl)';

/** @param prepare Before any test, once they are linked. @returns what is there while the tests run. */
export function servedPair(prepare: (pair: ServedPair) => Promise<unknown>): () => ServedPair {
  let pair: ServedPair;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skein-pair-'));
    const store = join(folder, 'swarm.sqlite');
    const identity = (name: string): string => join(folder, `${name}.identity`);
    const a = await createNode({ name: 'a', store, identity: identity('a'), ...alone });
    const [address] = (await a.status()).addresses;
    const connect = [address as string];
    const b = await createNode({ name: 'b', store, identity: identity('b'), ...alone, connect });
    const server = await serveControl(a, join(folder, 'a.sock'), { heartbeatMs: 20 });
    await a.ready({ nodes: ['b'] });
    pair = { a, b, server };
    await prepare(pair);
  });
  beforeEach(({ skip }) => {
    if (noCurl !== undefined) skip(noCurl);
  });
  afterAll(async () => {
    await Promise.all([pair.a.close(), pair.b.close()]);
    await pair.server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => pair;
}
