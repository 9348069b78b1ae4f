/**
 * strace: which calls a program and its children make, or how these fail.
 *
 * Used by the torture programs. Invariant: nothing is run where strace cannot trace; why it cannot is one line.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Children too; calls that are not named cost nothing. */
export const straceOptions = ['-f', '--seccomp-bpf'];

/** Why nothing can be traced here; undefined: it can. */
export function traceProblem(): string | undefined {
  if (process.platform !== 'linux') return `strace is a program of Linux, and this is ${process.platform}`;
  const { status, error, stderr } = spawnSync('strace', [...straceOptions, '-e', 'trace=fsync', 'true'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `strace cannot be run (${error.message}): install the package strace`;
  if (status === 0) return undefined;
  return `strace cannot trace here: ${stderr.trim().split('\n')[0]}`;
}

interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
}

/** @param options Of strace. @throws Error when the program fails or is not over in time. */
export function runTraced(
  options: readonly string[],
  program: readonly string[],
  how: RunOptions,
): Promise<string> {
  return run('strace', [...straceOptions, ...options, ...program], how);
}

/** @returns what the program printed. @throws Error when it fails or is not over in time. */
export async function run(
  program: string,
  args: readonly string[],
  { env, limitMs }: RunOptions,
): Promise<string> {
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a signal to the first process alone would leave the others running.
    detached: true,
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString();
    });
  const end = () => endGroup(child);
  process.once('exit', end);
  const late = setTimeout(end, limitMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearTimeout(late);
  process.removeListener('exit', end);
  if (code === 0) return texts.stdout;
  const how = signal === null ? `exited with ${code}` : `was ended by ${signal} (limit ${limitMs} ms)`;
  throw new Error(`${program} ${how}: ${texts.stderr.trim().slice(-2000)}`);
}

/** Nothing of the user's is used. */
export function ownEnvironment(home: string): NodeJS.ProcessEnv {
  const { PATH = '' } = process.env;
  return { PATH, HOME: home, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home };
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
