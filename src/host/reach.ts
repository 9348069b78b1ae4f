/**
 * What a node's key and its addresses say about whom it can reach at all, for `explain`.
 *
 * Who calls it: the driver, asked by the node. The core knows neither keys nor interfaces. Invariant: a
 * finding is given only where it can be the reason for somebody missing.
 */

import type { Finding } from '../kernel/contracts.ts';
import type { SecurityStatus } from '../node/node.ts';
import { isLoopback, parseAddress } from './addresses.ts';

export interface ReachView {
  readonly security: SecurityStatus;
  /** Told to others, `host:port`. */
  readonly addresses: readonly string[];
  readonly broadcastTargets: readonly string[];
  /** It listens on every interface. */
  readonly isWildcard: boolean;
  /** Connections without TLS that a node with a key has turned away. */
  readonly turnedAway: number;
}

export function reachFindings(view: ReachView): Finding[] {
  const { security, turnedAway } = view;
  const findings = security.mode === 'loopback' ? [withoutKey] : loopbackFindings(view);
  if (security.mode === 'key' && turnedAway > 0) findings.push(linksWithoutKey(turnedAway));
  return findings;
}

const withoutKey: Finding = {
  code: 'no-key',
  text: 'this node has no key: it stays on this machine and links to no node with a key; make one with skein key new (or take theirs: skein key add) and start it again',
};

const withoutNetwork: Finding = {
  code: 'no-network',
  text: 'this machine has no address that another one could dial: none of its interfaces that are up has an IPv4 or a global IPv6 address; they are looked at again every 2 s',
};

/** A key, or doing without one, opens nothing by itself where one was told to listen on loopback, or told nothing. */
function loopbackFindings({ addresses, broadcastTargets, isWildcard }: ReachView): Finding[] {
  if (isWildcard && addresses.every(isOnLoopback)) return [withoutNetwork];
  if (![...addresses, ...broadcastTargets].every(isOnLoopback)) return [];
  const where = broadcastTargets.length === 0 ? 'listens' : 'listens and solicits';
  const text = `this node ${where} on loopback only (${addresses.join(', ')}), where no other machine reaches it; to be reached: --listen 0.0.0.0:0`;
  return [{ code: 'loopback-only', text }];
}

function linksWithoutKey(count: number): Finding {
  const times = count === 1 ? 'a connection' : `${count} connections`;
  const was = count === 1 ? 'was' : 'were';
  const text = `${times} without a key ${was} turned away; this node has one and links to members only`;
  return { code: 'links-open', text };
}

function isOnLoopback(address: string): boolean {
  const { host } = parseAddress(address);
  return host === 'localhost' || isLoopback(host);
}
