/**
 * The PID namespace of this process: in another one the same number is another process, or none.
 *
 * Who calls it: the runtime folder, which containers of one pod may share. Invariant: an entry of another namespace is
 * never taken for dead by its process number; only its control socket shows that nobody is behind it.
 */
import { readlinkSync } from 'node:fs';
import { probe } from './probe.ts';
import type { RuntimeEntry } from './runtime-entry.ts';

const unknown = 'unknown';
/** Undefined on systems that have none. */
export const ownPidNamespace: string | undefined = readNamespace();

/** Its process number says nothing here. */
export function isOfOtherNamespace({ pidNamespace }: Pick<RuntimeEntry, 'pidNamespace'>): boolean {
  return pidNamespace !== undefined && (pidNamespace !== ownPidNamespace || pidNamespace === unknown);
}

/**
 * Nobody listens at this socket any more: the system refuses at once. False in all doubt, also where the path is not
 * there: in another container it may be another folder.
 */
export async function isAbandoned(socketPath: string): Promise<boolean> {
  return (await probe({ path: socketPath })) === 'refused';
}

function readNamespace(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return unknown;
  }
}
