/**
 * The kernel: read it first. Frames and events come in, behaviors are called, effects go to the outbox.
 *
 * Who calls it: the runtime (`api/runtime.ts`), the same one in production and in the simulator. Each
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
import type { Outbox } from './outbox.ts';
import { PreparedFrames } from './prepared-frames.ts';

type Life = 'new' | 'running' | 'leaving' | 'ended';

export class Kernel {
  readonly context: Context;
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

  get outbox(): Outbox {
    return this.context.outbox;
  }

  get self(): SelfView {
    return this.context.self;
  }

  /** The highest link number given so far: a kernel that takes over goes on after it. */
  get lastLink(): LinkId {
    return this.links.last;
  }

  get neighbors(): ReadonlyMap<number, Neighbor> {
    return this.neighborhood.neighbors;
  }

  /** Behaviors with which something is wrong. */
  get troubles(): BehaviorTrouble[] {
    return this.behaviors.watch.troubles;
  }

  get counters(): ReadonlyMap<string, number> {
    return this.context.counters;
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

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

  wake(now: number): void {
    this.at(now);
    this.links.deadline(now);
    if (this.life !== 'running') return;
    this.behaviors.deadline(now);
    if (now >= this.tickAt) this.tick(now);
  }

  polled(now: number): void {
    this.at(now);
    this.links.polled();
  }

  // ── sockets ───────────────────────────────────────────────────────────────────────────────────────

  accepted(address: string, security: SecureStage | undefined, now: number): LinkId {
    this.at(now);
    return this.links.accepted(address, security);
  }

  dialed(link: LinkId, address: string, security: SecureStage | undefined, now: number): void {
    this.at(now);
    this.links.get(link)?.connected(address, security, now);
  }

  dialFailed(link: LinkId, reason: Failure, now: number): void {
    this.at(now);
    this.links.get(link)?.lost(reason, now);
  }

  received(link: LinkId, bytes: Uint8Array, now: number): void {
    this.at(now);
    const begunAt = this.behaviors.watch.begin();
    this.forwarder.watchFrom();
    this.links.get(link)?.receive(bytes, now);
    // One look at the clock for all frames of a chunk: one for each frame would cost a tenth of the rate.
    if (this.behaviors.watch.isSlow(begunAt))
      this.behaviors.watch.end(this.forwarder.names.join(' or '), begunAt, now);
  }

  flushed(link: LinkId, byteLength: number, now: number): void {
    this.at(now);
    this.links.get(link)?.flushed(byteLength);
  }

  closed(link: LinkId, detail: Failure | undefined, now: number): void {
    this.at(now);
    this.links.get(link)?.lost(detail, now);
  }

  datagram(bytes: Uint8Array, from: string, now: number): void {
    this.at(now);
    this.context.count('datagrams.received');
    let taken = false;
    this.behaviors.each(({ behavior, agent }) => {
      taken ||= behavior.datagrams?.received?.(agent, bytes, from) === true;
    });
    if (!taken) this.context.count('datagrams.unknown');
  }

  /** @param feature That acts on the door. */
  door(feature: string, event: DoorEvent, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    if (slot !== undefined && this.life === 'running')
      this.behaviors.call(slot, ({ behavior, agent }) => behavior.doors?.event?.(agent, event));
  }

  sighted(sighting: Sighting, now: number): void {
    this.at(now);
    this.behaviors.emit({ type: 'sighted', sighting });
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

  stored(feature: string, token: number, verb: string, result: StoreResult, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    // After its `stopped` a behavior is called no more; what was asked for is durable all the same.
    if (slot !== undefined && this.life === 'running')
      this.behaviors.call(slot, ({ behavior, agent }) =>
        behavior.store?.completed?.(agent, { token, verb, ...result }),
      );
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

  status(): Record<string, unknown> {
    const status: Record<string, unknown> = {};
    this.behaviors.each(({ behavior, name }) => {
      const said = behavior.diagnostics?.status?.();
      if (said !== undefined) status[name] = said;
    });
    return status;
  }

  statistics(link: LinkId): LinkStatistics | undefined {
    return this.neighborhood.linkOf(link)?.statistics;
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────

  private at(now: number, wallNow?: number): void {
    const lagMs = now - this.promisedWake;
    const sinceTurnMs = now - this.context.now;
    // Unix time is given now and then; in between it advances as kernel time does.
    this.context.wallNow = wallNow ?? this.context.wallNow + (now - this.context.now);
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
