/**
 * The kernel: read it first. Frames and events come in, behaviors are called, effects go to the outbox.
 *
 * Who calls it: the runtime (`api/runtime.ts`), the same one in production and in the simulator. Each
 * public method is one event with the time at which it happened; nothing here waits, reads a clock or
 * touches the world. Invariant: no event makes it throw, whatever a peer or a behavior did: what a
 * behavior throws is counted and logged, and the others go on.
 */
import { type AgentParts, KernelBehaviorAgent, KernelConnectionAgent } from './agents.ts';
import { Behaviors, type Slot } from './behaviors.ts';
import { Context, type KernelConfig } from './context.ts';
import type {
  Behavior,
  Directory,
  DoorEvent,
  Finding,
  LinkId,
  LinkStatistics,
  Neighbor,
  Random,
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
    behaviors: readonly Behavior<never>[],
  ) {
    this.context = new Context(config, random, routes, directory);
    this.neighborhood = new Neighborhood(this.context, {
      behaviors: () => this.behaviors,
      arrived: (frame, from) => this.forwarder.arrived(frame, from),
      arrivedPrivately: (frame, from, slot) => this.forwarder.arrivedPrivately(frame, from, slot),
      openHandler: (slot, neighbor) => this.openHandler(slot, neighbor),
    });
    this.links = this.neighborhood.links;
    this.behaviors = new Behaviors(behaviors, (error, feature) => this.caught(error, feature));
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
    this.behaviors.each(({ behavior, agent }) => behavior.started?.(agent));
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
    this.links.get(link)?.receive(bytes, now);
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
      taken ||= behavior.datagram?.(agent, bytes, from) === true;
    });
    if (!taken) this.context.count('datagrams.unknown');
  }

  /** @param feature That acts on the door. */
  door(feature: string, event: DoorEvent, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    if (slot !== undefined && this.life === 'running')
      this.behaviors.call(slot, ({ behavior, agent }) => behavior.door?.(agent, event));
  }

  sighted(sighting: Sighting, now: number): void {
    this.at(now);
    this.behaviors.emit({ type: 'sighted', sighting });
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** A command for one feature; its answer leaves through the outbox with the same token. */
  command(feature: string, command: unknown, token: number, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    if (slot?.behavior.command === undefined || this.life !== 'running') {
      const reason =
        this.life === 'running'
          ? failure('SKEIN_INVALID', `there is no feature "${feature}" that takes commands`)
          : failure('SKEIN_CLOSED', 'the node is closed');
      this.outbox.put({ type: 'fail', token, failure: reason });
      return;
    }
    this.behaviors.call(slot, ({ behavior, agent }) => behavior.command?.(agent, command, token));
  }

  stored(feature: string, token: number, result: StoreResult, now: number): void {
    this.at(now);
    const slot = this.behaviors.named(feature);
    if (slot !== undefined)
      this.behaviors.call(slot, ({ behavior, agent }) => behavior.stored?.(agent, token, result));
  }

  /** What each feature knows of why a node is missing. */
  explain(node: string | undefined, now: number): Finding[] {
    this.at(now);
    const findings: Finding[] = [];
    this.behaviors.each(({ behavior, agent }) => findings.push(...(behavior.explain?.(agent, node) ?? [])));
    return findings;
  }

  status(): Record<string, unknown> {
    const status: Record<string, unknown> = {};
    for (const { behavior, name } of this.behaviors.slots) {
      if (behavior.status !== undefined) status[name] = behavior.status();
    }
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
    this.behaviors.each(({ behavior, agent }) => behavior.stopped?.(agent));
    this.behaviors.flush(this.context.now);
    this.links.closeAll(reason === undefined ? 'leave' : 'stopped');
  }

  private openHandler(slot: Slot, neighbor: Neighbor): void {
    const { behavior, agent: behaviorAgent } = slot;
    const handler =
      neighbor.direction === 'incoming'
        ? behavior.incomingUp?.(behaviorAgent, neighbor)
        : behavior.outgoingUp?.(behaviorAgent, neighbor);
    if (handler === undefined) return;
    const agent = new KernelConnectionAgent(slot, this.parts, neighbor);
    slot.handlers.set(neighbor.link, { handler, agent, neighbor });
    handler.opened?.(agent);
  }

  private caught(error: unknown, feature: string): void {
    this.context.count('kernel.exceptions');
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.context.log('error', `behavior ${feature} threw: ${text}`, { feature });
  }
}
