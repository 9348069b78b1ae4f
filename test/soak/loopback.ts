/**
 * All members on this machine, over loopback: where namespaces cannot be made.
 *
 * Chosen by run.ts. Invariant: nothing of the machine's network is touched, so there are no network faults.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
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

/** So that the user's own nodes and other runs stay out of this mesh. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
