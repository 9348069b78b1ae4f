/**
 * All members on this machine, over loopback: where namespaces cannot be made.
 *
 * Chosen by run.ts. Invariant: nothing of the machine's network is touched, so there are no network faults.
 */
import { freeUdpPort } from '../free-ports.ts';
import type { Ground } from './ground.ts';

export async function openLoopback(poorBecause: string): Promise<Ground> {
  return {
    hosts: 1,
    poorBecause,
    listen: '127.0.0.1:0',
    discoveryPort: await freeUdpPort(),
    broadcast: '127.255.255.255',
    command: (_, program) => program,
    apply: () => Promise.reject(new Error('loopback has no network to break')),
    close: () => undefined,
  };
}
