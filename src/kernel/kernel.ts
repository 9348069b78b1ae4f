/**
 * The kernel: read it first. Frames and events come in, behaviors are called, effects go to the outbox.
 *
 * Who calls it: the runtime (`node/runtime.ts`), the same one in production and in the simulator. Each
 * public method is one event with the time at which it happened; nothing here waits, reads a clock or
 * touches the world. Invariant: no event makes it throw, whatever a peer or a behavior did: what a
 * behavior throws is counted and logged, and the others go on.
 */
import { type AgentParts, KernelBehaviorAgent, KernelConnectionAgent } from './agents.ts';
import type { BehaviorTrouble } from './behavior-watch.ts';
import { Behaviors, offFailure, type Slot } from './behaviors.ts';
import { Context, type KernelConfig } from './context.ts';
import type {
  AnyBehavior,
  BehaviorAgent,
  Directory,
  DoorEvent,
  Finding,
  LinkId,
  LinkStatistics,
  Neighbor,
  Random,
  Reply,
  RoutingTable,
  SecureStage,
  SelfView,
  Sighting,
  StoreResult,
} from './contracts.ts';
import { type Failure, failure } from './errors.ts';
import { Forwarder } from './forwarder.ts';
import { FrameMaker } from './frame-maker.ts';
import { limits } from './limits.ts';
import type { Links } from './links.ts';
import { Neighborhood } from './neighborhood.ts';
import type { Effect, Outbox } from './outbox.ts';
import { PreparedFrames } from './prepared-frames.ts';

type Life = 'new' | 'running' | 'leaving' | 'ended';

/**
 * The core of one node: links, routing and the behaviors, without any I/O.
 *
 * The host calls one method per event with the kernel time (monotonic milliseconds), then `endTurn`, then drains
 * `outbox`. Methods return at once and do not throw for what a peer sent or a behavior did.
 */
export class Kernel {
  /** State that the parts of this kernel share. Internal: hosts use the methods and getters of the kernel. */
  readonly context: Context;
  private readonly clock: KernelConfig['clock'];
  private readonly neighborhood: Neighborhood;
  private readonly links: Links;
  private readonly behaviors: Behaviors;
  private readonly forwarder: Forwarder;
  private readonly parts: AgentParts;
  private life: Life = 'new';
  private endedWith: Failure | undefined;
  private tickAt = 0;
  private promisedWake = Number.POSITIVE_INFINITY;
  private lastStoreToken = 0;

  /**
   * @param behaviors In the order in which they are asked and called.
   * @param routes The routing table; `directory` is what is known of nodes (usually by the same topology).
   * @throws TypeError when two behaviors have one name.
   */
  constructor(
    config: KernelConfig,
    random: Random,
    routes: RoutingTable,
    directory: Directory,
    behaviors: readonly AnyBehavior[],
  ) {
    this.context = new Context(config, random, routes, directory);
    this.clock = config.clock;
    this.neighborhood = new Neighborhood(this.context, {
      behaviors: () => this.behaviors,
      arrived: (frame, from) => this.forwarder.arrived(frame, from),
      arrivedPrivately: (frame, from, slot) => this.forwarder.arrivedPrivately(frame, from, slot),
      openHandler: (slot, neighbor) => this.openHandler(slot, neighbor),
    });
    this.links = this.neighborhood.links;
    this.behaviors = new Behaviors(behaviors, {
      now: () => this.context.now,
      clock: config.clock,
      count: (counter) => this.context.count(counter),
      log: (level, text, feature) => this.context.log(level, text, { feature }),
    });
    const maker = new FrameMaker(this.context.self);
    this.forwarder = new Forwarder(this.context, this.neighborhood, this.behaviors, maker);
    this.parts = {
      context: this.context,
      neighborhood: this.neighborhood,
      forwarder: this.forwarder,
      maker,
      prepared: new PreparedFrames(this.context, this.forwarder, maker),
      behaviors: this.behaviors,
      nextStoreToken: () => ++this.lastStoreToken,
      fail: (reason) => this.end(reason),
    };
    for (const slot of this.behaviors.slots) slot.agent = new KernelBehaviorAgent(slot, this.parts);
  }

  /** Effects that wait for the host: drain them after `endTurn`. */
  get outbox(): Outbox {
    return this.context.outbox;
  }

  /** This node as its behaviors see it. */
  get self(): SelfView {
    return this.context.self;
  }

  /** The highest link number given so far: a kernel that takes over goes on after it. */
  get lastLink(): LinkId {
    return this.links.last;
  }

  /** Nodes with an open link to this one, by node id. A live view; private links are not in it. */
  get neighbors(): ReadonlyMap<number, Neighbor> {
    return this.neighborhood.neighbors;
  }

  /** Behaviors with which something is wrong. */
  get troubles(): BehaviorTrouble[] {
    return this.behaviors.watch.troubles;
  }

  /** Counts since this kernel was made, by name, such as `dropped.no-route` or `links.up`. A live view. */
  get counters(): ReadonlyMap<string, number> {
    return this.context.counters;
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Starts the node: every behavior's `lifecycle.started` is called. Call it once, before any other event.
   * @param now Kernel time: monotonic milliseconds. @param wallNow Unix time in milliseconds.
   */
  start(now: number, wallNow: number): void {
    this.at(now, wallNow);
    this.context.self.startedAt = now;
    this.life = 'running';
    this.tickAt = now + limits.heartbeatIntervalMs;
    this.promisedWake = now;
    this.behaviors.watch.tick();
    this.behaviors.each(({ behavior, agent }) => behavior.lifecycle?.started?.(agent));
  }

  /** Leaves: behaviors say their last, links say goodbye; `ended` follows in the outbox. */
  stop(now: number): void {
    this.at(now);
    this.end(undefined);
  }

  /** Ends the turn: gathered frames leave. Call before draining the outbox. */
  endTurn(now: number): void {
    this.at(now);
    for (let round = 0; round < limits.roundsPerTurnMax; round++) {
      const delivered = this.forwarder.deliverLocal();
      if (!this.behaviors.flush(now) && !delivered) break;
    }
    this.links.pump();
    if (this.life === 'leaving' && this.links.isEmpty) {
      this.life = 'ended';
      this.outbox.put({ type: 'ended', failure: this.endedWith });
    }
  }

  /** A direct call into a feature follows, as part of this turn. */
  enter(now: number): void {
    this.at(now);
    this.behaviors.called();
  }

  /** Frames wait for some link's socket. */
  get hasQueued(): boolean {
    return this.links.hasQueued;
  }

  /** When `wake` is wanted next. */
  nextDeadline(): number {
    if (this.life === 'ended' || this.life === 'new') return Number.POSITIVE_INFINITY;
    const links = this.links.nextDeadline();
    // A leaving node only waits for its links.
    const rest = this.life === 'running' ? Math.min(this.tickAt, this.behaviors.nextDeadline()) : links;
    this.promisedWake = Math.min(links, rest);
    return this.promisedWake;
  }

  /**
   * Handles every deadline that has passed: silent links, deadlines of behaviors, the tick each second. Call it when
   * the time that `nextDeadline` returned has come; an early call does nothing.
   */
  wake(now: number): void {
    this.at(now);
    this.links.deadline(now);
    if (this.life !== 'running') return;
    this.behaviors.deadline(now);
    if (now >= this.tickAt) this.tick(now);
  }

  /** The poll phases that a `poll` effect asked for have passed: links that are still silent end as `silent`. */
  polled(now: number): void {
    this.at(now);
    this.links.polled();
  }

  // ── sockets ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * A socket came in: the handshake begins.
   * @param address The remote address, `host:port`. @param security Undefined: a plain link, which proves nothing.
   * @returns The number of the new link, for all later events of this socket.
   */
  accepted(address: string, security: SecureStage | undefined, now: number): LinkId {
    this.at(now);
    return this.links.accepted(address, security);
  }

  /**
   * A `dial` effect has a connected socket: the handshake begins. Ignored when the link is gone.
   * @param address The remote address, `host:port`. @param security Undefined: a plain link, which proves nothing.
   */
  dialed(link: LinkId, address: string, security: SecureStage | undefined, now: number): void {
    this.at(now);
    this.links.get(link)?.connected(address, security, now);
  }

  /** A `dial` effect has failed: it ends in `outgoingError` or `privateLinks.error`. Ignored when the link is gone. */
  dialFailed(link: LinkId, reason: Failure, now: number): void {
    this.at(now);
    this.links.get(link)?.lost(reason, now);
  }

  /**
   * Bytes came in on a link, in order and in pieces of any size. They are copied: the caller may reuse the memory.
   * Frames for behaviors here are delivered during this call.
   */
  received(link: LinkId, bytes: Uint8Array, now: number): void {
    this.at(now);
    const begunAt = this.behaviors.watch.begin();
    this.forwarder.watchFrom();
    this.links.get(link)?.receive(bytes, now);
    // One look at the clock for all frames of a chunk: one for each frame would cost a tenth of the rate.
    if (this.behaviors.watch.isSlow(begunAt))
      this.behaviors.watch.end(this.forwarder.names.join(' or '), begunAt, now);
  }

  /**
   * This many bytes of the link's `write` effects have left the process: the next ones may follow. Report it once
   * the socket no longer reads them: their memory is reused.
   */
  flushed(link: LinkId, byteLength: number, now: number): void {
    this.at(now);
    this.links.get(link)?.flushed(byteLength);
  }

  /**
   * The socket of a link was closed by the other end or by an error. Ignored after a `close` effect for the link.
   * @param detail The error, if there was one.
   */
  closed(link: LinkId, detail: Failure | undefined, now: number): void {
    this.at(now);
    this.links.get(link)?.lost(detail, now);
  }

  /**
   * A datagram came in. Behaviors are asked in order until one says that it was its own; otherwise it is counted as
   * `datagrams.unknown`. @param from The sender's address, `host:port`.
   */
  datagram(bytes: Uint8Array, from: string, now: number): void {
    this.at(now);
    this.context.count('datagrams.received');
    let taken = false;
    this.behaviors.each(({ behavior, agent }) => {
      taken ||= behavior.datagrams?.received?.(agent, bytes, from) === true;
    });
    if (!taken) this.context.count('datagrams.unknown');
  }

  /**
   * What became of a `door` effect, or what happened at a door. Ignored unless the node is running.
   * @param feature That acts on the door.
   */
  door(feature: string, event: DoorEvent, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    if (slot !== undefined && this.life === 'running')
      this.behaviors.call(slot, ({ behavior, agent }) => behavior.doors?.event?.(agent, event));
  }

  /** The host saw a node without a link, such as in the runtime folder: reported to every behavior as `sighted`. */
  sighted(sighting: Sighting, now: number): void {
    this.at(now);
    this.behaviors.emit({ type: 'sighted', sighting });
  }

  /**
   * The host's interfaces have changed: from now on these addresses are announced. Reported to every behavior as
   * `addresses-changed`. @param broadcastTargets Where datagrams to all go now, `host:port`.
   */
  readdressed(addresses: readonly string[], broadcastTargets: readonly string[], now: number): void {
    this.at(now);
    this.context.self.addresses = addresses;
    if (this.life === 'running') this.behaviors.emit({ type: 'addresses-changed', broadcastTargets });
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** A command for one feature; its answer leaves through the outbox with the same token. */
  command(feature: string, verb: string, input: unknown, token: number, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    const commands: Handlers | undefined = slot?.behavior.commands;
    const handler = commands !== undefined && Object.hasOwn(commands, verb) ? commands[verb] : undefined;
    if (slot === undefined || handler === undefined || this.life !== 'running' || slot.isOff)
      return this.fail(token, this.whyNot(slot, feature, verb));
    const reply = this.reply(slot, token);
    let threw = true;
    this.behaviors.call(slot, ({ agent }) => {
      handler(agent, input, reply);
      threw = false;
    });
    if (threw) reply.fail(failure('SKEIN_FAILED', `behavior ${feature} threw at its command "${verb}"`));
  }

  /** A request that names no feature: the first behavior that handles it answers. */
  rpc(verb: string, input: unknown, token: number, now: number): void {
    this.at(now);
    for (const slot of this.life === 'running' ? this.behaviors.slots : []) {
      if (slot.behavior.rpc === undefined) continue;
      const reply = this.reply(slot, token);
      let isHandled = false;
      this.behaviors.call(slot, ({ behavior, agent }) => {
        isHandled = behavior.rpc?.(agent, { verb, input }, reply) === true;
      });
      if (isHandled) return;
      slot.replies.delete(reply);
    }
    const isRunning = this.life === 'running';
    const text = `no behavior of this node handles "${verb}"`;
    this.fail(token, isRunning ? failure('SKEIN_INVALID', text) : closedFailure);
  }

  private whyNot(slot: Slot | undefined, feature: string, verb: string): Failure {
    if (this.life !== 'running') return closedFailure;
    if (slot?.isOff === true) return offFailure(feature);
    if (slot === undefined) return failure('SKEIN_INVALID', `this node has no feature "${feature}"`);
    const known = Object.keys(slot.behavior.commands ?? {});
    const accepted = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
    return failure('SKEIN_INVALID', `feature ${feature} has no command "${verb}": ${accepted}`);
  }

  private reply(slot: Slot, token: number): Reply<unknown> {
    const reply = new CommandReply(slot, token, this.outbox);
    slot.replies.add(reply);
    return reply;
  }

  private fail(token: number, reason: Failure): void {
    this.outbox.put({ type: 'fail', token, failure: reason });
  }

  /**
   * The outcome of a `store` effect, with the place, feature, token and verb of that effect. Ignored once the node is
   * stopping.
   */
  stored(
    { place, feature, token, operation: { verb } }: Extract<Effect, { type: 'store' }>,
    result: StoreResult,
    now: number,
  ): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    // After its `stopped` a behavior is called no more; what was asked for is durable all the same.
    if (slot !== undefined && this.life === 'running')
      this.behaviors.call(slot, ({ behavior, agent }) => {
        const completion = { token, verb, ...result };
        if (place === 'swarm') behavior.store?.completed?.(agent, completion);
        else behavior.store?.ownCompleted?.(agent, completion);
      });
  }

  /** What each feature knows of why a node is missing. */
  explain(node: string | undefined, now: number): Finding[] {
    this.at(now);
    const findings: Finding[] = [];
    this.behaviors.each(({ behavior, agent }) =>
      findings.push(...(behavior.diagnostics?.explain?.(agent, node) ?? [])),
    );
    return findings;
  }

  /** Counters and settings of the behaviors, by name of the behavior; those that report nothing are left out. */
  status(): Record<string, unknown> {
    const status: Record<string, unknown> = {};
    this.behaviors.each(({ behavior, name }) => {
      const said = behavior.diagnostics?.status?.();
      if (said !== undefined) status[name] = said;
    });
    return status;
  }

  /** Measurements of a neighbor's link or of a private link. Undefined where this number is of neither. */
  statistics(link: LinkId): LinkStatistics | undefined {
    return this.neighborhood.linkOf(link)?.statistics;
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────

  private at(now: number, wallNow?: number): void {
    const lagMs = now - this.promisedWake;
    const sinceTurnMs = now - this.context.now;
    // Where nobody says it, it advances as kernel time does.
    this.context.wallNow =
      wallNow ?? this.clock?.wallNow?.() ?? this.context.wallNow + (now - this.context.now);
    this.context.now = now;
    if (lagMs >= limits.lagForgivenFromMs) this.late(lagMs, sinceTurnMs);
  }

  /** Whatever turn comes first after our own lag, nobody else is to blame for it. */
  private late(lagMs: number, sinceTurnMs: number): void {
    this.promisedWake = this.context.now;
    this.context.count('lag.ms', Math.round(lagMs));
    // A suspend may have begun right after the last turn, long before the promised time.
    this.links.forgive(lagMs >= limits.suspendFromMs ? sinceTurnMs : lagMs);
  }

  private tick(now: number): void {
    const intervalMs = limits.heartbeatIntervalMs;
    this.tickAt = now + intervalMs;
    this.links.beat(now);
    this.behaviors.tick(now, intervalMs);
  }

  private end(reason: Failure | undefined): void {
    if (this.life !== 'running') return;
    this.life = 'leaving';
    this.endedWith = reason;
    this.behaviors.each(({ behavior, agent }) => behavior.lifecycle?.stopped?.(agent));
    this.behaviors.flush(this.context.now);
    this.links.closeAll(reason === undefined ? 'leave' : 'stopped');
  }

  private openHandler(slot: Slot, neighbor: Neighbor): void {
    const { behavior, agent: behaviorAgent } = slot;
    const handler =
      neighbor.direction === 'incoming'
        ? behavior.links?.incomingUp?.(behaviorAgent, neighbor)
        : behavior.links?.outgoingUp?.(behaviorAgent, neighbor);
    if (handler === undefined) return;
    const agent = new KernelConnectionAgent(slot, this.parts, neighbor);
    slot.handlers.set(neighbor.link, { handler, agent, neighbor });
    handler.opened?.(agent);
  }
}

type Handlers = Record<string, (agent: BehaviorAgent, input: unknown, reply: Reply<unknown>) => void>;

const closedFailure = failure('SKEIN_CLOSED', 'the node is closed');

/** One answer, through the outbox; what a behavior says after it is dropped. */
class CommandReply implements Reply<unknown> {
  readonly token: number;
  private readonly slot: Slot;
  private readonly outbox: Outbox;

  constructor(slot: Slot, token: number, outbox: Outbox) {
    this.slot = slot;
    this.token = token;
    this.outbox = outbox;
  }

  answer(value: unknown): void {
    if (this.slot.replies.delete(this)) this.outbox.put({ type: 'answer', token: this.token, value });
  }

  fail(failure: Failure): void {
    if (this.slot.replies.delete(this)) this.outbox.put({ type: 'fail', token: this.token, failure });
  }
}
