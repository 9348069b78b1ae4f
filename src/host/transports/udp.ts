/**
 * Datagrams for solicitation: one socket on the port that all nodes share, one of our own to send from.
 *
 * Who calls it: create-node opens it, the driver sends and receives through it. A unicast to a shared
 * (`reuseAddr`) port reaches only one of its processes, so answers go to the second socket's own port.
 * Invariant: no trouble with UDP ever ends or delays a node: it is logged once and the node goes on
 * without. Nodes that listen on IPv6 also use the link-local group ff02::7077 on each interface.
 */
import { createSocket, type RemoteInfo, type Socket, type SocketType } from 'node:dgram';
import type { LogLevel } from '../../kernel/contracts.ts';
import { limits } from '../../kernel/limits.ts';
import { formatAddress, isLoopback, parseAddress } from '../addresses.ts';

export type Log = (level: LogLevel, text: string, fields: Record<string, unknown>) => void;

export interface DatagramOptions {
  /** Shared by all nodes of the network. */
  readonly port: number;
  /** Where broadcasts go, `host:port`; a multicast group as `[ff02::7077%eth0]:7077`. */
  readonly targets: readonly string[];
  /** Protected mode: only loopback is heard and spoken to. */
  readonly loopbackOnly: boolean;
  readonly log: Log;
}

export interface DatagramCounters {
  sent: number;
  received: number;
  sendErrors: number;
  /** Over the limit of a datagram, in either direction. */
  tooLarge: number;
  /** Not from loopback, in protected mode. */
  foreign: number;
}

export type DatagramHandler = (bytes: Uint8Array, from: string) => void;

/** The group of nodes on one IPv6 link; its number is the discovery port's. */
export const multicastGroup = 'ff02::7077';

interface Target {
  readonly text: string;
  readonly host: string;
  readonly port: number;
  readonly family: SocketType;
}

export class Datagrams {
  readonly counters: DatagramCounters = { sent: 0, received: 0, sendErrors: 0, tooLarge: 0, foreign: 0 };
  private readonly options: DatagramOptions;
  private targets: readonly Target[];
  private readonly sockets: Socket[] = [];
  private readonly senders = new Map<SocketType, Socket>();
  /** What went wrong already, so that a missing route is one line in the log and not one a second. */
  private readonly logged = new Set<string>();
  private handler: DatagramHandler | undefined;
  /** Joins the groups of interfaces that come later. */
  private sharedV6: Socket | undefined;
  private isClosed = false;

  private constructor(options: DatagramOptions) {
    this.options = options;
    this.targets = options.targets.map(targetOf);
  }

  /** Undefined where this machine has no usable UDP; the reason is in the log then. */
  static async open(options: DatagramOptions): Promise<Datagrams | undefined> {
    const datagrams = new Datagrams(options);
    if (await datagrams.openFamily('udp4')) {
      if (datagrams.targets.some((target) => target.family === 'udp6')) await datagrams.openFamily('udp6');
      return datagrams;
    }
    await datagrams.close();
    return undefined;
  }

  /** Until now what came was dropped. */
  start(handler: DatagramHandler): void {
    this.handler = handler;
  }

  broadcast(bytes: Uint8Array): void {
    for (const target of this.targets) this.sendTo(target, bytes);
  }

  /** Interfaces came or went: broadcasts go elsewhere, and groups are joined where they were not. */
  async retarget(targets: readonly string[]): Promise<void> {
    this.targets = targets.map(targetOf);
    if (!this.targets.some(({ family }) => family === 'udp6')) return;
    if (this.sharedV6 === undefined) await this.openFamily('udp6');
    else this.joinGroups(this.sharedV6);
  }

  send(address: string, bytes: Uint8Array): void {
    try {
      this.sendTo(targetOf(address), bytes);
    } catch {
      // The address came in a datagram: whatever it is, it is not worth more than a count.
      this.counters.sendErrors++;
    }
  }

  async close(): Promise<void> {
    this.handler = undefined;
    this.isClosed = true;
    this.senders.clear();
    await Promise.all(
      this.sockets.splice(0).map((socket) => new Promise<void>((done) => socket.close(done))),
    );
  }

  private async openFamily(family: SocketType): Promise<boolean> {
    try {
      const any = family === 'udp4' ? '0.0.0.0' : '::';
      const shared = await this.openSocket(family, this.options.port, any, true);
      const own = await this.openSocket(family, 0, any, false);
      if (family === 'udp4') own.setBroadcast(true);
      else {
        this.sharedV6 = shared;
        this.joinGroups(shared);
      }
      // The node may have ended while a socket was being opened.
      if (this.isClosed) await this.close();
      else this.senders.set(family, own);
      return true;
    } catch (error) {
      this.trouble(`no UDP solicitation on port ${this.options.port}`, error as NodeJS.ErrnoException);
      return false;
    }
  }

  private openSocket(type: SocketType, port: number, address: string, reuseAddr: boolean): Promise<Socket> {
    const socket = createSocket({ type, reuseAddr, ipv6Only: type === 'udp6' });
    this.sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ port, address, exclusive: !reuseAddr }, () => {
        socket.off('error', reject);
        socket.on('error', (error: NodeJS.ErrnoException) => this.trouble('UDP socket', error));
        socket.on('message', (bytes, from) => this.received(bytes, from));
        resolve(socket);
      });
    });
  }

  private joinGroups(shared: Socket): void {
    for (const target of this.targets) {
      const zone = target.host.split('%')[1];
      if (target.family !== 'udp6' || zone === undefined) continue;
      try {
        shared.addMembership(multicastGroup, `::%${zone}`);
      } catch (error) {
        // Joined already.
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        this.trouble(`no multicast on ${zone}`, error as NodeJS.ErrnoException);
      }
    }
  }

  private received(bytes: Uint8Array, from: RemoteInfo): void {
    if (bytes.length > limits.datagramBytesMax) this.counters.tooLarge++;
    else if (this.options.loopbackOnly && !isLoopback(from.address)) this.counters.foreign++;
    else if (this.handler !== undefined) {
      this.counters.received++;
      this.handler(
        new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        formatAddress(from.address, from.port),
      );
    }
  }

  private sendTo(target: Target, bytes: Uint8Array): void {
    const socket = this.senders.get(target.family);
    if (bytes.length > limits.datagramBytesMax) this.counters.tooLarge++;
    else if (socket === undefined || (this.options.loopbackOnly && !isLoopback(target.host)))
      this.counters.sendErrors++;
    else socket.send(bytes, target.port, target.host, (error) => this.sent(target, error));
  }

  private sent(target: Target, error: Error | null): void {
    if (error === null) this.counters.sent++;
    else {
      this.counters.sendErrors++;
      this.trouble(`cannot send datagrams to ${target.text}`, error as NodeJS.ErrnoException);
    }
  }

  private trouble(what: string, error: NodeJS.ErrnoException): void {
    const text = `${what}: ${error.message}`;
    if (this.logged.has(text) || this.logged.size > limits.strangersMax) return;
    this.logged.add(text);
    this.options.log('warn', text, { code: error.code });
  }
}

function targetOf(text: string): Target {
  const { host, port } = parseAddress(text, 'datagram');
  return { text, host, port, family: host.includes(':') ? 'udp6' : 'udp4' };
}
