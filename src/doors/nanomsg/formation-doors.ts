/**
 * The formation's addresses on this machine: bound for the broker, let go, or gone to where a nanomsg program has one.
 *
 * Who calls it: the driver, with the core's door actions. One port serves two tongues: nodes that dial a bound address
 * become links, programs that speak nanomsg come through the door. Invariant: an address is bound exclusively or not
 * at all; from other machines nobody comes through the door unless it was opened to them.
 */

import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { unlink } from 'node:fs/promises';
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { isLoopback, parseAddress } from '../../host/addresses.ts';
import { requireLoopback } from '../../host/protected-mode.ts';
import { dial } from '../../host/transports/dial.ts';
import {
  Listener,
  type ListenerCounters,
  type StreamHandler,
  type Tongues,
} from '../../host/transports/listener.ts';
import type { DoorAction, DoorEvent } from '../../kernel/contracts.ts';
import { nanomsgLimits } from './limits.ts';
import { SpPeers } from './sp-peers.ts';
import { SpProtocol } from './sp-stream.ts';

export interface FormationDoorsPorts {
  readonly report: (event: DoorEvent) => void;
  /** A stream of a node. */
  readonly accept: StreamHandler;
  readonly speaks: Tongues['speaks'];
  /** Of all ports of the node: what comes to this one counts there. */
  readonly counters: ListenerCounters;
  /** Some address is held from now on, or none any more. */
  readonly holds: (isHolding: boolean) => void;
  /** False: nodes alone come there. */
  readonly isForNanomsg: boolean;
  /** Programs of other machines may come too. */
  readonly isOpenToAll: boolean;
  /** Protected mode: this machine's addresses alone. */
  readonly loopbackOnly: boolean;
}

/** What is bound at one address. */
interface Place {
  readonly peers: SpPeers;
  close(): Promise<void>;
}

const ipcPrefix = 'ipc://';
const notFromHere =
  'a nanomsg program of another machine was turned away, since it has no key; --door-insecure lets it in';

export class FormationDoors {
  private readonly ports: FormationDoorsPorts;
  private readonly places = new Map<string, Place>();
  /** By address: wanted, and not yet bound. */
  private readonly binding = new Set<string>();
  /** The broker that was gone to. */
  private away: SpPeers | undefined;
  /** Of each peer: where it is. */
  private readonly homes = new Map<number, SpPeers>();
  private readonly closing = new AbortController();
  /** Counted at places that are closed. */
  private readonly ended = { refused: 0, dropped: 0 };

  constructor(ports: FormationDoorsPorts) {
    this.ports = ports;
  }

  get counters(): { readonly refused: number; readonly dropped: number } {
    const held = [...this.places.values()].map(({ peers }) => peers.counters);
    const all = [this.ended, ...held, ...(this.away === undefined ? [] : [this.away.counters])];
    return {
      refused: all.reduce((sum, { refused }) => sum + refused, 0),
      dropped: all.reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }

  act(action: DoorAction): void {
    switch (action.type) {
      case 'bind':
        return void this.bind(action.address);
      case 'release':
        return void this.release(action.address);
      case 'join':
        return void this.join(action.address);
      case 'send':
        return void this.homes.get(action.peer)?.send(action.peer, action.bytes);
      case 'dismiss':
        return this.homes.get(action.peer)?.dismiss(action.peer);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.binding.clear();
    this.away?.dismissAll();
    await Promise.all([...this.places.keys()].map((address) => this.release(address)));
  }

  // ── bind ──────────────────────────────────────────────────────────────────────────────────────────

  private async bind(address: string): Promise<void> {
    this.binding.add(address);
    try {
      const place = address.startsWith(ipcPrefix)
        ? await this.bindPath(address)
        : await this.bindPort(address);
      // Let go before it was there.
      if (!this.binding.delete(address)) return void (await place.close());
      this.places.set(address, place);
      if (this.places.size === 1) this.ports.holds(true);
      this.ports.report({ type: 'bound', address });
    } catch (error) {
      if (!this.binding.delete(address)) return;
      const text = `cannot bind ${address}: ${(error as Error).message}`;
      this.ports.report({ type: 'unbound', address, reason: whyNot(error), text });
    }
  }

  private async bindPort(address: string): Promise<Place> {
    const { host: name, port } = parseAddress(address, 'formation');
    // A name is looked at when it is bound: what it stands for may be another machine's, or leave this one.
    const host = isIP(name) === 0 ? (await lookup(name)).address : name;
    if (this.ports.loopbackOnly) requireLoopback(`formation: ${address}`, host);
    const listener = await Listener.open({ host, port }, this.ports.counters);
    const peers = this.makePeers(address);
    const nanomsg = (socket: Socket, head: Uint8Array): boolean => {
      const isLetIn = this.ports.isOpenToAll || isLoopback(socket.remoteAddress ?? '');
      if (isLetIn) peers.take(socket, 'tcp', head);
      else this.refuse(address, notFromHere);
      return isLetIn;
    };
    const { speaks, isForNanomsg } = this.ports;
    listener.start(this.ports.accept, { speaks, ...(isForNanomsg ? { nanomsg } : {}) });
    const close = async (): Promise<void> => {
      this.dismissed(peers);
      await listener.close();
    };
    return { peers, close };
  }

  private async bindPath(address: string): Promise<Place> {
    const path = address.slice(ipcPrefix.length);
    const peers = this.makePeers(address);
    const take = (socket: Socket): void => peers.take(socket, 'ipc');
    const server = await listenAt(path, take).catch(async (error: NodeJS.ErrnoException) => {
      // A socket file that nobody listens at is what a dead program has left.
      if (error.code !== 'EADDRINUSE' || (await isAlive(path))) throw error;
      await unlink(path).catch(ignore);
      return listenAt(path, take);
    });
    server.on('error', ignore);
    const close = async (): Promise<void> => {
      this.dismissed(peers);
      server.close();
      await once(server, 'close');
    };
    return { peers, close };
  }

  private async release(address: string): Promise<void> {
    this.binding.delete(address);
    const place = this.places.get(address);
    if (this.places.delete(address) && this.places.size === 0) this.ports.holds(false);
    await place?.close();
  }

  // ── join ──────────────────────────────────────────────────────────────────────────────────────────

  private async join(address: string): Promise<void> {
    const { loopbackOnly } = this.ports;
    const { signal } = this.closing;
    const outcome = await dial(address, {
      timeoutMs: nanomsgLimits.spConnectTimeoutMs,
      loopbackOnly,
      signal,
    });
    if ('failure' in outcome)
      return this.ports.report({ type: 'unjoined', address, text: outcome.failure.message });
    if (signal.aborted) return void outcome.socket.destroy();
    if (this.away !== undefined) this.dismissed(this.away);
    this.away = this.makePeers(address);
    this.away.take(outcome.socket, 'tcp', undefined, {
      greeted: ignore,
      notGreeted: ({ reason }) => this.ports.report({ type: 'unjoined', address, text: reason }),
    });
  }

  // ── those who are there ───────────────────────────────────────────────────────────────────────────

  private makePeers(address: string): SpPeers {
    const { report } = this.ports;
    const peers: SpPeers = new SpPeers(SpProtocol.bus, {
      joined: (peer) => {
        this.homes.set(peer, peers);
        report({ type: 'joined', peer, address });
      },
      message: (peer, bytes) => report({ type: 'message', peer, bytes }),
      left: (peer) => {
        this.homes.delete(peer);
        report({ type: 'left', peer });
      },
      faulted: (text) => report({ type: 'refused', address, text }),
    });
    return peers;
  }

  private refuse(address: string, text: string): void {
    this.ended.refused++;
    this.ports.report({ type: 'refused', address, text });
  }

  private dismissed(peers: SpPeers): void {
    peers.dismissAll();
    this.ended.refused += peers.counters.refused;
    this.ended.dropped += peers.counters.dropped;
  }
}

async function listenAt(path: string, take: (socket: Socket) => void): Promise<Server> {
  const server = createServer(take);
  const listening = once(server, 'listening');
  server.listen({ path, exclusive: true });
  await listening;
  return server;
}

async function isAlive(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED';
  } finally {
    socket.on('error', ignore);
    socket.destroy();
  }
}

/** An address that is another machine's, or a name that is not known here, is another's to bind. */
function whyNot(error: unknown): 'taken' | 'elsewhere' | 'failed' {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'taken';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'elsewhere';
  return 'failed';
}

function ignore(): void {
  // What has ended has been told.
}
