/**
 * The platform of a simulated node: what its program sees of time, sockets and datagrams.
 *
 * Who calls it: the runtime (as `Platform`), the network (as `Process`), the mesh (pause, crash).
 * Invariant: as in Node.js, nothing is reported from inside a call of the node, what one turn wrote
 * leaves after that turn, and after a stall the timers fire before what waited in the sockets is read.
 */

import { ownStoreModels } from '../../../features/own-store-models.ts';
import type {
  DoorAction,
  DoorEvent,
  LinkId,
  LogLevel,
  RecordSigner,
  Store,
  Uptime,
} from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { limits } from '../../../kernel/limits.ts';
import { concatenate } from '../../../kernel/wire/bytes.ts';
import { ownFilesPart } from '../../../kit/own-files.ts';
import type { Platform, PlatformEvents } from '../../../node/platform.ts';
import type { AnyStoreModel } from '../../../stores/model.ts';
import type { Network } from '../network/network.ts';
import type { Process } from '../network/sockets.ts';
import type { StreamEnd } from '../network/stream.ts';
import type { Notary } from '../notary.ts';
import type { SeededRandom } from '../random.ts';
import type { NodeClock } from './clock.ts';
import { Dialing } from './dialing.ts';
import type { Disk } from './disk.ts';
import { EventLoop } from './event-loop.ts';
import { bridgeAddress, type Host } from './host.ts';
import { LentMemory } from './lent-memory.ts';
import { simulatedFiles } from './simulated-files.ts';
import { SimulatedStore } from './simulated-store.ts';
import { WakeTimer } from './wake-timer.ts';

/** Datagrams that wait for a program that does not read them; what a socket has no room for is lost. */
const datagramsWaitingMax = 256;
/** A node hands over at most this much that has not left, plus one frame that began below the limit. */
const handedBytesMax = limits.handedBytesMax + limits.frameBytesMax;

export interface SimPlatformOptions {
  readonly network: Network;
  readonly host: Host;
  readonly clock: NodeClock;
  readonly random: SeededRandom;
  readonly notary: Notary;
  /** The parts of its store; undefined: it has none. */
  readonly store?: readonly AnyStoreModel[] | undefined;
  /** Everything that its program signs; only for looking at. */
  readonly onSigned?: (bytes: Uint8Array, signature: Uint8Array) => void;
  readonly onLog?: (level: LogLevel, text: string, fields: Record<string, unknown>) => void;
  /** Every write to a stream, as it left the node; only for looking at. */
  readonly onWrite?: (to: Host, bytes: Uint8Array) => void;
  /** What is about to be handed to the node, in memory that is its for the moment; only for looking at. */
  readonly onRead?: (end: StreamEnd, bytes: Uint8Array) => void;
}

/** What a liar's machine does to the bytes its program writes to a stream. */
export type Tampering = (end: StreamEnd, bytes: Uint8Array) => Uint8Array;

export class SimPlatform implements Platform, Process {
  readonly random: SeededRandom;
  /** As the node sees it: what the disk has done is reported by the event loop. */
  readonly store: Store | undefined;
  readonly ownStore: Store | undefined;
  readonly parts: Readonly<Record<string, unknown>>;
  readonly clock: NodeClock;
  /** What this program signs its records with, once it has begun; a liar uses it behind the program's back. */
  signer: RecordSigner | undefined;
  /** Bytes this process wrote to streams and sent as datagrams. */
  bytesOut = 0;
  /** Set by a fault: what leaves is not what the node wrote. */
  tampering: Tampering | undefined;
  readonly loop: EventLoop;
  private readonly events: PlatformEvents;
  private readonly options: SimPlatformOptions;
  private readonly network: Network;
  private readonly host: Host;
  private readonly timer: WakeTimer;
  private readonly simulatedStores: readonly SimulatedStore[];
  private readonly ends = new Map<LinkId, StreamEnd>();
  private readonly lent = new LentMemory();
  /** Closed by the program, with bytes still to leave. */
  private readonly closing = new Set<StreamEnd>();
  private readonly dials = new Map<LinkId, Dialing>();
  /** The machine has accepted them, the program not yet. */
  private readonly unaccepted = new Set<StreamEnd>();

  constructor(events: PlatformEvents, options: SimPlatformOptions) {
    this.events = events;
    this.options = options;
    this.network = options.network;
    this.host = options.host;
    this.clock = options.clock;
    this.random = options.random;
    const { world } = this.network;
    this.timer = new WakeTimer(world, this.clock, () => this.loop.wake());
    this.loop = new EventLoop({
      world,
      random: options.random,
      timer: this.timer,
      wake: () => this.wake(),
      drain: () => events.drain(),
      polled: () => events.polled(),
      caughtUp: () => this.pumpAll(),
    });
    const hasStores = options.store !== undefined;
    const store = hasStores ? this.openStore(options.store, this.host.disk, 'store') : undefined;
    const ownStore = hasStores ? this.openStore(ownStoreModels, this.host.ownDisk, 'own store') : undefined;
    this.simulatedStores = [store, ownStore].filter((each) => each !== undefined);
    this.store = store && this.reportedByLoop(store);
    this.ownStore = ownStore && this.reportedByLoop(ownStore);
    this.parts = {
      [ownFilesPart]: simulatedFiles(this.host.files, (milliseconds, act) => this.after(milliseconds, act)),
    };
    this.host.process = this;
  }

  get isGone(): boolean {
    return this.loop.state === 'gone';
  }

  get isPaused(): boolean {
    return this.loop.state === 'paused';
  }

  /** Some socket has not taken all that it was given. */
  get hasBacklog(): boolean {
    for (const end of this.ends.values()) if (end.waitingBytes > 0) return true;
    return false;
  }

  // ── Platform: what the node asks for ──────────────────────────────────────────────────────────────

  now(): number {
    return this.clock.now();
  }

  wallNow(): number {
    return this.clock.wallNow();
  }

  uptime(): Uptime {
    return this.clock.uptime();
  }

  wakeAt(at: number): void {
    if (!this.isGone) this.timer.wish(at);
  }

  /** A wait of the program: it counts on the node's clock, and a stall makes it late like any other event. */
  after(milliseconds: number, callback: () => void): () => void {
    const { world } = this.network;
    const due = this.clock.now() + milliseconds;
    const come = () => {
      if (this.clock.now() < due) event = world.at(this.clock.worldTimeOf(due), come);
      else this.loop.report(callback);
    };
    let event = world.at(this.clock.worldTimeOf(due), come);
    return () => world.cancel(event);
  }

  drainLater(): void {
    this.loop.drainLater();
  }

  dial(link: LinkId, address: string, timeoutMs: number): void {
    if (this.isGone) return;
    this.note('dial', link, address);
    const { host, network } = this;
    const random = this.random.fork(`dial ${link}`);
    this.dials.set(link, new Dialing(network, { host, process: this, link, address, timeoutMs, random }));
  }

  write(link: LinkId, chunks: readonly Uint8Array[], byteLength: number): void {
    const end = this.ends.get(link);
    if (end === undefined) return;
    // A copy: the node goes on filling the chunk it wrote from.
    const written = concatenate(chunks);
    this.options.onWrite?.(end.other.host, written);
    const bytes = this.tampering?.(end, written) ?? written;
    this.note('write', link, bytes);
    this.bytesOut += bytes.length;
    end.write(bytes, byteLength);
    // A copy of its own: what arrives is overwritten once it has been read.
    if (end.waitingBytes > 0) this.lent.lend(end, chunks, concatenate(chunks));
    if (end.waitingBytes > handedBytesMax)
      this.network.world.fail(
        `${this.host.name}: ${end.waitingBytes} bytes handed to the socket of link ${link}`,
      );
  }

  close(link: LinkId): void {
    this.dials.get(link)?.giveUp();
    this.dials.delete(link);
    const end = this.ends.get(link);
    if (end === undefined) return;
    this.note('close', link);
    this.ends.delete(link);
    for (const earlier of this.closing) if (earlier.state === 'closed') this.closing.delete(earlier);
    this.closing.add(end);
    end.close();
  }

  broadcast(bytes: Uint8Array): void {
    if (!this.checkDatagram(bytes)) return;
    this.network.broadcast(this.host, bytes);
  }

  sendDatagram(address: string, bytes: Uint8Array): void {
    if (!this.checkDatagram(bytes)) return;
    this.network.sendDatagram(this.host, address, bytes);
  }

  poll(phases: number): void {
    this.loop.poll(phases);
  }

  /** Of doors a simulated machine has the addresses: nobody but nodes comes there. */
  door(feature: string, action: DoorAction): void {
    const { places } = this.network;
    if (action.type === 'release') places.release(action.address, this.host);
    else if (action.type === 'join')
      this.reportDoor(feature, { ...action, type: 'unjoined', text: 'nobody is there' });
    else if (action.type === 'bind') this.bind(feature, action.address);
  }

  private bind(feature: string, address: string): void {
    const outcome = this.network.places.bind(address, this.host);
    this.note('bind', 0, `${address} ${outcome}`);
    if (outcome === 'bound') this.reportDoor(feature, { type: 'bound', address });
    else this.reportDoor(feature, { type: 'unbound', address, reason: outcome, text: outcome });
  }

  private reportDoor(feature: string, event: DoorEvent): void {
    this.loop.report(() => this.events.door(feature, event));
  }

  usesStreams(): void {
    this.network.world.hasStreams = true;
  }

  makeSigner(): RecordSigner {
    const signer = this.options.notary.makeSigner(this.random);
    this.signer = signer;
    return { ...signer, sign: (bytes) => this.signed(bytes, signer.sign(bytes)) };
  }

  log(level: LogLevel, text: string, fields: Record<string, unknown>): void {
    this.options.onLog?.(level, text, fields);
  }

  /** The program ended by itself: open sockets are dropped, closing ones still send what they have. */
  release(): Promise<void> {
    const closed = Promise.all(this.simulatedStores.map((store) => store.close()));
    this.endLife('end');
    return closed.then(() => undefined);
  }

  private openStore(models: readonly AnyStoreModel[], disk: Disk, name: string): SimulatedStore {
    const { world } = this.network;
    return new SimulatedStore({ world, models, disk, random: this.random.fork(name) });
  }

  /** A program that stands still learns of nothing; what it waits for may be durable long before. */
  private reportedByLoop(store: SimulatedStore): Store {
    const reported = <Value>(promise: Promise<Value>): Promise<Value> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => this.loop.report(() => resolve(value)),
          (error: unknown) => this.loop.report(() => reject(error)),
        );
      });
    return {
      execute: (feature, operation) => reported(store.execute(feature, operation)),
      claim: (epoch) => reported(store.claim(epoch)),
      close: () => store.close(),
    };
  }

  // ── the mesh and its faults ───────────────────────────────────────────────────────────────────────

  /** `end` and `reset`: the machine closes the sockets of its dead program. `silence`: it is gone as well. */
  stop(sockets: 'end' | 'reset' | 'silence'): void {
    // A store that has been closed has nothing left to lose.
    for (const store of this.simulatedStores) store.crash();
    this.endLife(sockets);
  }

  private endLife(sockets: 'end' | 'reset' | 'silence'): void {
    if (this.isGone) return;
    this.loop.stop();
    if (this.host.process === this) this.host.process = undefined;
    this.timer.stop();
    for (const dialing of this.dials.values()) dialing.giveUp();
    for (const end of this.ends.values()) end.drop(sockets);
    for (const end of this.unaccepted) end.drop(sockets);
    this.network.places.releaseAll(this.host);
    if (sockets === 'silence') for (const end of this.closing) end.drop(sockets);
    this.dials.clear();
    this.ends.clear();
    this.unaccepted.clear();
  }

  /** The event loop stands still: a long computation, a stopped process, a suspended machine. */
  pause(): void {
    this.loop.pause();
  }

  resume(): void {
    this.loop.resume();
  }

  /** It has noticed that its machine has other addresses. */
  readdressed(): void {
    const { announced, broadcastDomain } = this.host;
    this.loop.report(() => this.events.readdressed(announced, [broadcastTarget(broadcastDomain)]));
  }

  /** Each event takes its program so long from now on. */
  setEventCost(costMs: number): void {
    this.loop.setCost(costMs);
  }

  /** The monotonic clock leaps, as it does over a suspend on some systems. */
  leapClock(byMs: number): void {
    this.clock.leap(byMs);
    this.timer.clockChanged();
  }

  /** Changes the rate of this node's clock; a timer it waits for moves along. */
  setClockRate(rate: number): void {
    this.clock.setRate(rate);
    this.timer.clockChanged();
  }

  // ── Process: what the network reports ─────────────────────────────────────────────────────────────

  streamAccepted(end: StreamEnd, address: string): void {
    if (this.isGone) return;
    this.unaccepted.add(end);
    this.loop.report(() => {
      this.unaccepted.delete(end);
      if (end.state !== 'open') return;
      const link = this.events.accepted(address);
      this.note('accepted', link, address);
      end.link = link;
      this.ends.set(link, end);
    });
  }

  dialSucceeded(end: StreamEnd, link: LinkId): void {
    this.loop.report(() => {
      // Given up while the loop stood still.
      if (!this.dials.delete(link)) return end.drop('reset');
      if (end.state !== 'open') return this.events.dialFailed(link, lostAtOnce());
      this.note('dialed', link);
      this.ends.set(link, end);
      const isOwnBridge = end.other.host === this.host && this.host.hasMoved;
      this.events.dialed(link, isOwnBridge ? bridgeAddress : end.other.host.address);
    });
  }

  dialEnded(link: LinkId, failure: Failure): void {
    this.loop.report(() => {
      if (!this.dials.delete(link)) return;
      this.note('dial-failed', link, failure.code);
      this.events.dialFailed(link, failure);
    });
  }

  bytesArrived(end: StreamEnd, bytes: Uint8Array): void {
    this.loop.report(() => {
      end.other.read(bytes.length);
      if (end.link === undefined || this.ends.get(end.link) !== end) return;
      // Its bytes were hashed when they were written.
      this.note('received', end.link);
      this.network.world.hash.number(bytes.length);
      this.options.onRead?.(end, bytes);
      this.events.received(end.link, bytes);
      // As a real host reads the next into the same memory.
      bytes.fill(0xa5);
    });
  }

  bytesFlushed(end: StreamEnd, byteLength: number): void {
    const { world } = this.network;
    if (!this.lent.taken(end))
      world.fail(`${this.host.name}: what link ${end.link} wrote was changed before its socket had taken it`);
    world.after(0, () =>
      this.loop.report(() => {
        if (end.link !== undefined && this.ends.get(end.link) === end)
          this.events.flushed(end.link, byteLength);
      }),
    );
  }

  streamClosed(end: StreamEnd, detail: string): void {
    this.loop.report(() => {
      if (end.link === undefined || this.ends.get(end.link) !== end) return;
      this.note('closed', end.link, detail);
      this.ends.delete(end.link);
      this.events.closed(end.link, detail);
    });
  }

  datagramArrived(bytes: Uint8Array, from: string): void {
    if (this.loop.waitingCount > datagramsWaitingMax) return;
    this.loop.report(() => {
      this.note('datagram', 0, bytes);
      this.events.datagram(bytes, from);
    });
  }

  // ── the event loop ────────────────────────────────────────────────────────────────────────────────

  private wake(): void {
    this.note('wake', 0);
    this.events.wake();
  }

  private pumpAll(): void {
    for (const end of this.ends.values()) end.pump();
    for (const end of this.closing) end.pump();
  }

  private signed(bytes: Uint8Array, signature: Uint8Array): Uint8Array {
    this.options.onSigned?.(bytes, signature);
    return signature;
  }

  private checkDatagram(bytes: Uint8Array): boolean {
    if (this.isGone) return false;
    this.note('send-datagram', 0, bytes);
    this.bytesOut += bytes.length;
    if (bytes.length > limits.datagramBytesMax)
      this.network.world.fail(`${this.host.name}: a datagram of ${bytes.length} bytes`);
    return true;
  }

  private note(what: string, link: LinkId, detail?: Uint8Array | string): void {
    const { hash } = this.network.world;
    hash.text(what);
    hash.number(this.host.number);
    hash.number(link);
    if (typeof detail === 'string') hash.text(detail);
    else if (detail !== undefined) hash.bytes(detail);
  }
}

/** Where broadcasts of a domain go. */
export function broadcastTarget(domain: number): string {
  return `10.${domain}.255.255:7077`;
}

function lostAtOnce(): Failure {
  const message = 'the other end closed the connection at once';
  return { code: 'SKEIN_UNREACHABLE', message, details: { reason: 'refused' } };
}
