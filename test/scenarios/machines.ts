/**
 * What real programs of a scenario run on: an address each, and a network that may be disturbed.
 *
 * Used by the process stage. Two kinds: all on loopback, or each in a network namespace of its own.
 * Invariant: once closed nothing of it is left on this machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Blocks } from '../../src/sim/run/scenario/stage.ts';

export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Machines {
  /** Where the member's program listens: `host:port`. */
  addressOf(name: string): string;
  /** What its `skein up` is told besides its name. */
  readonly flags: (name: string) => readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  spawn(name: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess;
  setPaths(blocks: Blocks): Promise<void>;
  setLoss(share: number): Promise<void>;
  /** Nothing comes in or goes out, not even what its kernel would say. */
  unplug(name: string): Promise<void>;
  plugIn(name: string): Promise<void>;
  close(): Promise<void>;
}

/** A child whose environment has nothing of the tester's own nodes. */
export function spawnQuietly(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SKEIN_'));
  return spawn(file, args, {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
