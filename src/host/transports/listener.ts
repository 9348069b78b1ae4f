/**
 * The TCP listener: binds, lets each connection say what it speaks, and hands on those that speak skein.
 *
 * Who calls it: create-node opens it, the driver starts and closes it. Invariant: whoever is handed a
 * stream gets every byte that came, the peeked ones first; everybody else is counted, told why where
 * the protocol allows it, and closed. Nothing a stranger sends becomes an uncaught error.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { SkeinError } from '../../core/errors.ts';
import { formatAddress, type HostPort } from '../addresses.ts';
import { hostLimits } from '../limits.ts';
import { httpFarewell, type Tongue, tongueOf } from './tongues.ts';

/** A stream that speaks skein, and the bytes already taken from it. */
export type StreamHandler = (socket: Socket, head: Uint8Array) => void;

export interface ListenerCounters {
  /** Connections turned away, by what they spoke. */
  readonly turnedAway: Record<Exclude<Tongue, 'skein'>, number>;
  /** Closed because they said nothing for too long. */
  silent: number;
  /** Closed to make room, or gone before they said anything. */
  dropped: number;
}

interface Undecided {
  head: Uint8Array;
  readonly timer: NodeJS.Timeout;
  readonly heard: (chunk: Uint8Array) => void;
  readonly left: () => void;
}

export class Listener {
  readonly counters: ListenerCounters = {
    turnedAway: { tls: 0, nanomsg: 0, http: 0, unknown: 0 },
    silent: 0,
    dropped: 0,
  };
  private readonly server: Server;
  /** In order of arrival. */
  private readonly undecided = new Map<Socket, Undecided>();
  private readonly leaving = new Set<Socket>();
  private handler: StreamHandler | undefined;
  /** Connections that came before `start`. */
  private waiting: Socket[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket) => this.connected(socket));
    // A connection that is reset while it waits to be accepted (EMFILE, ECONNABORTED) must not end the program.
    server.on('error', () => this.counters.dropped++);
  }

  /** @throws SkeinError SKEIN_ADDRESS_IN_USE, SKEIN_ADDRESS */
  static async open(address: HostPort): Promise<Listener> {
    const server = createServer({ noDelay: true, keepAlive: false, allowHalfOpen: false });
    const options = { port: address.port, exclusive: true, backlog: hostLimits.listenBacklog };
    const text = formatAddress(address.host, address.port);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(text, error)));
      server.listen(address.host === '' ? options : { ...options, host: address.host }, resolve);
    });
    server.removeAllListeners('error');
    return new Listener(server);
  }

  /** What was bound, the chosen port included. */
  get address(): HostPort {
    const bound = this.server.address();
    if (bound === null || typeof bound === 'string') throw new Error('the listener is closed');
    return { host: bound.address, port: bound.port };
  }

  get undecidedCount(): number {
    return this.undecided.size;
  }

  /** From now on streams are handed on, first those that already came. */
  start(handler: StreamHandler): void {
    this.handler = handler;
    const waiting = this.waiting;
    this.waiting = [];
    for (const socket of waiting) if (!socket.destroyed) this.listenTo(socket);
  }

  /** Stops accepting at once; streams already handed on are not ours any more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of [...this.waiting, ...this.undecided.keys(), ...this.leaving]) socket.destroy();
    // `close` calls back only when every connection has ended, and those handed on live elsewhere.
    this.server.unref();
    await Promise.race([closed, new Promise<void>((resolve) => setImmediate(resolve))]);
  }

  private connected(socket: Socket): void {
    socket.on('error', ignore);
    if (this.handler !== undefined) this.listenTo(socket);
    else if (this.waiting.length < hostLimits.undecidedMax) this.waiting.push(socket);
    else this.drop(socket);
  }

  private listenTo(socket: Socket): void {
    if (this.undecided.size >= hostLimits.undecidedMax) this.dropOldest();
    const state: Undecided = {
      head: new Uint8Array(0),
      timer: setTimeout(() => this.silent(socket), hostLimits.undecidedTimeoutMs).unref(),
      heard: (chunk) => this.take(socket, chunk),
      left: () => this.left(socket),
    };
    this.undecided.set(socket, state);
    socket.on('data', state.heard);
    socket.on('close', state.left);
  }

  private left(socket: Socket): void {
    this.counters.dropped++;
    this.forget(socket);
  }

  private take(socket: Socket, chunk: Uint8Array): void {
    const state = this.undecided.get(socket);
    if (state === undefined) return;
    state.head = state.head.length === 0 ? chunk : Buffer.concat([state.head, chunk]);
    const tongue = tongueOf(state.head);
    if (tongue === undefined) return;
    this.forget(socket);
    if (tongue === 'skein') this.handler?.(socket, state.head);
    else this.turnAway(socket, tongue);
  }

  private turnAway(socket: Socket, tongue: Exclude<Tongue, 'skein'>): void {
    this.counters.turnedAway[tongue]++;
    if (tongue !== 'http') {
      socket.destroy();
      return;
    }
    this.leaving.add(socket);
    const timer = setTimeout(() => socket.destroy(), hostLimits.farewellTimeoutMs).unref();
    socket.on('close', () => {
      clearTimeout(timer);
      this.leaving.delete(socket);
    });
    socket.resume();
    socket.end(httpFarewell);
  }

  private silent(socket: Socket): void {
    this.counters.silent++;
    this.forget(socket);
    socket.destroy();
  }

  private dropOldest(): void {
    const [oldest] = this.undecided.keys();
    if (oldest === undefined) return;
    this.forget(oldest);
    this.drop(oldest);
  }

  private drop(socket: Socket): void {
    this.counters.dropped++;
    socket.destroy();
  }

  private forget(socket: Socket): void {
    const state = this.undecided.get(socket);
    if (state === undefined) return;
    clearTimeout(state.timer);
    this.undecided.delete(socket);
    socket.off('data', state.heard);
    socket.off('close', state.left);
  }
}

function bindError(text: string, error: NodeJS.ErrnoException): SkeinError {
  if (error.code === 'EADDRINUSE') {
    const message = `listen: ${text} is taken by another program; choose another port, or 0 to have one picked`;
    return new SkeinError('SKEIN_ADDRESS_IN_USE', message, { cause: error });
  }
  return new SkeinError('SKEIN_ADDRESS', `listen: cannot listen on ${text}: ${bindReason(error)}`, {
    cause: error,
  });
}

function bindReason(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  if (error.code === 'EACCES') return 'this user may not listen there; choose a port above 1023';
  return error.message;
}

function ignore(): void {
  // The 'close' that follows says all there is to say.
}
