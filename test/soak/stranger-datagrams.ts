/**
 * Datagrams of strangers: noise, forgeries, and those of members sent again.
 *
 * Used by stranger.ts. Invariant: what members send is only ever heard and sent again, as it was or with a
 * byte changed; none is answered, so only the members can count what became of them.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { DatagramKind, StrangerSettings } from './stranger-protocol.ts';

/** With which sealed datagrams begin. */
const magic = Uint8Array.of(0xf5, 0x53, 0x4b, 0x55, 2);
const heardMax = 256;

export class StrangerDatagrams {
  private readonly socket: Socket;
  private readonly settings: StrangerSettings;
  /** Those of members, old ones too: some are beyond what clocks may differ by. */
  private readonly heard: Buffer[] = [];

  private constructor(socket: Socket, settings: StrangerSettings) {
    this.socket = socket;
    this.settings = settings;
    socket.on('message', (bytes) => this.hear(bytes));
    // The network may be gone for a while: that is none of our business.
    socket.on('error', () => undefined);
  }

  static async open(settings: StrangerSettings): Promise<StrangerDatagrams> {
    // Broadcasts come to every socket that shares the port.
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.bind({ port: settings.discoveryPort, address: '0.0.0.0' });
    await once(socket, 'listening');
    socket.setBroadcast(true);
    return new StrangerDatagrams(socket, settings);
  }

  /** Undefined where there is nothing to send again yet. */
  send(kind: DatagramKind): Promise<'sent'> | undefined {
    const bytes = this.bytesOf(kind);
    if (bytes === undefined) return undefined;
    const { discoveryPort, broadcast } = this.settings;
    return new Promise((resolve) => {
      this.socket.send(bytes, discoveryPort, broadcast, () => resolve('sent'));
    });
  }

  private bytesOf(kind: DatagramKind): Uint8Array | undefined {
    if (kind === 'random datagram') return randomBytes(randomInt(1, 1200));
    const heard = this.heard[randomInt(Math.max(1, this.heard.length))];
    if (kind === 'replayed datagram') return heard;
    if (heard === undefined || randomInt(2) === 0) return Buffer.concat([magic, randomBytes(300)]);
    const forged = Buffer.from(heard);
    const at = randomInt(magic.length, forged.length);
    forged[at] = (forged[at] as number) ^ (1 << randomInt(8));
    return forged;
  }

  private hear(bytes: Buffer): void {
    if (!magic.every((byte, i) => bytes[i] === byte)) return;
    const at = this.heard.length < heardMax ? this.heard.length : randomInt(heardMax);
    this.heard[at] = bytes;
  }
}
