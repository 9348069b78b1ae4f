/**
 * A nanomsg socket that binds its address, or connects to whoever has bound it: vee's transceiver.
 *
 * Made by whoever speaks with nanomsg programs. Several that open the same address at once end with one that is
 * bound and the others connected to it, however they race and whoever dies meanwhile: a bind that fails is followed
 * by a connect, a connect that is refused by a bind, with a random wait between. Invariant: while it is open it is
 * either bound or connected; that it is neither any more is told once, by `lost`, and it may be opened again.
 */
import { once } from 'node:events';
import { unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isSelfConnected } from '../../host/transports/dial.ts';
import { SkeinError } from '../../kernel/errors.ts';
import { nanomsgLimits } from './limits.ts';
import { formatSpAddress, type SpAddress } from './sp-address.ts';
import type { SpEnd } from './sp-connection.ts';
import { SpPeers } from './sp-peers.ts';
import type { SpProtocol } from './sp-stream.ts';

export type TransceiverRole = 'bound' | 'connected';

export interface TransceiverPorts {
  /** @param peer The number of its connection. */
  readonly joined: (peer: number) => void;
  readonly message: (body: Uint8Array, peer: number) => void;
  readonly left: (peer: number, reason: string) => void;
  /** Whoever was bound is gone. */
  readonly lost: (reason: string) => void;
}

interface TransceiverOptions {
  readonly address: SpAddress;
  readonly protocol: SpProtocol;
  /** In 0..1: how long it waits between its tries. */
  readonly random?: () => number;
}

type Attempt = 'done' | 'again';

export class Transceiver {
  private readonly address: SpAddress;
  private readonly random: () => number;
  private readonly ports: TransceiverPorts;
  private readonly peers: SpPeers;
  private server: Server | undefined;
  private current: TransceiverRole | undefined;
  private readonly closing = new AbortController();

  constructor({ address, protocol, random = Math.random }: TransceiverOptions, ports: TransceiverPorts) {
    this.address = address;
    this.random = random;
    this.ports = ports;
    this.peers = new SpPeers(protocol, {
      joined: ports.joined,
      message: (peer, body) => ports.message(body, peer),
      left: (peer, { reason }) => {
        ports.left(peer, reason);
        if (this.current === 'connected') this.lose(reason);
      },
    });
  }

  /** Connections that did not greet as they should, and messages that a slow reader missed. */
  get counters(): SpPeers['counters'] {
    return this.peers.counters;
  }

  /** Undefined: neither. */
  get role(): TransceiverRole | undefined {
    return this.current;
  }

  /**
   * Bound or connected, whatever it takes.
   * @throws SkeinError SKEIN_ADDRESS where neither can be, SKEIN_ADDRESS_IN_USE where another program has the
   * address that does not speak this, SKEIN_ABORTED when it is closed meanwhile.
   */
  async open(): Promise<TransceiverRole> {
    for (;;) {
      this.checkOpen();
      if ((await this.bind()) === 'done') this.current = 'bound';
      else if ((await this.connect()) === 'done') this.current = 'connected';
      if (this.closing.signal.aborted) await this.close();
      this.checkOpen();
      if (this.current !== undefined) return this.current;
      await wait(this.random() * nanomsgLimits.spRetryMsMax, this.closing.signal);
    }
  }

  /** To all that are connected (a PAIR: to the one). How many have it on its way; the rest missed it. */
  send(body: Uint8Array): number {
    return this.peers.sendAll(body);
  }

  /** To one of them. False: it has ended, or too much waits for it. */
  sendTo(peer: number, body: Uint8Array): boolean {
    return this.peers.send(peer, body);
  }

  /** Reads no more from anybody, or goes on. */
  pause(isPaused: boolean): void {
    this.peers.pause(isPaused);
  }

  /** Resolves when what waits for one that is connected has left, or it has ended. */
  drained(): Promise<void> {
    return this.peers.drained();
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.current = undefined;
    const { server } = this;
    this.server = undefined;
    this.peers.dismissAll();
    if (server?.listening === true) {
      server.close();
      await once(server, 'close');
    }
  }

  private checkOpen(): void {
    if (this.closing.signal.aborted)
      throw new SkeinError('SKEIN_ABORTED', `${formatSpAddress(this.address)}: closed before it was open`);
  }

  // ── bind ──────────────────────────────────────────────────────────────────────────────────────────

  /** `again`: another has it, or this machine has no such address. */
  private async bind(): Promise<Attempt> {
    const server = createServer({ noDelay: true }, (socket) =>
      this.peers.take(socket, this.address.transport),
    );
    const { address } = this;
    try {
      const listening = once(server, 'listening');
      // Exclusive: under `cluster` two workers would both seem to be bound.
      if (address.transport === 'ipc') server.listen({ path: address.path, exclusive: true });
      else if (address.host === '') server.listen({ port: address.port, exclusive: true });
      else server.listen({ port: address.port, host: address.host, exclusive: true });
      await listening;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') return 'again';
      const text = `cannot bind ${formatSpAddress(address)}: ${(error as Error).message}`;
      throw new SkeinError('SKEIN_ADDRESS', text, { cause: error });
    }
    // A connection that is reset while it waits to be accepted must not end the program.
    server.on('error', () => this.counters.refused++);
    this.server = server;
    return 'done';
  }

  // ── connect ───────────────────────────────────────────────────────────────────────────────────────

  /** `again`: nobody is bound there any more. */
  private async connect(): Promise<Attempt> {
    const { address } = this;
    const socket =
      address.transport === 'ipc'
        ? connect({ path: address.path })
        : connect({ port: address.port, host: address.host === '' ? '127.0.0.1' : address.host });
    socket.setNoDelay(true);
    try {
      const signal = AbortSignal.any([
        this.closing.signal,
        AbortSignal.timeout(nanomsgLimits.spConnectTimeoutMs),
      ]);
      await once(socket, 'connect', { signal });
    } catch (error) {
      socket.on('error', ignore);
      socket.destroy();
      return this.notConnected(error as NodeJS.ErrnoException);
    }
    if (isSelfConnected(socket)) {
      socket.destroy();
      return 'again';
    }
    return this.greet(socket);
  }

  private async notConnected(error: NodeJS.ErrnoException): Promise<Attempt> {
    const { address } = this;
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      const text = `${formatSpAddress(address)} is another user's: ${error.message}`;
      throw new SkeinError('SKEIN_ADDRESS', text, { cause: error });
    }
    // A socket file that nobody listens at is what a dead one has left.
    if (address.transport === 'ipc' && error.code === 'ECONNREFUSED')
      await unlink(address.path).catch(ignore);
    return 'again';
  }

  private greet(socket: Socket): Promise<Attempt> {
    return new Promise((resolve, reject) => {
      const greeted = (): void => resolve('done');
      const notGreeted = ({ reason, isFault }: SpEnd): void => {
        if (isFault) reject(this.notOurs(reason));
        else resolve('again');
      };
      this.peers.take(socket, this.address.transport, undefined, { greeted, notGreeted });
    });
  }

  private notOurs(reason: string): SkeinError {
    const text = `${formatSpAddress(this.address)} is taken by a program that is none of these: ${reason}`;
    return new SkeinError('SKEIN_ADDRESS_IN_USE', text);
  }

  private lose(reason: string): void {
    this.current = undefined;
    this.ports.lost(reason);
  }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}

function ignore(): void {
  // What has ended has been told.
}
