/**
 * How much a TLS stream may bring before its other end has proven the key, whatever it is made of.
 *
 * Who calls it: Tls, for each stream from its first byte to its proof. What TLS keeps to itself (updates of
 * its keys, 27 bytes each and as much work as a message) never reaches a link, whose limits so do not see it:
 * eight strangers kept a node busy for as long as a handshake may take. Invariant: one timer for all streams,
 * and none while there is no stream.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { hostLimits } from '../limits.ts';

export class StrangerBytes {
  /** Ended because they brought too much. */
  floods = 0;
  private readonly streams = new Map<TLSSocket, Socket>();
  private timer: NodeJS.Timeout | undefined;

  /** @param socket Below the TLS: there every byte counts. */
  watch(secured: TLSSocket, socket: Socket): void {
    this.streams.set(secured, socket);
    secured.once('close', () => this.forget(secured));
    this.timer ??= setInterval(() => this.look(), hostLimits.unprovenLookMs).unref();
  }

  forget(secured: TLSSocket): void {
    this.streams.delete(secured);
    if (this.streams.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    for (const [secured, socket] of this.streams) {
      if (socket.bytesRead <= hostLimits.unprovenBytesMax) continue;
      this.floods++;
      this.forget(secured);
      secured.destroy();
    }
  }
}
