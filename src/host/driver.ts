/**
 * The driver: carries out what a node's core asks for with Node.js, and reports what happened.
 *
 * Who calls it: the runtime, through `Platform`; create-node makes it from the parts that are open
 * already. Invariant: one clock, one timer, one source of randomness; nothing is reported before `start`
 * nor after `release`, and never from inside a call of the runtime.
 */

import { randomBytes, randomInt } from 'node:crypto';
import type { DoorAction, Finding, LinkId, LogLevel, Random, RecordSigner } from '../kernel/contracts.ts';
import { type OwnFiles, ownFilesPart } from '../kit/own-files.ts';
import type { HostWarning, SecurityStatus } from '../node/node.ts';
import type { Platform, PlatformEvents } from '../node/platform.ts';
import { isWildcard } from './addresses.ts';
import { watchDescriptors } from './descriptors.ts';
import type { DoorParts, OpenDoor, PlannedDoor } from './door.ts';
import { heldUpMs } from './held-up.ts';
import { Ed25519Signer } from './keys/record-signer.ts';
import type { LazyStore } from './lazy-store.ts';
import { hostLimits } from './limits.ts';
import { machineUptime } from './machine-uptime.ts';
import { programParts } from './program-parts.ts';
import { reachFindings } from './reach.ts';
import type { Registration, RuntimeFolder } from './runtime-folder.ts';
import { type RuntimeWatch, watchFolder } from './runtime-watch.ts';
import type { StoreWarnings } from './store-warnings.ts';
import type { Listener, StreamHandler } from './transports/listener.ts';
import { TcpTransport } from './transports/tcp.ts';
import type { Tls } from './transports/tls.ts';
import type { Datagrams, Log } from './transports/udp.ts';
import { WakeTimer } from './wake-timer.ts';
import { fillYoungSpace } from './young-space.ts';

export interface DriverParts {
  readonly listener: Listener;
  /** Undefined: no UDP. */
  readonly datagrams: Datagrams | undefined;
  /** This node's place in a runtime folder, given back at the end. */
  readonly registration: Registration | undefined;
  /** The folder in which to look for other nodes. */
  readonly watched: RuntimeFolder | undefined;
  /** Protected mode. */
  readonly loopbackOnly: boolean;
  /** Undefined: no key. */
  readonly tls: Tls | undefined;
  /** The doors that this node opens. Without any, nanomsg programs are turned away. */
  readonly doors: readonly PlannedDoor[];
  /** Where the swarm is kept while this node is its broker. Undefined: nowhere. */
  readonly store: LazyStore | undefined;
  /** What the node keeps for itself. Undefined: nothing. */
  readonly ownStore: LazyStore | undefined;
  readonly storeWarnings: StoreWarnings;
  /** Files of its own. */
  readonly ownFiles: OwnFiles;
  /** Stops looking for changes of the keys. */
  readonly forgetKeys: () => void;
  readonly log: Log;
}

const randomRange = 2 ** 48 - 1;

/** Buffered by node:crypto, so that one number costs no system call. */
export const systemRandom: Random = {
  next: () => randomInt(randomRange) / randomRange,
  bytes: (count) => new Uint8Array(randomBytes(count)),
};

export class Driver implements Platform {
  readonly random = systemRandom;
  readonly store: LazyStore | undefined;
  readonly ownStore: LazyStore | undefined;
  private readonly events: PlatformEvents;
  private readonly own: DriverParts;
  private readonly tcp: TcpTransport;
  private readonly timer: WakeTimer;
  private watch: RuntimeWatch | undefined;
  private forgetDescriptors: (() => void) | undefined;
  /** The machine, and what doors give the features that they serve, by name. */
  readonly parts: Readonly<Record<string, unknown>>;
  private readonly doors: readonly OpenDoor[];
  private released = false;

  constructor(events: PlatformEvents, parts: DriverParts) {
    this.events = events;
    this.own = parts;
    this.store = parts.store;
    this.ownStore = parts.ownStore;
    this.tcp = new TcpTransport(events, parts.loopbackOnly, parts.tls);
    this.doors = parts.doors.map(({ door, plan }) => door.open(plan, this.doorParts()));
    const own = { ...programParts, [ownFilesPart]: parts.ownFiles };
    this.parts = Object.assign(own, ...this.doors.map((door) => door.parts));
    this.timer = new WakeTimer(this.now, () => events.wake());
  }

  /** From now on streams, datagrams and sightings are reported. */
  start(): void {
    const { listener, datagrams, watched, registration } = this.own;
    const take: StreamHandler = (socket, head, proven) => this.tcp.accept(socket, head, proven);
    const nanomsg = this.doors.find((door) => door.nanomsg !== undefined)?.nanomsg;
    listener.start(take, { speaks: this.speaks, ...(nanomsg === undefined ? {} : { nanomsg }) });
    datagrams?.start((bytes, from) => this.events.datagram(bytes, from));
    this.forgetDescriptors = watchDescriptors((text) => this.own.log('error', text, {}));
    if (watched !== undefined && registration !== undefined) {
      this.watch = watchFolder(watched, registration, (sighting) => this.events.sighted(sighting));
    }
  }

  /** Interfaces came or went. */
  readdressed(addresses: readonly string[], broadcastTargets: readonly string[]): void {
    if (!this.released) this.events.readdressed(addresses, broadcastTargets);
  }

  private doorParts(): DoorParts {
    const { listener, loopbackOnly } = this.own;
    return {
      report: (feature, event) => this.events.door(feature, event),
      counters: listener.counters,
      accept: (socket, head, proven) => this.tcp.accept(socket, head, proven),
      speaks: this.speaks,
      loopbackOnly,
    };
  }

  private get speaks(): 'skein' | 'tls' {
    return this.own.tls === undefined ? 'skein' : 'tls';
  }

  door(feature: string, action: DoorAction): void {
    if (!this.released) for (const door of this.doors) door.act(feature, action);
  }

  security(): SecurityStatus {
    const { tls, loopbackOnly } = this.own;
    if (tls !== undefined) return { mode: 'key', keys: tls.ring.all.map(({ id }) => id) };
    return { mode: loopbackOnly ? 'loopback' : 'open', keys: [] };
  }

  reachFindings(addresses: readonly string[], broadcastTargets: readonly string[]): Finding[] {
    const turnedAway = this.own.listener.counters.turnedAway.skein;
    const wildcard = isWildcard(this.own.listener.address.host);
    return reachFindings({
      security: this.security(),
      addresses,
      broadcastTargets,
      isWildcard: wildcard,
      turnedAway,
    });
  }

  /** For each life of the node: its links prove to be of this one from now on. */
  makeSigner(): RecordSigner {
    const signer = new Ed25519Signer();
    if (this.own.tls !== undefined) this.own.tls.signer = signer;
    return signer;
  }

  /** Clearing what is then written over costs a tenth of a receiver's time with bodies of 64 KiB. */
  readonly allocate = (byteLength: number): Uint8Array => {
    fillYoungSpace(byteLength);
    return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer);
  };

  now = (): number => performance.now();

  readonly heldUpMs = heldUpMs;

  wallNow(): number {
    return Date.now();
  }

  readonly uptime = machineUptime;

  wakeAt(at: number): void {
    if (!this.released) this.timer.at(at);
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(milliseconds, 0), hostLimits.timerMsMax));
    return () => clearTimeout(timer);
  }

  drainLater(): void {
    setImmediate(this.drain);
  }

  dial(link: LinkId, address: string, timeoutMs: number, avoid: readonly string[]): void {
    this.tcp.dial(link, address, timeoutMs, avoid);
  }

  write(link: LinkId, chunks: readonly Uint8Array[], byteLength: number): void {
    this.tcp.write(link, chunks, byteLength);
  }

  close(link: LinkId): void {
    this.tcp.close(link);
  }

  broadcast(bytes: Uint8Array): void {
    this.own.datagrams?.broadcast(bytes);
  }

  sendDatagram(address: string, bytes: Uint8Array): void {
    this.own.datagrams?.send(address, bytes);
  }

  /** An immediate runs right after a poll phase, so each round is one. */
  poll(phases: number): void {
    setImmediate(() => {
      if (this.released) return;
      if (phases > 1) this.poll(phases - 1);
      else this.events.polled();
    });
  }

  log(level: LogLevel, text: string, fields: Record<string, unknown>): void {
    this.own.log(level, text, fields);
  }

  /** Everything counted below the core, by name. */
  counters(): Record<string, number> {
    const { turnedAway, silent, dropped, crowded } = this.own.listener.counters;
    const udp = this.own.datagrams?.counters;
    return {
      'tcp.turnedAway.skein': turnedAway.skein,
      'tcp.turnedAway.tls': turnedAway.tls,
      'tcp.turnedAway.nanomsg': turnedAway.nanomsg,
      'tcp.turnedAway.http': turnedAway.http,
      'tcp.turnedAway.unknown': turnedAway.unknown,
      'tcp.silent': silent,
      'tcp.dropped': dropped,
      'tcp.crowded': crowded,
      'tls.failed': this.own.tls?.counters.failed ?? 0,
      'tls.refused': this.own.tls?.counters.refused ?? 0,
      'tls.floods': this.own.tls?.counters.floods ?? 0,
      ...Object.assign({}, ...this.doors.map((door) => door.counters())),
      'udp.sent': udp?.sent ?? 0,
      'udp.received': udp?.received ?? 0,
      'udp.sendErrors': udp?.sendErrors ?? 0,
      'udp.tooLarge': udp?.tooLarge ?? 0,
      'udp.foreign': udp?.foreign ?? 0,
      'runtimeFolder.badFiles': this.own.watched?.badFiles ?? 0,
    };
  }

  warnings(): readonly HostWarning[] {
    return this.own.storeWarnings.all;
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.timer.stop();
    this.watch?.close();
    this.forgetDescriptors?.();
    this.own.forgetKeys();
    this.own.registration?.remove();
    await Promise.all([
      ...this.doors.map((door) => door.close()),
      this.own.listener.close(),
      this.own.datagrams?.close(),
      this.tcp.release(),
      this.store?.close(),
      this.ownStore?.close(),
    ]);
  }

  // Bound once: it is scheduled at every turn.
  private readonly drain = (): void => {
    if (!this.released) this.events.drain();
  };
}
