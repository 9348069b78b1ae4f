/** A broker whose event loop hangs, as a program of its own: ended where it asked for that, and nowhere else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { freePorts } from './talk.ts';

const built = pathToFileURL(fileURLToPath(new URL('../../dist/index.js', import.meta.url))).href;

/** A node that is the broker, runs this, and exits with 7; and what became of it. */
async function broker(options: Record<string, unknown>, body: string) {
  const [address] = (await freePorts(1)) as [string];
  const formation = { addresses: [address], ...options };
  const script = `
    const { createNode } = await import(${JSON.stringify(built)});
    const node = await createNode({ name: 'a', discovery: false, key: false, formation: ${JSON.stringify(formation)} });
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

test.concurrent('is ended after 10 s, and says why', async ({ expect: expectHere }) => {
  const { signal, stderr } = await broker({ endWhenHung: true }, 'hang(30_000)');
  expectHere(signal).toBe('SIGKILL');
  expectHere(stderr).toBe(
    'skein: this node was the broker and did nothing for 10 s: it is ended, so that another can be\n',
  );
}, 30_000);

test.concurrent('is not, where it did not ask for it', async () => {
  expect(await broker({}, 'hang(12_000)')).toEqual({ code: 7, signal: null, stderr: '' });
}, 30_000);

test.concurrent('that is busy for seconds, again and again, is not', async () => {
  const body = 'for (let i = 0; i < 3; i++) { hang(5000); await sleep(10); }';
  expect(await broker({ endWhenHung: true }, body)).toEqual({ code: 7, signal: null, stderr: '' });
}, 30_000);

test.concurrent('that has closed its node may do as it likes', async () => {
  expect(await broker({ endWhenHung: true }, 'await node.close(); hang(12_000)')).toEqual({
    code: 7,
    signal: null,
    stderr: '',
  });
}, 30_000);
