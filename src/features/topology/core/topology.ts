/**
 * Topology: every node learns every node's announcement, and keeps knowing the same.
 *
 * A behavior. It floods records when they change, exchanges summaries on each new link, and compares one
 * digest with each neighbor each sync period, so that what a flood lost is found. Invariant: a record is
 * passed on once per newer version and never back where it came from; steady-state traffic does not grow
 * with the mesh.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  Finding,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  LinkCalls,
  LinkId,
  MeshCalls,
  Neighbor,
  RecordSigner,
  Reply,
  Shape,
  TimerCalls,
  Verdict,
} from '../../../kernel/contracts.ts';
import { failure, idCollision } from '../../../kernel/errors.ts';
import { type Instance, idOf, type NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import type { LinkStateTable } from '../../../kernel/routing/link-state.ts';
import type { Records } from '../../../kernel/routing/records.ts';
import { sharedLast } from '../../../kernel/routing/shared-addresses.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import { Exchange, type ExchangeEvent } from './exchange.ts';
import { Intake, type Taken } from './intake.ts';
import { topologyLimits } from './limits.ts';
import { type CarriedRecord, decodeProbe, decodeProbeReply, TopologyType } from './messages.ts';
import { Misconduct } from './misconduct.ts';
import { NameWatch } from './name-watch.ts';
import { OwnRecord } from './own-record.ts';
import { PacedIntake } from './paced-intake.ts';

export const topologyFeature = 'topology';

export interface TopologyShape extends Shape {
  readonly commands: {
    announce(input: undefined): void;
    'set-sync-period'(syncPeriodMs: number): void;
    /** The effective network by name. */
    adjacency(input: undefined): Record<string, string[]>;
    /** Names of the hops to a node. */
    route(node: string): string[];
  };
  readonly toBehavior: ExchangeEvent;
}

export class Topology implements Behavior<TopologyShape> {
  readonly name = topologyFeature;
  readonly commands: CommandHandlers<TopologyShape> = {
    announce: (agent, _input, reply) => {
      this.own.change();
      agent.flushLater();
      reply.answer();
    },
    'set-sync-period': (agent, syncPeriodMs, reply) => {
      this.syncPeriodMs = syncPeriodMs;
      this.scheduleSync(agent);
      reply.answer();
    },
    adjacency: (agent, _input, reply) => reply.answer(this.adjacency(agent)),
    route: (agent, node, reply) => this.route(agent, node, reply),
  };
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => this.started(agent),
    stopped: (agent) => this.stopped(agent),
  };
  readonly timers: TimerCalls = {
    tick: (_agent, now) => this.records.forgetOld(now),
    nextDeadline: () => this.nextDeadline(),
    deadline: (agent, now) => this.deadline(agent, now),
    flush: (agent, now) => this.flush(agent, now),
  };
  readonly links: LinkCalls<TopologyShape> = {
    checkIncoming: (agent, neighbor) => this.check(agent, neighbor),
    checkOutgoing: (agent, neighbor) => this.check(agent, neighbor),
    incomingUp: (agent, neighbor) => this.up(agent, neighbor),
    outgoingUp: (agent, neighbor) => this.up(agent, neighbor),
    incomingDown: (agent, neighbor) => this.down(agent, neighbor),
    outgoingDown: (agent, neighbor) => this.down(agent, neighbor),
    handlerEvent: (agent, neighbor, event) => this.handlerEvent(agent, neighbor, event),
  };
  readonly frames: FrameCalls = { message: (agent, frame) => this.message(agent, frame) };
  readonly mesh: MeshCalls = { event: (agent, event) => this.event(agent, event) };
  readonly diagnostics: DiagnosticCalls = {
    explain: (agent, node) => this.explain(agent, node),
    status: () => this.status(),
  };
  syncPeriodMs: number;
  private readonly records: Records;
  private readonly table: LinkStateTable;
  private readonly intake: PacedIntake;
  private readonly names: NameWatch;
  private own: OwnRecord;
  private agent: BehaviorAgent | undefined;
  private readonly signer: RecordSigner | undefined;
  private readonly misconduct = new Misconduct();
  private exchanges = new Map<LinkId, Exchange>();
  private syncAt = Number.POSITIVE_INFINITY;
  private gaveWay = false;
  private now = 0;

  /** @param signer Announcements are signed with it, and believed only where their signature holds. */
  constructor(records: Records, table: LinkStateTable, syncPeriodMs: number, signer?: RecordSigner) {
    this.records = records;
    this.table = table;
    this.syncPeriodMs = syncPeriodMs;
    this.signer = signer;
    this.own = new OwnRecord(signer);
    const isShutOut = (node: NodeId, instance: Instance) =>
      this.agent?.whyShutOut(node, instance) !== undefined;
    this.intake = new PacedIntake(new Intake(records, signer, isShutOut), records, {
      taken: (agent, taken, record, from) => this.taken(agent, taken, record, from),
      held: (agent, from) => this.held(agent, from),
    });
    this.names = new NameWatch({
      outbid: (epoch) => this.own.outbid(epoch),
      giveWay: () => {
        this.gaveWay = true;
      },
    });
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

  private started(agent: BehaviorAgent): void {
    this.now = agent.now;
    this.agent = agent;
    this.own = new OwnRecord(this.signer);
    this.scheduleSync(agent);
    agent.flushLater();
  }

  private stopped(agent: BehaviorAgent): void {
    // A goodbye under a name that is another's would take that one down for everybody.
    if (this.gaveWay) return;
    const { record, bytes } = this.own.final(agent.self);
    this.records.put(record, bytes, agent.now);
    for (const exchange of this.exchanges.values()) {
      exchange.queue(record.id);
      exchange.flushNow(agent.now);
    }
  }

  private nextDeadline(): number {
    let next = Math.min(this.syncAt, this.own.nextDeadline(), this.names.nextDeadline());
    next = Math.min(next, this.intake.nextDeadline(this.now), this.table.nextDeadline());
    if (this.table.hasMoreChanges) return this.now;
    for (const exchange of this.exchanges.values()) next = Math.min(next, exchange.nextDeadline());
    return next;
  }

  private deadline(agent: BehaviorAgent, now: number): void {
    this.now = now;
    this.names.deadline(agent, now);
    this.intake.deadline(agent, now);
    if (now >= this.syncAt) this.sync(agent);
    agent.flushLater();
  }

  /** The end of the turn: announce what changed, pass on what came, tell who came and went. */
  private flush(agent: BehaviorAgent, now: number): void {
    this.now = now;
    const addresses = (): readonly string[] => sharedLast(agent, agent.self.addresses);
    const made = this.own.next(agent.self, agent.neighbors, now, addresses);
    if (made !== undefined) {
      this.records.put(made.record, made.bytes, now);
      for (const exchange of this.exchanges.values()) exchange.queue(made.record.id);
    }
    this.tellChanges(agent, now);
    for (const exchange of this.exchanges.values()) exchange.flush(now);
  }

  private event(agent: BehaviorAgent, event: KernelEvent): void {
    this.now = agent.now;
    if (event.type === 'own-announcement-changed' || event.type === 'addresses-changed') {
      this.own.change();
      agent.flushLater();
    } else if (event.type === 'link-stalled') {
      agent.flushLater();
    } else if (event.type === 'node-down') {
      this.names.gone(agent, event.node.name);
    } else if (event.type === 'shut-out-changed') {
      this.excludeShutOut(agent);
    } else if (event.type === 'namesake') {
      this.names.rivalStays(agent, event.instance);
    } else if (event.type === 'refused' && event.failure.code === 'SKEIN_NAME_TAKEN') {
      this.names.turnedAway(agent);
    }
  }

  private explain(agent: BehaviorAgent, node: string | undefined): Finding[] {
    if (node === undefined || node === agent.self.name) return [];
    const record = this.records.get(idOf(node));
    if (record === undefined)
      return [{ code: 'unheard', text: `no announcement of ${node} has ever arrived here` }];
    const seconds = ((agent.now - record.since) / 1000).toFixed(1);
    if (record.reachable) {
      const relays = this.table.walk(record.id)?.slice(0, -1) ?? [];
      const names = relays.map((id) => this.nameOf(id)).join(', ');
      const way = names === '' ? 'by a direct link' : `through ${names}`;
      return [{ code: 'reachable', text: `${node} is reachable ${way}, for ${seconds} s now` }];
    }
    if (record.left) return [{ code: 'left', text: `${node} left by itself ${seconds} s ago` }];
    return [
      {
        code: 'lost',
        text: `${node} has been out of reach for ${seconds} s; no node that is reachable has a link to it`,
      },
    ];
  }

  status(): Record<string, unknown> {
    return {
      records: this.records.size,
      reachable: this.table.reachableCount + 1,
      epoch: this.own.epoch,
      syncPeriodMs: this.syncPeriodMs,
      waiting: this.intake.waitingCount,
      leftOut: this.intake.leftOut,
      /** Neighbors that bring more unknown nodes than they may. */
      held: [...this.intake.heldLinks].flatMap((link) =>
        this.agent === undefined ? [] : (neighborOf(this.agent, link)?.name ?? []),
      ),
      cutOff: this.misconduct.all.map(({ name, reason, times }) => ({ name, reason, times })),
    };
  }

  // ── links ─────────────────────────────────────────────────────────────────────────────────────────

  private check(agent: BehaviorAgent, neighbor: Neighbor): Verdict {
    const cutOff = this.misconduct.standing(neighbor.id, agent.now);
    if (cutOff !== undefined)
      return failure('SKEIN_REFUSED', `${neighbor.name} was cut off here a moment ago: ${cutOff.reason}`);
    if (neighbor.id === agent.self.id) return this.names.meets(agent, neighbor);
    const known = this.records.get(neighbor.id);
    const linked = agent.neighbors.get(neighbor.id);
    const name = known?.name ?? linked?.name ?? neighbor.name;
    if (name !== neighbor.name) return idCollision(name, neighbor.name);
    // A link to another life is asked before it is replaced, whatever the newest record says, if there is any yet.
    const isRival = linked !== undefined && linked.instance !== neighbor.instance;
    const isKnownRival = known?.reachable === true && known.instance !== neighbor.instance;
    if (!isRival && !isKnownRival) return undefined;
    this.names.hold(agent, neighbor, isRival ? linked.link : undefined);
    return 'wait';
  }

  private up(agent: BehaviorAgent, neighbor: Neighbor): Exchange {
    this.own.change();
    this.records.linked(neighbor.id, neighbor.instance);
    agent.flushLater();
    const exchange = new Exchange(this.records);
    this.exchanges.set(neighbor.link, exchange);
    return exchange;
  }

  private down(agent: BehaviorAgent, neighbor: Neighbor): void {
    this.misconduct.linkDown(neighbor.link);
    this.intake.linkDown(neighbor.link);
    this.exchanges.delete(neighbor.link);
    this.own.change();
    this.records.unlinked(neighbor.id);
    agent.flushLater();
  }

  // ── what handlers and far nodes say ───────────────────────────────────────────────────────────────

  private handlerEvent(agent: BehaviorAgent, neighbor: Neighbor, exchanged: ExchangeEvent): void {
    this.now = agent.now;
    if (exchanged.type === 'records') {
      this.intake.arrived(agent, exchanged.records, neighbor.link);
    } else if (exchanged.type === 'probe-reply') {
      this.names.answered(agent, exchanged.reply);
    }
    agent.flushLater();
  }

  private message(agent: BehaviorAgent, frame: Frame): void {
    this.now = agent.now;
    if (frame.type === TopologyType.probe) {
      const probe = decodeProbe(frame.payload);
      if (probe !== undefined) this.names.probed(agent, probe);
    } else if (frame.type === TopologyType.probeReply) {
      const reply = decodeProbeReply(frame.payload);
      if (reply !== undefined) this.names.replied(agent, frame.source, reply, frame.payload);
    }
  }

  private taken(agent: BehaviorAgent, taken: Taken, { unreachableForMs }: CarriedRecord, from: LinkId): void {
    switch (taken.outcome) {
      case 'same':
        this.exchanges.get(from)?.shown(taken.id);
        return;
      case 'accepted':
        for (const [link, exchange] of this.exchanges) {
          if (link === from) exchange.shown(taken.record.id);
          else exchange.queue(taken.record.id);
        }
        if (taken.before !== undefined && taken.record.reachable) {
          agent.emit({
            type: 'sections-changed',
            node: taken.record.id,
            before: taken.before,
            after: taken.record.announcement.sections,
          });
        }
        return;
      case 'own':
        if (taken.record.instance === agent.self.instance)
          this.own.skipTo(taken.record.epoch, taken.record.sequence);
        else this.names.contested(agent, from, taken.record, unreachableForMs >= limits.goneAfterMs);
        return;
      case 'older':
        // Only the origin itself must learn of it (an older life has its name); others will by digest.
        if (agent.neighbors.get(taken.id)?.link === from) this.exchanges.get(from)?.queue(taken.id);
        return;
      case 'collision':
        return agent.log('error', idCollision(taken.known, taken.name).message);
      case 'full':
        return agent.log(
          'warn',
          `no room for the record of ${taken.name}: ${limits.recordsMax} are known already`,
        );
      case 'forged':
        return this.cutOff(agent, from, `it passed on a forged record of ${taken.name}`);
      case 'deferred':
        if (this.misconduct.exceeded(from, agent.now))
          this.cutOff(agent, from, 'it floods the mesh with records');
        return;
      case 'ignored':
        return;
    }
  }

  private held(agent: BehaviorAgent, from: LinkId): void {
    const neighbor = neighborOf(agent, from);
    if (neighbor === undefined) return;
    const { newcomersPerSecond } = topologyLimits;
    const text = `${neighbor.name} brings more nodes of which nothing was known than a neighbor may: ${newcomersPerSecond} of them a second are taken`;
    agent.log('warn', text, { address: neighbor.address });
  }

  private cutOff(agent: BehaviorAgent, link: LinkId, reason: string): void {
    this.intake.forget(link);
    const neighbor = neighborOf(agent, link);
    if (neighbor === undefined) return;
    this.misconduct.cutOff(neighbor, reason, agent.now);
    agent.log('error', `${neighbor.name} is cut off: ${reason}`, { address: neighbor.address });
    agent.closeLink(link, 'protocol');
  }

  // ── telling ───────────────────────────────────────────────────────────────────────────────────────

  private tellChanges(agent: BehaviorAgent, now: number): void {
    const { up, down } = this.table.takeChanges(now, topologyLimits.changesPerTurnMax);
    for (const record of down) {
      agent.emit({ type: 'node-down', node: record, reason: record.left ? 'left' : 'lost' });
      const before = record.announcement.sections;
      agent.emit({ type: 'sections-changed', node: record.id, before, after: noSections });
      this.records.lost(record);
      this.records.forgetExcluded(record);
    }
    for (const record of up) {
      agent.emit({ type: 'node-up', node: record });
      agent.emit({
        type: 'sections-changed',
        node: record.id,
        before: noSections,
        after: record.announcement.sections,
      });
    }
    if (this.records.servicesVersion !== this.toldServices) {
      this.toldServices = this.records.servicesVersion;
      agent.emit({ type: 'services-changed' });
    }
    if (this.table.version !== this.toldVersion) {
      this.toldVersion = this.table.version;
      agent.emit({ type: 'routes-changed' });
    }
  }

  private toldVersion = -1;
  private toldServices = 0;

  /** Those who knew them as reachable hear that they are gone at the end of the turn. */
  private excludeShutOut(agent: BehaviorAgent): void {
    for (const record of [...this.records.entries()])
      if (record.id !== agent.self.id && agent.whyShutOut(record.id, record.instance) !== undefined)
        this.records.exclude(record);
    agent.flushLater();
  }

  private sync(agent: BehaviorAgent): void {
    for (const exchange of this.exchanges.values()) exchange.sendDigest();
    this.scheduleSync(agent);
  }

  /** A little jitter, so that a mesh that started at once does not stay in step. */
  private scheduleSync(agent: BehaviorAgent): void {
    this.syncAt = agent.now + this.syncPeriodMs * (0.9 + 0.2 * agent.random.next());
  }

  private adjacency(agent: BehaviorAgent): Record<string, string[]> {
    const there = new Set<NodeId>([agent.self.id, ...this.table.reachable()]);
    const adjacency: [string, string[]][] = [];
    for (const id of there) {
      const record = this.records.get(id);
      if (record === undefined) continue;
      const neighbors = this.records.adjacentTo(record).filter((other) => there.has(other.id));
      adjacency.push([record.name, neighbors.map(({ name }) => name).sort()]);
    }
    if (adjacency.length === 0) adjacency.push([agent.self.name, []]);
    return Object.fromEntries(adjacency.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private route(agent: BehaviorAgent, node: string, reply: Reply<string[]>): void {
    const id = idOf(node);
    const path = id === agent.self.id ? [] : this.table.walk(id);
    if (path !== undefined) return reply.answer(path.map((hop) => this.nameOf(hop)));
    const known = this.records.get(id) !== undefined;
    const reason = known
      ? failure('SKEIN_NO_ROUTE', `${node} is out of reach`)
      : failure('SKEIN_UNKNOWN_NODE', `no node called ${node} is known`);
    reply.fail(reason);
  }

  private nameOf(id: NodeId): string {
    return this.records.get(id)?.name ?? String(id);
  }
}

function neighborOf({ neighbors }: BehaviorAgent, link: LinkId): Neighbor | undefined {
  for (const neighbor of neighbors.values()) if (neighbor.link === link) return neighbor;
  return undefined;
}

const noSections: ReadonlyMap<string, Uint8Array> = new Map();
