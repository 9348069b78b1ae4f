/**
 * Two containers of one pod share the runtime folder, and have process numbers of their own. Needs root and `unshare`;
 * elsewhere it is skipped with the reason.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const container = ['-p', '-f', '--mount-proc', '--kill-child', process.execPath, program];
const folder = mkdtempSync(join(tmpdir(), 'skein-shared-'));
const env = { PATH: process.env.PATH, HOME: folder, SKEIN_RUNTIME_DIR: join(folder, 'run') };
const run = promisify(execFile);
let node: ChildProcess | undefined;

afterAll(async () => {
  if (node?.exitCode === null && node.signalCode === null) await kill(node);
  rmSync(folder, { recursive: true, force: true });
});

test('a command in another container asks the living node and leaves its entry; that of a dead one goes, and its name is free', async ({
  skip,
}) => {
  const reason = whyNoContainers();
  if (reason !== undefined) skip(reason);
  const living = await up();
  // Process numbers of the node's container mean nothing in the other one: there 1 is the command itself.
  expect((await run('unshare', [...container, 'status'], { env })).stdout).toMatch(/^name +u$/m);
  expect((await run(process.execPath, [program, 'status'], { env })).stdout).toMatch(/^name +u$/m);
  await expect(run('unshare', [...container, 'up', '--name', 'u'], { env })).rejects.toThrow('is named "u"');
  expect(readdirSync(env.SKEIN_RUNTIME_DIR).sort()).toEqual(['u.json', 'u.sock']);
  await kill(living);
  await expect(run('unshare', [...container, 'status'], { env })).rejects.toThrow(
    'no node runs on this machine',
  );
  expect(readdirSync(env.SKEIN_RUNTIME_DIR)).toEqual([]);
  await up();
});

async function up(): Promise<ChildProcess> {
  const args = [...container, 'up', '--name', 'u', '--no-discovery'];
  const child = spawn('unshare', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  node = child;
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('ready')) break;
  return child;
}

/** With `--kill-child` the program in the container ends with `unshare`. */
async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function whyNoContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'PID namespaces need root';
  try {
    execFileSync('unshare', ['-p', '-f', '--mount-proc', '--kill-child', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'unshare cannot make PID namespaces here';
  }
}
