/**
 * Bundles the programs beside it and runs each in a process of its own.
 *
 * Used by canaries.test.ts. Invariant: a program has a heap of its own, which nothing but skein has been in, and
 * nothing of the tester's environment.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';

/** Beside the packages, which the programs use. */
const folder = resolve('node_modules', '.cache', 'skein', `canaries-${process.pid}`);

/** A loaded machine takes its time. */
const timeoutMs = 120_000;

/** Runs `NAME-main.ts` with this process's own Node.js; what it printed. */
export async function run<Counts>(name: string, ...args: string[]): Promise<Counts> {
  mkdirSync(folder, { recursive: true });
  const file = resolve(folder, `${name}.mjs`);
  await bundle(`test/canaries/${name}-main.ts`, file);
  const words = ['--expose-gc', file, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: timeoutMs, env: {} });
  return JSON.parse(stdout) as Counts;
}

export function clear(): void {
  rmSync(folder, { recursive: true, force: true });
}

async function bundle(input: string, file: string): Promise<void> {
  const build = await rolldown({
    input,
    platform: 'node',
    external: (id) => id.startsWith('node:') || /^[^./]/.test(id),
  });
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
}
