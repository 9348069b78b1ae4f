/**
 * The node at the other end of a link, as behaviors know it. Who calls it: the neighborhood, once the handshake has
 * shown whose link it is.
 */
import type { DialPurpose, Neighbor } from '../contracts.ts';
import type { Hello } from './hello.ts';
import type { Link } from './link.ts';

export function neighborOf(link: Link, peer: Hello): Neighbor {
  return {
    link: link.id,
    id: peer.id,
    name: peer.name,
    namespace: peer.namespace,
    instance: peer.instance,
    version: peer.version,
    direction: link.role === 'dialer' ? 'outgoing' : 'incoming',
    purpose: link.role === 'dialer' ? link.purpose : peer.purpose,
    address: link.address,
    features: peer.features,
    solicits: peer.solicits,
    uptimeMs: peer.uptimeMs,
    islandNodes: peer.islandNodes,
    openedAt: link.openedAt,
  };
}

/** As its dialer says; undefined while that is the other end, and has not proven its hello. */
export function purposeOf({ role, purpose, peer }: Link): DialPurpose | undefined {
  return role === 'dialer' ? purpose : peer?.purpose;
}
