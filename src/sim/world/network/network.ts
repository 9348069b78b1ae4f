/**
 * The simulated network: hosts with addresses, the paths between them, and who may not hear whom.
 *
 * Who calls it: the platforms (dial, datagrams), the streams (a path's delay and state), the faults
 * (rules). Invariant: a rule only stops what travels; nothing a rule held up on a stream is lost, it
 * arrives after the rule is gone, since TCP repeats until it is heard. Datagrams vanish.
 */
import { bridgeAddress, type Host } from '../machine/host.ts';
import type { SeededRandom } from '../random.ts';
import type { World } from '../world.ts';
import { Places } from './places.ts';
import type { Connection, Process } from './sockets.ts';

/** How a network carries what is sent. Shares are from 0 to 1. */
export interface NetworkOptions {
  /** Mean one-way delay between two hosts. Default 20. */
  readonly latencyMs?: number;
  /** A pair's own delay lies this far around the mean, as a share of it. Default 0.25. */
  readonly latencySpread?: number;
  /** Added to each passage, at most this share of the pair's delay. Default 0.1. */
  readonly jitter?: number;
  /** Share of packets lost: a datagram vanishes, a stream's bytes come late. Default 0. */
  readonly loss?: number;
  /** Share of datagrams lost besides. Default 0. */
  readonly datagramLoss?: number;
  /** Share of datagrams that arrive twice. Default 0. */
  readonly duplication?: number;
  /** Share of datagrams that arrive up to a second late, behind younger ones. Default 0. */
  readonly lateness?: number;
  /** Share of stream segments cut in two: a stream has no boundaries. Default 0.02. */
  readonly fragmentation?: number;
  /** Of one stream in one direction. Default: unlimited. */
  readonly bytesPerSecond?: number;
}

export type NetworkConditions = { -readonly [Name in keyof NetworkOptions]-?: number };

/** Something that stops what travels from one host to another; one direction at a time. */
export interface Rule {
  /** Names the rule in the trace. */
  readonly name: string;
  /** It holds between programs of one machine as well. Default false: what parts machines does not part these. */
  readonly isWithinMachines?: boolean;
  /** True: nothing gets from the one host to the other. */
  blocks(from: Host, to: Host): boolean;
}

/** Something that makes what travels between two hosts slow; where several do, the worst counts. */
export interface Slowness {
  /** Names it in the trace. */
  readonly name: string;
  /** Delays are multiplied by this; 1 changes nothing. */
  readonly latencyFactor: number;
  /** Bytes that a stream carries per second, in one direction. */
  readonly bytesPerSecond: number;
  /** True: it counts for what goes from the one host to the other. */
  slows(from: Host, to: Host): boolean;
}

/** How a path is at the moment. */
export interface PathQuality {
  readonly latencyFactor: number;
  readonly bytesPerSecond: number;
}

export interface Traffic {
  streamBytes: number;
  streamSegments: number;
  datagramBytes: number;
  datagrams: number;
  datagramsLost: number;
}

const lossRetransmitMs = 200;
/** Ten repeats in a row would be over three minutes: no run is that long. */
const lossRepeatsMax = 8;
const datagramLateMs = 1000;
/** How long a rule that is gone is remembered: longer than any checker looks back. */
const rulesKeptMs = 60_000;
/** Nothing travels in no time, not even on one machine. */
const loopbackMs = 0.05;

export class Network {
  readonly world: World;
  readonly conditions: NetworkConditions;
  readonly traffic: Traffic = {
    streamBytes: 0,
    streamSegments: 0,
    datagramBytes: 0,
    datagrams: 0,
    datagramsLost: 0,
  };
  readonly streams = new Set<Connection>();
  readonly places = new Places();
  /** Until when some stream's bytes are late, as far as is known now. */
  lateUntil = 0;
  /** For how long in all some stream's bytes have been late. */
  lateMs = 0;
  private readonly hostsByAddress = new Map<string, Host>();
  private readonly rules = new Set<Rule>();
  private readonly worsenedBy = new Map<string, Partial<NetworkConditions>>();
  /** The conditions without anything that makes them worse. */
  private usual: NetworkConditions | undefined;
  private readonly slownesses = new Set<Slowness>();
  /** Rules that are gone, with the time of their end. */
  private readonly endedRules = new Map<Rule, number>();
  /** By pair: the last moment at which its bytes were late or its connection was cut. */
  private readonly hinderedUntil = new Map<number, number>();
  private readonly random: SeededRandom;

  constructor(world: World, options: NetworkOptions = {}) {
    this.world = world;
    this.random = world.random.fork('network');
    this.conditions = {
      latencyMs: 20,
      latencySpread: 0.25,
      jitter: 0.1,
      loss: 0,
      datagramLoss: 0,
      duplication: 0,
      lateness: 0,
      fragmentation: 0.02,
      bytesPerSecond: Number.POSITIVE_INFINITY,
      ...options,
    };
  }

  join(host: Host): void {
    if (this.hostsByAddress.has(host.address)) throw new Error(`the address ${host.address} is taken`);
    this.hostsByAddress.set(host.address, host);
  }

  /** The machine has other addresses from now on, and none of its connections lives on. */
  move(host: Host, hasMoved: boolean): void {
    this.hostsByAddress.delete(host.address);
    host.hasMoved = hasMoved;
    this.join(host);
    for (const stream of [...this.streams])
      if (stream.dialer.host === host || stream.listener.host === host) stream.cut('both');
  }

  /** As seen from one machine. Undefined: no machine has it. Its machine refuses where no process listens. */
  hostAt(address: string, from: Host): Host | undefined {
    if (address === bridgeAddress) return from.hasMoved ? from : undefined;
    return this.places.at(address)?.host ?? this.hostsByAddress.get(address);
  }

  listenerAt(address: string, from: Host): Process | undefined {
    if (address === bridgeAddress) return this.hostAt(address, from)?.process;
    const place = this.places.at(address);
    const host = place === undefined ? this.hostsByAddress.get(address) : place.host;
    return place?.isBound === false ? undefined : host?.process;
  }

  // ── rules ─────────────────────────────────────────────────────────────────────────────────────────

  addRule(rule: Rule): void {
    this.rules.add(rule);
    this.endedRules.delete(rule);
    this.world.note(`rule ${rule.name}`);
  }

  removeRule(rule: Rule): void {
    if (!this.rules.delete(rule)) return;
    for (const [ended, at] of this.endedRules)
      if (this.world.now - at > rulesKeptMs) this.endedRules.delete(ended);
    this.endedRules.set(rule, this.world.now);
    this.world.note(`rule ${rule.name} ends`);
    for (const stream of this.streams) stream.pathsChanged();
  }

  blocked(from: Host, to: Host): boolean {
    if (from === to) return false;
    for (const rule of this.rules) if (isBlocking(rule, from, to)) return true;
    return false;
  }

  /** Conditions while something lasts (undefined: it is over); of several the youngest counts. */
  worsen(cause: string, conditions: Partial<NetworkConditions> | undefined): void {
    if (conditions === undefined) this.worsenedBy.delete(cause);
    else this.worsenedBy.set(cause, conditions);
    this.usual ??= { ...this.conditions };
    Object.assign(this.conditions, this.usual, ...this.worsenedBy.values());
    if (this.worsenedBy.size === 0) this.usual = undefined;
  }

  addSlowness(slowness: Slowness): void {
    this.slownesses.add(slowness);
    this.world.note(`${slowness.name} begins`);
  }

  removeSlowness(slowness: Slowness): void {
    if (this.slownesses.delete(slowness)) this.world.note(`${slowness.name} ends`);
  }

  // ── what has been, for checkers ───────────────────────────────────────────────────────────────────

  /** Bytes between these two were late, or their connection was cut. */
  hindered(a: Host, b: Host, until: number): void {
    const key = pairKey(a, b);
    this.lateMs += Math.max(0, until - Math.max(this.world.now, this.lateUntil));
    this.lateUntil = Math.max(this.lateUntil, until);
    this.hinderedUntil.set(key, Math.max(until, this.hinderedUntil.get(key) ?? 0));
  }

  /** Nothing was blocked, late or cut between these two, in either direction, since then. */
  wasFree(a: Host, b: Host, since: number): boolean {
    if (this.blocked(a, b) || this.blocked(b, a)) return false;
    if ((this.hinderedUntil.get(pairKey(a, b)) ?? Number.NEGATIVE_INFINITY) >= since) return false;
    for (const [rule, endedAt] of this.endedRules)
      if (endedAt >= since && (isBlocking(rule, a, b) || isBlocking(rule, b, a))) return false;
    return true;
  }

  // ── paths ─────────────────────────────────────────────────────────────────────────────────────────

  /** A pair's own mean delay: the same in both directions and throughout the run. */
  pairLatencyMs(a: Host, b: Host): number {
    if (a === b) return loopbackMs;
    const { latencyMs, latencySpread } = this.conditions;
    const label = a.number < b.number ? `${a.number}-${b.number}` : `${b.number}-${a.number}`;
    return latencyMs * (1 + latencySpread * (2 * this.world.random.fork(`path ${label}`).next() - 1));
  }

  /** One passage: the pair's delay and some jitter. */
  passageMs(pairLatencyMs: number, random: SeededRandom): number {
    return pairLatencyMs * (1 + this.conditions.jitter * random.next());
  }

  quality(from: Host, to: Host): PathQuality {
    let { bytesPerSecond } = this.conditions;
    if (this.slownesses.size === 0)
      return bytesPerSecond === Number.POSITIVE_INFINITY ? unhindered : { latencyFactor: 1, bytesPerSecond };
    let latencyFactor = 1;
    for (const slowness of this.slownesses) {
      if (!slowness.slows(from, to)) continue;
      latencyFactor = Math.max(latencyFactor, slowness.latencyFactor);
      bytesPerSecond = Math.min(bytesPerSecond, slowness.bytesPerSecond);
    }
    return { latencyFactor, bytesPerSecond };
  }

  /** What loss costs a stream: it waits for the repeat, 200 ms at first, doubling. */
  lossDelayMs(random: SeededRandom): number {
    let delay = 0;
    let repeatAfter = lossRetransmitMs;
    for (let i = 0; i < lossRepeatsMax && random.chance(this.conditions.loss); i++) {
      delay += repeatAfter;
      repeatAfter *= 2;
    }
    return delay;
  }

  // ── datagrams ─────────────────────────────────────────────────────────────────────────────────────

  sendDatagram(from: Host, address: string, bytes: Uint8Array): void {
    const to = this.hostsByAddress.get(address);
    if (to !== undefined) this.carryDatagram(from, to, bytes.slice());
  }

  /** To all of the sender's broadcast domain, the sender included, as real broadcasts go. */
  broadcast(from: Host, bytes: Uint8Array): void {
    const copy = bytes.slice();
    for (const to of this.hostsByAddress.values()) {
      if (to.broadcastDomain === from.broadcastDomain) this.carryDatagram(from, to, copy);
    }
  }

  private carryDatagram(from: Host, to: Host, bytes: Uint8Array): void {
    const { random, conditions } = this;
    this.traffic.datagrams++;
    this.traffic.datagramBytes += bytes.length;
    if (this.blocked(from, to) || random.chance(Math.max(conditions.loss, conditions.datagramLoss))) {
      this.traffic.datagramsLost++;
      return;
    }
    const copies = random.chance(conditions.duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) this.deliverDatagram(from, to, bytes);
  }

  private deliverDatagram(from: Host, to: Host, bytes: Uint8Array): void {
    const { random, conditions } = this;
    const late = random.chance(conditions.lateness) ? random.between(0, datagramLateMs) : 0;
    const { latencyFactor } = this.quality(from, to);
    const delay = this.passageMs(this.pairLatencyMs(from, to), random) * latencyFactor + late;
    this.world.after(delay, () => to.process?.datagramArrived(bytes.slice(), from.address));
  }
}

const unhindered: PathQuality = { latencyFactor: 1, bytesPerSecond: Number.POSITIVE_INFINITY };

function isBlocking(rule: Rule, from: Host, to: Host): boolean {
  const areOneMachine = from.machine !== undefined && from.machine === to.machine;
  return (rule.isWithinMachines === true || !areOneMachine) && rule.blocks(from, to);
}

function pairKey(a: Host, b: Host): number {
  return Math.min(a.number, b.number) * 0x10000 + Math.max(a.number, b.number);
}
