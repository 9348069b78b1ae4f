/**
 * A broker whose event loop hangs, as a program of its own.
 *
 * Used by the tests of hung brokers. Invariant: the program has ended when its fate is told.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { freePorts } from './talk.ts';

const built = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href;

/** A node that is the broker, runs this, and exits with 7; and what became of it. */
export async function broker(options: Record<string, unknown>, body: string) {
  const [address] = (await freePorts(1)) as [string];
  const given = { name: 'a', discovery: false, key: false, formation: [address], ...options };
  const script = `
    const { createNode } = await import(${JSON.stringify(built)});
    const node = await createNode(${JSON.stringify(given)});
    await new Promise((resolve) => node.events.addEventListener('formation:broker', resolve));
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const hang = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    await sleep(50);
    ${body};
    process.exit(7);`;
  const folder = mkdtempSync(join(tmpdir(), 'skein-hung-'));
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, XDG_RUNTIME_DIR: folder, XDG_CONFIG_HOME: folder },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  rmSync(folder, { recursive: true, force: true });
  return { code, signal, stderr };
}
