/**
 * The setting `formation`: its addresses, each looked at before anything is opened.
 *
 * Who calls it: the options. Invariant: what it lets through can be bound on one machine and dialed from all.
 */
import { isIP } from 'node:net';
import { formatAddress, type HostPort, isLoopback, isWildcard } from '../../host/addresses.ts';
import { requireLoopback } from '../../host/protected-mode.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { idOf } from '../../kernel/identity.ts';
import { formatSpAddress, parseSpAddress, type SpAddress } from './sp-address.ts';

export interface FormationPlan {
  /** `host:port`, the preferred one first. None: the node is in no formation. */
  readonly addresses: readonly string[];
  /** Then: where it joins one once a feature wants a broker; programs that speak nanomsg cannot come there. */
  readonly whenWanted: readonly string[];
  /** `ipc://path`. */
  readonly doors: readonly string[];
  readonly doorInsecure: boolean;
  readonly endWhenHung: boolean;
}

/**
 * @param isOpen Other addresses than loopback are allowed. @param place Where the setting was found.
 * @throws SkeinError SKEIN_ADDRESS, SKEIN_PROTECTED.
 */
export function formationPlan(
  texts: readonly string[],
  flags: { readonly doorInsecure: boolean; readonly endWhenHung: boolean },
  isOpen: boolean,
  place = 'formation',
): FormationPlan {
  const parsed = texts.map((text) => checked(text, isOpen, place));
  const addresses = parsed.flatMap((one) =>
    one.transport === 'tcp' ? [formatAddress(one.host, one.port)] : [],
  );
  const doors = parsed.flatMap((one) => (one.transport === 'ipc' ? [formatSpAddress(one)] : []));
  if (addresses.length === 0)
    throw problem(
      place,
      texts.join(','),
      'a formation needs an address that decides who is the broker: a tcp:// one',
    );
  return { addresses: [...new Set(addresses)], whenWanted: [], doors: [...new Set(doors)], ...flags };
}

/** Below the ports that systems give to whoever asks for any, and above those of services. */
const portMin = 20_000;
const portCount = 12_000;
/** Another program may have one of them. */
const addressCount = 3;

/**
 * Addresses of this machine for the formation that nodes of one user and namespace join when nobody has named one: the
 * same for all of them, others for other users.
 */
export function addressesWhenWanted(namespace: string, user: string): readonly string[] {
  return Array.from({ length: addressCount }, (_, i) => {
    const port = portMin + (idOf(`${i} ${user} ${namespace}`) % portCount);
    return formatAddress('127.0.0.1', port);
  });
}

function checked(text: string, isOpen: boolean, place: string): SpAddress {
  const address = parseSpAddress(text.includes('://') ? text : `tcp://${text}`, place);
  if (address.transport === 'ipc') return address;
  const { host, port } = address;
  if (isWildcard(host))
    throw problem(place, text, 'it names no host, and it is where all others find the broker');
  if (port === 0) throw problem(place, text, 'it has port 0, which is another one each time');
  // A name is looked at when it is dialed or bound.
  if (!isOpen && isIP(host) !== 0) requireLoopback(`${place}: ${text}`, host);
  return address;
}

function problem(place: string, text: string, why: string): SkeinError {
  return new SkeinError('SKEIN_ADDRESS', `${place}: "${text}": ${why}; tcp://10.0.0.1:7015 is an address`);
}

/**
 * Where programs that speak nanomsg meet this node: its own port, if they can come there. Empty: they cannot.
 *
 * @param bound What the node listens on; @param announced What it tells others of that.
 */
export function meetingAddress(bound: HostPort, announced: readonly string[], doorInsecure: boolean): string {
  const { host, port } = bound;
  if (isLoopback(host)) return `tcp://${formatAddress(host, port)}`;
  if (doorInsecure) return `tcp://${announced[0] ?? formatAddress(host, port)}`;
  return isWildcard(host) ? `tcp://127.0.0.1:${port}` : '';
}
