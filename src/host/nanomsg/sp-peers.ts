/**
 * Programs that speak nanomsg and have come to some address of this node, or that it has gone to.
 *
 * Who calls it: the formation's doors. Invariant: so many at most; each is told of once when it has greeted, and once
 * when it is gone; what breaks the protocol is counted and ends that connection alone.
 */
import type { Socket } from 'node:net';
import type { SpProtocol, SpTransport } from '../../core/nanomsg/sp-stream.ts';
import { hostLimits } from '../limits.ts';
import { SpConnection, type SpEnd } from './sp-connection.ts';

export interface SpPeersPorts {
  readonly joined: (peer: number) => void;
  readonly message: (peer: number, body: Uint8Array) => void;
  readonly left: (peer: number) => void;
}

export class SpPeers {
  /** Who did not greet as they should, or too many; and messages that a slow reader missed. */
  readonly counters = { refused: 0, dropped: 0 };
  private readonly protocol: SpProtocol;
  private readonly ports: SpPeersPorts;
  private readonly connections = new Map<number, SpConnection>();

  constructor(protocol: SpProtocol, ports: SpPeersPorts) {
    this.protocol = protocol;
    this.ports = ports;
  }

  /**
   * @param head What was read of it already.
   * @param ended Told when it is gone, and whether it had greeted.
   */
  take(
    socket: Socket,
    transport: SpTransport,
    head?: Uint8Array,
    ended: (end: SpEnd, hadGreeted: boolean) => void = ignore,
  ): void {
    if (this.connections.size >= hostLimits.spConnectionsMax) {
      this.counters.refused++;
      socket.on('error', ignore);
      socket.destroy();
      return ended({ reason: 'too many are connected', isFault: false }, false);
    }
    let hadGreeted = false;
    const connection = new SpConnection(socket, this.protocol, transport, {
      greeted: ({ number }) => {
        hadGreeted = true;
        this.ports.joined(number);
      },
      message: ({ number }, body) => this.ports.message(number, body),
      drained: ignore,
      ended: ({ number }, end) => {
        this.connections.delete(number);
        if (!hadGreeted) this.counters.refused++;
        ended(end, hadGreeted);
        if (hadGreeted) this.ports.left(number);
      },
    });
    this.connections.set(connection.number, connection);
    // As if it had just come.
    if (head !== undefined && head.length > 0) socket.unshift(head);
  }

  /** A BUS drops what a slow reader has no room for. */
  send(peer: number, body: Uint8Array): void {
    const connection = this.connections.get(peer);
    if (connection !== undefined && !connection.send(body)) this.counters.dropped++;
  }

  dismiss(peer: number): void {
    this.connections.get(peer)?.end('dismissed');
  }

  dismissAll(): void {
    for (const connection of [...this.connections.values()]) connection.end('the door was closed');
  }
}

function ignore(): void {
  // What has ended has been told.
}
