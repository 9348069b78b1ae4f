/**
 * Programs that speak nanomsg and have come to some address, or that were gone to.
 *
 * Who calls it: the transceiver, and the formation's doors. Invariant: so many at most, of a PAIR one; each is told of
 * once when it has greeted, and once when it is gone; what breaks the protocol is counted and ends that connection alone.
 */
import type { Socket } from 'node:net';
import { nanomsgLimits } from './limits.ts';
import { SpConnection, type SpEnd } from './sp-connection.ts';
import { SpProtocol, type SpTransport } from './sp-stream.ts';

export interface SpPeersPorts {
  readonly joined: (peer: number) => void;
  readonly message: (peer: number, body: Uint8Array) => void;
  readonly left: (peer: number, end: SpEnd) => void;
  /** It did what no such program does, and nobody waits to be told. */
  readonly faulted?: (reason: string) => void;
}

/** What whoever has gone to it waits for: one of the two comes, once. */
export interface Settled {
  readonly greeted: () => void;
  readonly notGreeted: (end: SpEnd) => void;
}

const crowded: SpEnd = { reason: 'there are others already', isFault: false };

export class SpPeers {
  /** Who did not greet as they should, or too many; and messages that a slow reader missed. */
  readonly counters = { refused: 0, dropped: 0 };
  private readonly protocol: SpProtocol;
  private readonly ports: SpPeersPorts;
  private readonly peersMax: number;
  private readonly peers = new Map<number, SpConnection>();
  /** Connected, and not greeted. */
  private readonly strangers = new Set<SpConnection>();

  constructor(protocol: SpProtocol, ports: SpPeersPorts) {
    this.protocol = protocol;
    this.ports = ports;
    this.peersMax = protocol === SpProtocol.pair ? 1 : nanomsgLimits.spConnectionsMax;
  }

  /** @param head What was read of it already. */
  take(socket: Socket, transport: SpTransport, head?: Uint8Array, settled?: Settled): void {
    const isFull = this.peers.size + this.strangers.size >= nanomsgLimits.spConnectionsMax;
    if (isFull || this.peers.size >= this.peersMax) {
      this.counters.refused++;
      socket.on('error', ignore);
      socket.destroy();
      return settled?.notGreeted(crowded);
    }
    const connection = new SpConnection(socket, this.protocol, transport, {
      greeted: (one) => this.greeted(one, settled),
      message: ({ number }, body) => this.ports.message(number, body),
      ended: (one, end) => this.ended(one, end, settled),
    });
    this.strangers.add(connection);
    // As if it had just come.
    if (head !== undefined && head.length > 0) socket.unshift(head);
  }

  /** To all. How many have it on its way; the rest missed it, as on nanomsg's own BUS. */
  sendAll(body: Uint8Array): number {
    let count = 0;
    for (const peer of this.peers.keys()) if (this.send(peer, body)) count++;
    return count;
  }

  /** False: it has ended, or too much waits for it. */
  send(peer: number, body: Uint8Array): boolean {
    const isSent = this.peers.get(peer)?.send(body) ?? false;
    if (!isSent) this.counters.dropped++;
    return isSent;
  }

  /** Reads no more from anybody, or goes on. */
  pause(isPaused: boolean): void {
    for (const peer of this.peers.values()) peer.pause(isPaused);
  }

  /** Resolves when what waits for one of them has left, or it has ended; at once where there is none. */
  async drained(): Promise<void> {
    if (this.peers.size > 0) await Promise.race([...this.peers.values()].map((peer) => peer.drained()));
  }

  dismiss(peer: number): void {
    this.peers.get(peer)?.close();
  }

  dismissAll(): void {
    for (const connection of [...this.peers.values(), ...this.strangers]) connection.close();
  }

  private greeted(connection: SpConnection, settled: Settled | undefined): void {
    // Of two strangers both have greeted.
    if (this.peers.size >= this.peersMax) return connection.end(crowded.reason);
    this.strangers.delete(connection);
    this.peers.set(connection.number, connection);
    settled?.greeted();
    this.ports.joined(connection.number);
  }

  private ended(connection: SpConnection, end: SpEnd, settled: Settled | undefined): void {
    const { number } = connection;
    const wasPeer = this.peers.delete(number);
    if (end.isFault && (wasPeer || settled === undefined)) this.ports.faulted?.(end.reason);
    if (wasPeer) return this.ports.left(number, end);
    this.strangers.delete(connection);
    this.counters.refused++;
    settled?.notGreeted(end);
  }
}

function ignore(): void {
  // What has ended has been told.
}
