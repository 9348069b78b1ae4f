/**
 * What a node's key and its addresses say about whom it can reach at all, for `explain`.
 *
 * Who calls it: the local node. The core knows neither keys nor interfaces; the platform has told what is
 * needed. Invariant: a finding is given only where it can be the reason for somebody missing.
 */
import type { Finding } from '../core/contracts.ts';
import type { SecurityStatus } from './node.ts';

export interface ReachView {
  /** Undefined: a world of its own, without strangers. */
  readonly security: SecurityStatus | undefined;
  /** Told to others, `host:port`. */
  readonly addresses: readonly string[];
  readonly broadcastTargets: readonly string[];
  /** Connections without TLS that a node with a key has turned away. */
  readonly turnedAway: number;
}

const loopback = /^(127\.|localhost:|\[::1\]|\[::ffff:127\.)/;

export function reachFindings(view: ReachView): Finding[] {
  const { security, turnedAway } = view;
  if (security === undefined) return [];
  const findings = security.mode === 'loopback' ? [withoutKey] : loopbackFindings(view);
  if (security.mode === 'key' && turnedAway > 0) findings.push(linksWithoutKey(turnedAway));
  return findings;
}

const withoutKey: Finding = {
  code: 'no-key',
  text: 'this node has no key: it stays on this machine and links to no node with a key; make one with skein key new (or take theirs: skein key add) and start it again',
};

/** A key, or doing without one, opens nothing by itself where one was told to listen on loopback, or told nothing. */
function loopbackFindings({ addresses, broadcastTargets }: ReachView): Finding[] {
  if (![...addresses, ...broadcastTargets].every((address) => loopback.test(address))) return [];
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
