/**
 * Addresses as people write them (`host:port`, `[v6]:port`, `:port`) and what the machine's interfaces
 * make of them. Pure but for the default argument that asks the system for its interfaces.
 *
 * Who calls it: the options, the transports and the CLI. Invariant: an address that `parseAddress` lets
 * through has a host that is an IP address, a plausible DNS name or empty, and a port in 0..65535.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { discoveryLimits } from '../features/discovery/core/limits.ts';
import { SkeinError } from '../kernel/errors.ts';
import { limits } from '../kernel/limits.ts';

export interface HostPort {
  /** Empty where the text began with `:`: every interface to listen on, this machine to dial. */
  readonly host: string;
  readonly port: number;
}

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const shape = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/;
const dnsName =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const loopbackBroadcast = '127.255.255.255';

/**
 * @param what Names the option in the error, for example `listen`.
 * @throws SkeinError SKEIN_ADDRESS that says what is wrong and shows an address.
 */
export function parseAddress(text: string, what = 'address'): HostPort {
  const parts = shape.exec(text);
  if (parts === null) throw addressError(what, text, 'it is not host:port');
  const [, bracketed, plain = '', digits] = parts;
  const port = Number(digits);
  if (port > 65535) throw addressError(what, text, `port ${port} is over 65535`);
  const host = bracketed ?? plain;
  const problem = bracketed !== undefined ? bracketProblem(host) : hostProblem(host);
  if (problem !== undefined) throw addressError(what, text, problem);
  return { host, port };
}

/** `host:port`, an IPv6 host in brackets. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** For IP addresses, IPv4 inside IPv6 included; a name is never loopback before it is resolved. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback.check(withoutZone(host), family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * What one machine elsewhere holds of addresses, for limits: an IPv4 address, written as IPv6 or not, or the
 * /64 of an IPv6 one, out of which it may take any.
 */
export function holderOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = withoutZone(address).split('::');
  const groups = head === '' ? [] : head.split(':');
  const given = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  while (tail !== undefined && groups.length < 8 - given) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Every interface. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/**
 * What a node that listens on `host` tells others: that address, or for a wildcard each address by which
 * another machine can reach it (link-local IPv6 needs a zone that only this machine knows), or loopback
 * where there is none.
 */
export function announcedAddresses(
  host: string,
  port: number,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  if (!isWildcard(host)) return [formatAddress(host, port)];
  const reachable = all(interfaces).filter((one) => !one.internal && isOffered(one, host));
  if (reachable.length === 0) return [formatAddress('127.0.0.1', port)];
  return reachable.slice(0, limits.addressesPerRecordMax).map((one) => formatAddress(one.address, port));
}

/** How nodes of the same machine reach it: by loopback too where every interface is listened on. */
export function localAddresses(host: string, port: number, announced: readonly string[]): string[] {
  const own = formatAddress('127.0.0.1', port);
  return isWildcard(host) && !announced.includes(own) ? [own, ...announced] : [...announced];
}

/** Broadcast addresses of the interfaces that `host` listens on; the loopback one is always among them. */
export function broadcastAddresses(host: string, interfaces: Interfaces = networkInterfaces()): string[] {
  const targets = new Set<string>();
  for (const one of all(interfaces)) {
    if (one.internal || one.family !== 'IPv4') continue;
    if (!isWildcard(host) && one.address !== host) continue;
    const target = subnetBroadcast(one.address, one.netmask);
    if (target !== undefined) targets.add(target);
  }
  return [...targets].slice(0, discoveryLimits.broadcastTargetsMax - 1).concat(loopbackBroadcast);
}

/** The interfaces, by name, on which a node that listens on `host` can use IPv6 multicast. */
export function multicastZones(host: string, interfaces: Interfaces = networkInterfaces()): string[] {
  if (host === '0.0.0.0' || isIPv4(host)) return [];
  const zones = Object.entries(interfaces).filter(([, list = []]) => {
    const usable = list.filter((one) => one.family === 'IPv6' && !one.internal);
    // Without a link-local address the system has nothing to send multicast from.
    return (
      usable.some(isLinkLocal) &&
      (isWildcard(host) || usable.some((one) => one.address === withoutZone(host)))
    );
  });
  return zones.map(([zone]) => zone).slice(0, discoveryLimits.broadcastTargetsMax);
}

/** 10.0.3.7 in 255.255.0.0 is 10.0.255.255; undefined for networks of one or two addresses (RFC 3021). */
export function subnetBroadcast(address: string, netmask: string): string | undefined {
  if (!isIPv4(address) || !isIPv4(netmask)) return undefined;
  const mask = netmask.split('.').map(Number);
  if ((mask[3] as number) >= 254) return undefined;
  return address
    .split('.')
    .map((part, i) => Number(part) | (~(mask[i] as number) & 255))
    .join('.');
}

function all(interfaces: Interfaces): NetworkInterfaceInfo[] {
  return Object.values(interfaces).flatMap((list) => list ?? []);
}

function isOffered(one: NetworkInterfaceInfo, host: string): boolean {
  if (one.family === 'IPv4') return true;
  return host !== '0.0.0.0' && !isLinkLocal(one);
}

function isLinkLocal(one: NetworkInterfaceInfo): boolean {
  return one.family === 'IPv6' && /^fe[89ab]/i.test(one.address);
}

function bracketProblem(host: string): string | undefined {
  return isIPv6(host) ? undefined : `"${host.slice(0, 80)}" in brackets is not an IPv6 address`;
}

function hostProblem(host: string): string | undefined {
  if (host === '' || isIPv4(host)) return undefined;
  if (/^[\d.]+$/.test(host)) return `"${host.slice(0, 80)}" is not an IPv4 address`;
  return dnsName.test(host) ? undefined : `"${host.slice(0, 80)}" is neither an IP address nor a host name`;
}

function addressError(what: string, text: string, problem: string): SkeinError {
  const example = '127.0.0.1:7400, render7:7400, [::1]:7400 or :7400';
  return new SkeinError(
    'SKEIN_ADDRESS',
    `${what}: "${String(text).slice(0, 120)}" is not an address: ${problem} (write ${example})`,
  );
}

function withoutZone(host: string): string {
  const at = host.indexOf('%');
  return at < 0 ? host : host.slice(0, at);
}
