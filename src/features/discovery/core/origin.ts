/**
 * Where a solicitation is answered: at the addresses inside it, and where it came from.
 *
 * Who calls it: the datagrams of discovery. A node says what its interfaces were when it looked last, and an IPv6
 * link-local address needs a zone that only the receiver knows; where the datagram came from is true now. Invariant:
 * without a key, where anybody can write any sender, the sender's address is used only in place of loopback addresses.
 */
import { limits } from '../../../kernel/limits.ts';

const loopback = /^(?:127\.|\[::1\]|localhost$)/;
/** A node listens on one port; two that it announces are a redirection. */
const portsMax = 2;

/**
 * @param said The addresses inside, `host:port`. @param from The datagram's sender, `host:port`; its port is of UDP.
 * @param isSealed A member has made it.
 */
export function answerableAddresses(
  said: readonly string[],
  from: string,
  isSealed: boolean,
): readonly string[] {
  const host = hostOf(from);
  // On one machine all that is said holds.
  if (loopback.test(host)) return said;
  // Of another machine loopback addresses would lead back to this one.
  const inside = said.filter((address) => !loopback.test(hostOf(address)));
  if (inside.length > 0 && !isSealed) return inside;
  const ports = [...new Set(said.map(portOf))].slice(0, portsMax);
  const origins = ports.map((port) => `${host}:${port}`).filter((address) => !inside.includes(address));
  return [...inside.slice(0, limits.addressesPerRecordMax - origins.length), ...origins];
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}
