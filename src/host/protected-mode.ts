/**
 * Protected mode: without a key a node stays on loopback unless its user says otherwise.
 *
 * Who calls it: the options (for addresses that are literal), create-node (for what it listens on) and
 * each dial (after the name has been resolved). Invariant: one sentence says no everywhere, and says how
 * to go on.
 */
import { SkeinError } from '../kernel/errors.ts';
import { isLoopback } from './addresses.ts';

/** @param what For example `listen: 0.0.0.0:7400`. */
export function protectedText(what: string): string {
  return (
    `${what} leaves this machine, and a node without a key stays on loopback; make a key with ` +
    '`skein key new` and bring it to the other machines; or, on a network where you trust everybody, ' +
    'start the node with insecure: true (skein up --insecure)'
  );
}

/** @throws SkeinError SKEIN_PROTECTED when the IP address is not loopback. */
export function requireLoopback(what: string, host: string): void {
  if (!isLoopback(host)) throw new SkeinError('SKEIN_PROTECTED', protectedText(what));
}
