/**
 * Several kernels in one virtual time, joined by pipes: what tests of the kernel and its parts run on.
 *
 * A far smaller world than `src/sim`: no api, no promises, every event by hand or by `run`. A test looks at
 * what came out of each outbox. Invariant: with equal seeds and calls, everything happens alike.
 */

import type { Arrival } from '../../src/features/messaging/core/arrival.ts';
import type {
  MessagingEvent,
  SendAnswer,
  SendCommand,
} from '../../src/features/messaging/core/messaging-types.ts';
import type { Behavior, DoorAction, DoorEvent, LinkId, Random } from '../../src/kernel/contracts.ts';
import { type Failure, failure } from '../../src/kernel/errors.ts';
import { idOf } from '../../src/kernel/identity.ts';
import type { Kernel } from '../../src/kernel/kernel.ts';
import type { Effect } from '../../src/kernel/outbox.ts';
import { concatenate, hexOf } from '../../src/kernel/wire/bytes.ts';
import { Frame, preface } from '../../src/kernel/wire/frame.ts';
import { FrameSplitter } from '../../src/kernel/wire/splitter.ts';
import { changeableOf } from '../../src/node/settings.ts';
import { createSkeinKernel, type SkeinKernel, type SkeinKernelOptions } from '../../src/node/skein-kernel.ts';

/** One direction of a pipe keeps its order, as TCP does; two pipes have none between them. */
export type Delay = () => number;

export class TestRandom implements Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** mulberry32 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.next() * 256);
  }

  below(count: number): number {
    return Math.floor(this.next() * count);
  }
}

interface Timed {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

/** A node's end of a pipe. */
export interface PipeEnd {
  readonly node: TestNode;
  link: LinkId;
  other: PipeEnd;
  /** Nothing passes any more, and nobody is told. */
  silent: boolean;
  /** Written bytes stay in the socket: the other end does not read. */
  stuck: boolean;
  open: boolean;
  lastAt: number;
}

export type TestNodeOptions = Partial<Omit<SkeinKernelOptions, 'name'>>;

export class TestMesh {
  now = 1000;
  readonly random: TestRandom;
  /** By address. */
  readonly nodes = new Map<string, TestNode>();
  delay: Delay = () => 0;
  /** Addresses that are bound, and by whom; none is anybody's before. */
  readonly doors = new Map<string, TestNode>();
  /** Looks at, changes or (undefined) drops what is on its way. */
  tamper: (bytes: Uint8Array, from: TestNode, to: TestNode) => Uint8Array | undefined = (bytes) => bytes;
  private timed: Timed[] = [];
  private order = 0;

  constructor(seed = 1) {
    this.random = new TestRandom(seed);
  }

  /** @param address Where it is dialed; two nodes may have one name. */
  add(name: string, options: TestNodeOptions = {}, address = name): TestNode {
    const node = new TestNode(this, name, options, address);
    this.nodes.set(address, node);
    node.start();
    return node;
  }

  /** Nodes of these names, each linked to the next. */
  chain(...names: string[]): TestNode[] {
    const nodes = names.map((name) => this.nodes.get(name) ?? this.add(name));
    for (let i = 1; i < nodes.length; i++) (nodes[i - 1] as TestNode).dial(names[i] as string);
    this.run(200);
    return nodes;
  }

  after(milliseconds: number, act: () => void): void {
    this.timed.push({ at: this.now + milliseconds, order: this.order++, act });
  }

  /** Lets this much time pass; everything that falls into it happens in order. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds;
    let atOnce = 0;
    for (;;) {
      const next = this.next();
      if (next === undefined || next.at > end) break;
      atOnce = next.at > this.now ? 0 : atOnce + 1;
      if (atOnce > 50_000) throw new Error(`time stands still at ${this.now}`);
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    this.now = end;
  }

  private next(): { at: number; act: () => void } | undefined {
    let best: Timed | undefined;
    for (const timed of this.timed) {
      if (best === undefined || timed.at < best.at || (timed.at === best.at && timed.order < best.order))
        best = timed;
    }
    const event = best;
    let next: { at: number; act: () => void } | undefined =
      event === undefined
        ? undefined
        : {
            at: event.at,
            act: () => {
              this.timed.splice(this.timed.indexOf(event), 1);
              event.act();
            },
          };
    for (const node of this.nodes.values()) {
      const at = node.wakeAt;
      if (at < (next?.at ?? Number.POSITIVE_INFINITY)) next = { at, act: () => node.wake() };
    }
    return next;
  }
}

export class TestNode {
  readonly mesh: TestMesh;
  readonly name: string;
  readonly address: string;
  readonly core: SkeinKernel;
  readonly kernel: Kernel;
  readonly id: number;
  /** All effects but writes, in order. */
  readonly effects: Effect[] = [];
  readonly arrivals: Arrival[] = [];
  readonly answers = new Map<number, { readonly value?: unknown; readonly failure?: Failure }>();
  readonly pipes = new Map<LinkId, PipeEnd>();
  writtenBytes = 0;
  wakeAt = Number.POSITIVE_INFINITY;
  alive = true;
  private lastToken = 0;

  constructor(
    mesh: TestMesh,
    name: string,
    options: TestNodeOptions,
    address: string,
    random: Random = new TestRandom(mesh.random.below(2 ** 32)),
  ) {
    this.mesh = mesh;
    this.name = name;
    this.address = address;
    const instance = options.instance ?? hexOf(random.bytes(8));
    const defaults = {
      ...changeableOf(),
      namespace: 'test',
      instance,
      version: '1.0.0',
      addresses: [address],
      stallToleranceMs: 3000,
      degree: 0,
      seeds: [],
      solicit: true,
      broadcastTargets: [],
      syncPeriodMs: 10_000,
    };
    this.core = createSkeinKernel({ ...defaults, ...options, name }, random);
    this.kernel = this.core.kernel;
    this.id = idOf(name);
  }

  // ── what a test does ──────────────────────────────────────────────────────────────────────────────

  start(): void {
    this.kernel.start(this.mesh.now, this.mesh.now + 1_700_000_000_000);
    this.turn();
  }

  command(feature: string, verb: string, input?: unknown): number {
    const token = ++this.lastToken;
    this.enter(() => this.kernel.command(feature, verb, input, token, this.mesh.now));
    return token;
  }

  /** A datagram comes. */
  hear(bytes: Uint8Array): void {
    this.enter(() => this.kernel.datagram(bytes, 'somebody', this.mesh.now));
  }

  dial(address: string): number {
    return this.command('discovery', 'dial', address);
  }

  send(
    to: readonly TestNode[] | 'all',
    body: Uint8Array | string,
    options: Partial<SendCommand> = {},
  ): number {
    const recipients = to === 'all' ? to : to.map((node) => node.id);
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    const defaults = { kind: 'k', encoding: 0, acknowledged: true, traced: false, timeoutMs: 10_000 };
    return this.command('messaging', 'send', { recipients, body: bytes, ...defaults, ...options });
  }

  listen(limit = 1024, kind?: string): void {
    this.command('messaging', 'listen', { consumer: 1, kind, limit });
  }

  sent(token: number): SendAnswer | undefined {
    return this.answers.get(token)?.value as SendAnswer | undefined;
  }

  stop(): void {
    this.enter(() => this.kernel.stop(this.mesh.now));
  }

  /** Dies: its sockets close under its neighbors, or (silent) nothing is heard of it any more. */
  kill({ silent = false } = {}): void {
    this.alive = false;
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.mesh.nodes.delete(this.address);
    for (const [address, holder] of this.mesh.doors) if (holder === this) this.mesh.doors.delete(address);
    for (const end of this.pipes.values()) {
      end.silent = silent;
      end.other.silent = silent;
      if (!silent) this.hangUp(end);
    }
    this.pipes.clear();
  }

  /** Events of one kind that the kernel told the program: `node-up`, `link-down`, `warning` ... */
  told(type: string): unknown[] {
    const events = this.effects.flatMap((effect) => (effect.type === 'deliver' ? [effect.event] : []));
    return events.filter((event) => (event as { type: string }).type === type);
  }

  count(effect: Effect['type']): number {
    return this.effects.filter(({ type }) => type === effect).length;
  }

  counter(name: string): number {
    return this.kernel.counters.get(name) ?? 0;
  }

  knows(): string[] {
    return [...this.core.table.reachable()].map((id) => this.core.records.get(id)?.name ?? '?').sort();
  }

  neighborNames(): string[] {
    return [...this.kernel.neighbors.values()].map((neighbor) => neighbor.name).sort();
  }

  /** This node's end of its open pipe to another. */
  pipeTo(other: TestNode): PipeEnd {
    const end = [...this.pipes.values()].find((pipe) => pipe.other.node === other && pipe.open);
    if (end === undefined) throw new Error(`no pipe from ${this.name} to ${other.name}`);
    return end;
  }

  // ── what the platform does ────────────────────────────────────────────────────────────────────────

  enter(act: () => void): void {
    if (!this.alive) return;
    act();
    this.turn();
  }

  wake(): void {
    this.wakeAt = Number.POSITIVE_INFINITY;
    this.enter(() => this.kernel.wake(this.mesh.now));
  }

  private turn(): void {
    this.kernel.endTurn(this.mesh.now);
    for (const effect of this.kernel.outbox.drain()) this.carryOut(effect);
    if (this.alive) this.wakeAt = this.kernel.nextDeadline();
  }

  private carryOut(effect: Effect): void {
    if (effect.type === 'write') return this.write(effect.link, effect.chunks, effect.byteLength);
    this.effects.push(effect);
    const { mesh } = this;
    if (effect.type === 'dial') this.connect(effect.link, effect.address);
    else if (effect.type === 'close') this.closePipe(effect.link);
    else if (effect.type === 'answer') this.answers.set(effect.token, { value: effect.value });
    else if (effect.type === 'fail') this.answers.set(effect.token, { failure: effect.failure });
    else if (effect.type === 'poll') mesh.after(0, () => this.enter(() => this.kernel.polled(mesh.now)));
    else if (effect.type === 'ended') this.alive = false;
    else if (effect.type === 'door') this.door(effect.action);
    else if (effect.type === 'deliver' && effect.feature === 'messaging') {
      const event = effect.event as MessagingEvent;
      if (event.type === 'arrivals') this.arrivals.push(...event.arrivals);
    } else if (effect.type === 'broadcast') {
      for (const other of mesh.nodes.values()) {
        if (other === this) continue;
        const bytes = effect.bytes.slice();
        mesh.after(0, () => other.enter(() => other.kernel.datagram(bytes, this.name, mesh.now)));
      }
    }
  }

  /** A program that speaks nanomsg has come, says something, or is gone. */
  doorEvent(event: DoorEvent): void {
    this.enter(() => this.kernel.door('formation', event, this.mesh.now));
  }

  /** What went out to such programs, the oldest first. */
  saidAtDoor(): { readonly peer: number; readonly text: string }[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'door' && effect.action.type === 'send'
        ? [{ peer: effect.action.peer, text: new TextDecoder().decode(effect.action.bytes) }]
        : [],
    );
  }

  private door(action: DoorAction): void {
    const { mesh } = this;
    if (action.type === 'release' && mesh.doors.get(action.address) === this)
      mesh.doors.delete(action.address);
    if (action.type !== 'bind') return;
    const { address } = action;
    const holder = mesh.doors.get(address);
    if (holder?.alive !== true) mesh.doors.set(address, this);
    const event: DoorEvent =
      mesh.doors.get(address) === this
        ? { type: 'bound', address }
        : { type: 'unbound', address, reason: 'taken', text: `${address} is taken` };
    mesh.after(0, () => this.doorEvent(event));
  }

  private connect(link: LinkId, address: string): void {
    const { mesh } = this;
    mesh.after(mesh.delay(), () => {
      const other = mesh.doors.get(address) ?? mesh.nodes.get(address);
      if (other?.alive !== true) {
        const reason = failure('SKEIN_UNREACHABLE', `nobody at ${address}`, { reason: 'refused' });
        return this.enter(() => this.kernel.dialFailed(link, reason, mesh.now));
      }
      const common = { silent: false, stuck: false, open: true, lastAt: mesh.now };
      const near: PipeEnd = { node: this, link, other: undefined as never, ...common };
      const far: PipeEnd = { node: other, link: 0, other: near, ...common };
      near.other = far;
      this.pipes.set(link, near);
      other.enter(() => {
        far.link = other.kernel.accepted(`${this.name}:ephemeral`, undefined, mesh.now);
        other.pipes.set(far.link, far);
      });
      mesh.after(mesh.delay(), () =>
        this.enter(() => this.kernel.dialed(link, address, undefined, mesh.now)),
      );
    });
  }

  private write(link: LinkId, chunks: readonly Uint8Array[], byteLength: number): void {
    this.writtenBytes += byteLength;
    const end = this.pipes.get(link);
    if (end === undefined || end.silent || end.stuck) return;
    const bytes = new Uint8Array(byteLength);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.mesh.after(0, () => this.enter(() => this.kernel.flushed(link, byteLength, this.mesh.now)));
    this.later(end, () => {
      const { node } = end.other;
      const arrived = this.mesh.tamper(bytes, this, node);
      if (arrived === undefined || !end.other.open) return;
      node.enter(() => node.kernel.received(end.other.link, arrived, this.mesh.now));
    });
  }

  private closePipe(link: LinkId): void {
    const end = this.pipes.get(link);
    if (end === undefined) return;
    this.pipes.delete(link);
    this.hangUp(end);
  }

  private hangUp(end: PipeEnd): void {
    end.open = false;
    this.later(end, () => {
      const { other } = end;
      if (!other.open) return;
      other.open = false;
      other.node.pipes.delete(other.link);
      other.node.enter(() => other.node.kernel.closed(other.link, undefined, this.mesh.now));
    });
  }

  /** In the order of this direction of the pipe. */
  private later(end: PipeEnd, act: () => void): void {
    end.lastAt = Math.max(end.lastAt, this.mesh.now + this.mesh.delay());
    this.mesh.after(end.lastAt - this.mesh.now, () => {
      if (!end.silent) act();
    });
  }
}

/** Writes down which neighbors it saw come and go. */
export function witness(log: string[]): Behavior {
  return {
    name: 'witness',
    links: {
      incomingUp: (_agent, neighbor) => void log.push(`up ${neighbor.name}`) as undefined,
      outgoingUp: (_agent, neighbor) => void log.push(`up ${neighbor.name}`) as undefined,
      incomingDown: (_agent, neighbor, reason) => void log.push(`down ${neighbor.name} ${reason}`),
      outgoingDown: (_agent, neighbor, reason) => void log.push(`down ${neighbor.name} ${reason}`),
    },
  };
}

/** Each frame of one feature in a chunk becomes what `change` makes of it; only after the handshake, whose preface is no frame. */
export function changeFrames(
  bytes: Uint8Array,
  feature: number,
  change: (frame: Frame, raw: Uint8Array) => readonly Uint8Array[],
): Uint8Array {
  if (bytes[0] === preface[0]) return bytes;
  const parts: Uint8Array[] = [];
  const frame = new Frame();
  new FrameSplitter({
    frame(chunk, start, end) {
      const raw = chunk.slice(start, end);
      const isMeant = frame.read(chunk, start, end) && frame.feature === feature;
      parts.push(...(isMeant ? change(frame, raw) : [raw]));
      return true;
    },
  }).push(bytes);
  return concatenate(parts);
}
