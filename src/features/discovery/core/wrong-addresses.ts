/**
 * Addresses at which another node than the one that announces them was met: bridges and NAT addresses that are
 * equal on all machines, and names that resolve to several of them.
 *
 * Who calls it: the dials of discovery, to try such addresses last, and `why`. Invariant: a bounded number of peers,
 * forgotten after `wrongAddressKeptMs`; what is remembered of an address that the peer no longer announces is unused.
 */
import type { NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { discoveryLimits } from './limits.ts';

/** Who was met at an address, and when. */
export interface Met {
  /** The node that answered there: this node itself, or another one. */
  readonly node: NodeId;
  readonly at: number;
}

export class WrongAddresses {
  private readonly peers = new Map<NodeId, Map<string, Met>>();

  /** @param peer The node that was looked for at this address. */
  met(peer: NodeId, address: string, node: NodeId, now: number): void {
    const known = this.peers.get(peer) ?? new Map<string, Met>();
    // The most recent last: the oldest makes room.
    this.peers.delete(peer);
    if (this.peers.size >= discoveryLimits.wrongAddressPeersMax)
      this.peers.delete(this.peers.keys().next().value as NodeId);
    this.peers.set(peer, known);
    known.delete(address);
    if (known.size >= limits.addressesPerRecordMax) known.delete(known.keys().next().value as string);
    known.set(address, { node, at: now });
  }

  /** The peer was met there after all. */
  found(peer: NodeId, address: string): void {
    this.peers.get(peer)?.delete(address);
  }

  /** Of late; undefined: nobody but the peer itself, as far as is known. */
  whoAt(peer: NodeId, address: string, now: number): NodeId | undefined {
    const met = this.peers.get(peer)?.get(address);
    return met === undefined || now - met.at > discoveryLimits.wrongAddressKeptMs ? undefined : met.node;
  }

  /** This node's own addresses have changed: what was met where says nothing any more. */
  clear(): void {
    this.peers.clear();
  }
}
