/**
 * Whether somebody listens at an address or a socket file.
 *
 * Who calls it: what has to know whether the process behind an entry lives. Invariant: it ends within `holderProbeMs`, and
 * `refused` is said only where the system itself has refused.
 */
import { connect, type NetConnectOpts } from 'node:net';
import { hostLimits } from './limits.ts';

/** `unknown`: no answer in time, or another error. */
export type Probed = 'accepted' | 'refused' | 'unknown';

export function probe(where: NetConnectOpts): Promise<Probed> {
  return new Promise((resolve) => {
    const socket = connect(where);
    const timer = setTimeout(() => end('unknown'), hostLimits.holderProbeMs);
    const end = (probed: Probed): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(probed);
    };
    socket.once('connect', () => end('accepted'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' ? 'refused' : 'unknown'),
    );
  });
}
