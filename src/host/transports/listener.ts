/**
 * The TCP listener: binds, lets each connection say what it speaks, and hands on those that speak skein.
 *
 * Who calls it: create-node opens it, the driver starts and closes it. Invariant: whoever is handed a
 * stream gets every byte that came, the peeked ones first; everybody else is counted, told why where
 * the protocol allows it, and closed. Nothing a stranger sends becomes an uncaught error.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { SkeinError } from '../../kernel/errors.ts';
import { formatAddress, type HostPort, holderOf, isLoopback } from '../addresses.ts';
import { hostLimits } from '../limits.ts';
import { httpFarewell, keyFarewell, type Tongue, tongueOf } from './tongues.ts';

/**
 * A stream that speaks as it should, and the bytes already taken from it. `proven` is to be called once its
 * other end has shown that it belongs to us.
 */
export type StreamHandler = (socket: Socket, head: Uint8Array, proven: () => void) => void;

/** What is expected of streams. */
export interface Tongues {
  /** `tls` where there is a key. */
  readonly speaks: 'skein' | 'tls';
  /** Takes one that speaks nanomsg. False: it is turned away. Undefined: all are. */
  readonly nanomsg?: (socket: Socket, head: Uint8Array) => boolean;
}

export interface ListenerCounters {
  /** Connections turned away, by what they spoke. */
  readonly turnedAway: Record<Tongue, number>;
  /** Closed because they said nothing for too long. */
  silent: number;
  /** Closed to make room, or gone before they said anything. */
  dropped: number;
  /** Closed to make room for newer ones of their machine, which had proven nothing either. */
  crowded: number;
}

interface Undecided {
  head: Uint8Array;
  readonly timer: NodeJS.Timeout;
  readonly heard: (chunk: Uint8Array) => void;
  readonly left: () => void;
}

export class Listener {
  readonly counters: ListenerCounters;
  private readonly server: Server;
  /** In order of arrival. */
  private readonly undecided = new Map<Socket, Undecided>();
  private readonly leaving = new Set<Socket>();
  /** By the holder of an address elsewhere: its connections that have not proven the key, the oldest first. */
  private readonly unproven = new Map<string, Set<Socket>>();
  private handler: StreamHandler | undefined;
  private tongues: Tongues = { speaks: 'skein' };
  /** Connections that came before `start`. */
  private waiting: Socket[] = [];

  private constructor(server: Server, counters: ListenerCounters) {
    this.server = server;
    this.counters = counters;
    server.on('connection', (socket) => this.connected(socket));
    // A connection that is reset while it waits to be accepted (EMFILE, ECONNABORTED) must not end the program.
    server.on('error', () => this.counters.dropped++);
  }

  /**
   * @param counters Of another port of the same node. Default: its own.
   * @throws SkeinError SKEIN_ADDRESS_IN_USE, SKEIN_ADDRESS
   */
  static async open(address: HostPort, counters = noneCounted()): Promise<Listener> {
    const server = createServer({ noDelay: true, keepAlive: false, allowHalfOpen: false });
    const options = { port: address.port, exclusive: true, backlog: hostLimits.listenBacklog };
    const text = formatAddress(address.host, address.port);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(text, error)));
      server.listen(address.host === '' ? options : { ...options, host: address.host }, resolve);
    });
    server.removeAllListeners('error');
    return new Listener(server, counters);
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

  /** Being told why they are turned away. */
  get leavingCount(): number {
    return this.leaving.size;
  }

  /** From now on streams are handed on, first those that already came. */
  start(handler: StreamHandler, tongues: Tongues = { speaks: 'skein' }): void {
    this.handler = handler;
    this.tongues = tongues;
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
    const { speaks, nanomsg } = this.tongues;
    if (tongue === 'nanomsg' && nanomsg?.(socket, state.head) === true) return;
    if (tongue !== speaks) return this.turnAway(socket, tongue);
    const proven = speaks === 'tls' ? this.countUnproven(socket) : nothingToCount;
    this.handler?.(socket, state.head, proven);
  }

  /** Until it is proven or gone it counts for its machine, of which the oldest makes room: an honest one is quick. */
  private countUnproven(socket: Socket): () => void {
    // Whoever is on this machine can do worse than open connections.
    if (isLoopback(socket.remoteAddress ?? '')) return nothingToCount;
    const holder = holderOf(socket.remoteAddress ?? '');
    const all = this.unproven.get(holder) ?? new Set();
    this.unproven.set(holder, all);
    if (all.size >= hostLimits.unprovenPerAddressMax) this.crowd(all);
    all.add(socket);
    const uncount = () => {
      all.delete(socket);
      if (all.size === 0 && this.unproven.get(holder) === all) this.unproven.delete(holder);
    };
    socket.once('close', uncount);
    return uncount;
  }

  private crowd(all: Set<Socket>): void {
    const [oldest] = all;
    this.counters.crowded++;
    if (oldest === undefined) return;
    all.delete(oldest);
    oldest.destroy();
  }

  private turnAway(socket: Socket, tongue: Tongue): void {
    this.counters.turnedAway[tongue]++;
    const farewell = tongue === 'http' ? httpFarewell : tongue === 'skein' ? keyFarewell : undefined;
    if (farewell === undefined) {
      socket.destroy();
      return;
    }
    this.makeRoomToLeave();
    this.leaving.add(socket);
    const timer = setTimeout(() => socket.destroy(), hostLimits.farewellTimeoutMs).unref();
    socket.on('close', () => {
      clearTimeout(timer);
      this.leaving.delete(socket);
    });
    socket.resume();
    socket.end(farewell);
  }

  /** Whoever wants its answer has read it at once: the oldest is one that does not read, or does not close. */
  private makeRoomToLeave(): void {
    const [oldest] = this.leaving;
    if (oldest === undefined || this.leaving.size < hostLimits.farewellsMax) return;
    this.leaving.delete(oldest);
    oldest.destroy();
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

export function noneCounted(): ListenerCounters {
  const turnedAway = { skein: 0, tls: 0, nanomsg: 0, http: 0, unknown: 0 };
  return { turnedAway, silent: 0, dropped: 0, crowded: 0 };
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

const nothingToCount = () => undefined;

function ignore(): void {
  // The 'close' that follows says all there is to say.
}
