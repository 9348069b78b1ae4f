/**
 * Channels: ordered streams of bytes between two nodes, end to end.
 *
 * A behavior. A channel is known by its opener's life and a number that the opener draws at random: who is not on
 * its way cannot guess it. Its frames go by a private link to the other node where there is one (private-path.ts),
 * else by the routes. Invariant: what others send is bounded (admission.ts): requests that wait, channels, windows;
 * a frame that fits no channel is answered with a reset, never with more than it was itself (strays.ts).
 */
import type {
  Behavior,
  BehaviorAgent,
  DiagnosticCalls,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  MeshCalls,
  Neighbor,
  OutgoingError,
  PrivateLinkCalls,
  Returned,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { lifeOf } from '../../../kernel/life.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import { Admission } from './admission.ts';
import { Channel, type ChannelPorts } from './channel.ts';
import * as failures from './channel-failures.ts';
import type { ChannelEvent, ChannelsShape, OpenOptions } from './channel-types.ts';
import { channelLimits } from './limits.ts';
import { Peer } from './peer.ts';
import { answerUnknown, refuseAtOnce, repeatRefusal } from './strays.ts';
import { ChannelCursor, ChannelType } from './wire.ts';

export const channelFeature = 'channel';

const never = Number.POSITIVE_INFINITY;

export class Channels implements Behavior<ChannelsShape> {
  readonly name = channelFeature;
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => this.started(agent),
    stopped: (agent) => this.stopped(agent),
  };
  readonly timers: TimerCalls = {
    tick: () => this.tick(),
    nextDeadline: () => this.lookAt,
    deadline: (_agent, now) => this.deadline(now),
    flush: () => this.flush(),
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => this.message(frame),
    returned: (_agent, returned) => this.returned(returned),
  };
  readonly privateLinks: PrivateLinkCalls = {
    check: (_agent, neighbor) => this.checkPrivate(neighbor),
    up: (agent, neighbor) => this.privateUp(agent, neighbor),
    down: (_agent, neighbor) => this.privateDown(neighbor),
    error: (_agent, error) => this.privateError(error),
  };
  readonly mesh: MeshCalls = { event: (_agent, event) => this.event(event) };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  readonly counts = {
    opened: 0,
    accepted: 0,
    refused: 0,
    lost: 0,
    resent: 0,
    repeated: 0,
    holes: 0,
    beyondWindow: 0,
    falseCredit: 0,
    unknown: 0,
    malformed: 0,
  };
  private readonly availability: AvailabilityCore;
  private agent!: BehaviorAgent;
  private readonly cursor = new ChannelCursor();
  private readonly peers = new Map<NodeId, Peer>();
  private readonly admission = new Admission();
  private readonly asked = new Set<Channel>();
  private readonly changed = new Set<Channel>();
  private readonly pumped = new Set<Channel>();
  /** When some channel's deadline may have come. */
  private lookAt = never;
  private ports!: ChannelPorts;

  constructor(availability: AvailabilityCore) {
    this.availability = availability;
  }

  private started(agent: BehaviorAgent): void {
    this.agent = agent;
    this.ports = {
      agent,
      changed: (channel) => this.gather(this.changed, channel),
      pumpLater: (channel) => this.gather(this.pumped, channel),
      hurry: (at) => this.hurry(at),
      over: (channel) => this.over(channel),
      count: (what) => this.counts[what]++,
    };
  }

  private stopped(agent: BehaviorAgent): void {
    const why = failures.closed(agent.self.name);
    for (const channel of this.all()) {
      if (channel.phase.name === 'requested') channel.refuse('closing', '');
      else channel.reset('closing', '', why);
    }
    this.flush();
  }

  // ── the program ───────────────────────────────────────────────────────────────────────────────────

  /** The nearest other node that offers a service and is available. Undefined: nobody offers it. */
  provider(service: string): NodeId | Failure | undefined {
    const { directory, routes, self } = this.agent;
    const offering = routes.providers(idOf(service)).filter((node) => node !== self.id);
    const found = offering.find((node) => this.availability.isAvailable(node));
    if (found !== undefined || offering.length === 0) return found;
    return failures.nobodyAvailable(
      service,
      offering.map((node) => directory.get(node)?.name ?? '?'),
    );
  }

  /** Asks a node for a channel. @returns the channel, `opening`, or why there is none. */
  open(node: NodeId, options: OpenOptions, handle: unknown): Channel | Failure {
    const entry = this.agent.directory.get(node);
    if (entry === undefined) return failure('SKEIN_UNKNOWN_NODE', 'no node of that name is known');
    const peer = this.peerOf(node, lifeOf(entry.instance));
    if (!peer.isReachable) return failures.noRoute(entry.name);
    if (this.admission.isFull(peer)) return failures.tooMany(entry.name);
    if (!this.admission.hasMemory(options.windowBytes)) return failures.noMemory();
    const { protocol, timeoutMs, windowBytes } = options;
    const until = this.agent.now + timeoutMs;
    const about = { number: this.newNumber(peer), isOpener: true, protocol };
    const channel = new Channel(this.ports, peer, about, windowBytes, { name: 'opening', until, timeoutMs });
    channel.handle = handle;
    this.add(peer, channel);
    this.counts.opened++;
    channel.ask();
    return channel;
  }

  /** One that was `requested`; over at once where there is no room for its window, or nobody waits any more. */
  accept(channel: Channel, windowBytes: number): void {
    if (channel.phase.name !== 'requested') return;
    if (!this.admission.hasMemory(windowBytes)) return channel.refuse('busy', '');
    this.admission.accepted(windowBytes);
    this.counts.accepted++;
    channel.accept(windowBytes);
    channel.peer.path.look();
  }

  refuse(channel: Channel, text: string): void {
    channel.refuse('program', text);
  }

  /** @param protocol Empty: each that nobody else accepts. False: it is accepted already. */
  offer(protocol: string): boolean {
    return this.admission.offer(protocol);
  }

  withdraw(protocol: string): void {
    this.admission.withdraw(protocol);
  }

  private newNumber(peer: Peer): number {
    for (;;) {
      const number = this.agent.random.bytes(6).reduce((sum, byte) => sum * 256 + byte, 0);
      if (peer.get(number, true) === undefined && peer.lastWord(number, true) === undefined) return number;
    }
  }

  // ── what comes ────────────────────────────────────────────────────────────────────────────────────

  private message(frame: Frame): void {
    const { cursor } = this;
    if (!cursor.read(frame)) {
      this.counts.malformed++;
      return;
    }
    if (cursor.forLife !== lifeOf(this.agent.self.instance)) {
      this.counts.unknown++;
      return;
    }
    if (frame.type === ChannelType.open) return this.openReceived(frame);
    const peer = this.peers.get(frame.source);
    // Whoever the sender has opened it, we have not.
    const channel = peer?.life === cursor.life ? peer.get(frame.sequence, !cursor.isOpener) : undefined;
    if (channel === undefined) this.unknown(frame, peer);
    else this.handle(channel, frame.type);
  }

  private handle(channel: Channel, type: number): void {
    const { cursor } = this;
    switch (type) {
      case ChannelType.data:
        return channel.data(cursor);
      case ChannelType.credit:
        return channel.credit(cursor);
      case ChannelType.end:
        return channel.ended(cursor);
      case ChannelType.accepted:
        channel.accepted(cursor.window);
        return channel.peer.path.look();
      case ChannelType.refused:
        return channel.refused(cursor.reason, cursor.text);
      default:
        return channel.wasReset(cursor.reason, cursor.text);
    }
  }

  private openReceived(frame: Frame): void {
    const { cursor, agent } = this;
    const entry = agent.directory.get(frame.source);
    // Its record is on its way: it will ask again.
    if (entry === undefined || lifeOf(entry.instance) !== cursor.life || !cursor.isOpener) {
      this.counts.unknown++;
      return;
    }
    const number = frame.sequence;
    const peer = this.peerOf(frame.source, cursor.life);
    const lastWord = peer.lastWord(number, false);
    if (lastWord !== undefined) return repeatRefusal(peer, number, lastWord);
    const known = peer.get(number, false);
    if (known !== undefined) return known.askedAgain();
    const reason = this.admission.objection(peer, cursor.protocol);
    if (reason !== undefined) {
      this.counts.refused++;
      return refuseAtOnce(peer, number, reason);
    }
    const until = agent.now + channelLimits.channelRequestMs;
    const about = { number, isOpener: false, protocol: cursor.protocol };
    const channel = new Channel(this.ports, peer, about, 0, { name: 'requested', until });
    this.add(peer, channel);
    channel.requested(cursor.window);
    this.gather(this.asked, channel);
  }

  /** Of a channel that is over, or never was. */
  private unknown(frame: Frame, peer: Peer | undefined): void {
    this.counts.unknown++;
    answerUnknown(this.agent, frame, this.cursor, peer);
  }

  private returned({ nodes, type, sequence, reason }: Returned): void {
    for (const node of nodes) {
      const peer = this.peers.get(node);
      (peer?.get(sequence, true) ?? peer?.get(sequence, false))?.returned(type, reason);
    }
  }

  // ── nodes and links ───────────────────────────────────────────────────────────────────────────────

  private event(event: KernelEvent): void {
    if (event.type === 'routes-changed' || event.type === 'node-up')
      for (const peer of this.peers.values()) this.look(peer);
    else if (event.type === 'node-down') {
      const peer = this.peers.get(event.node.id);
      if (peer === undefined) return;
      if (event.reason === 'left') this.loseAll(peer, failures.left(event.node.name));
      else this.look(peer);
    }
  }

  private look(peer: Peer): void {
    const entry = this.agent.directory.get(peer.node);
    if (entry !== undefined && lifeOf(entry.instance) !== peer.life)
      return this.loseAll(peer, failures.restarted(entry.name));
    peer.rerouted();
    this.hurry(peer.lostAt);
  }

  private loseAll(peer: Peer, why: Failure): void {
    for (const channel of peer.all()) channel.lost(why);
    peer.path.look();
  }

  private checkPrivate(neighbor: Neighbor): Failure | undefined {
    const peer = this.peers.get(neighbor.id);
    const isMeant = peer?.life === lifeOf(neighbor.instance) && peer.some(({ isOpen }) => isOpen);
    const isExpected = neighbor.direction === 'incoming' || peer?.path.isDialing(neighbor.link) === true;
    if (isMeant && isExpected) return undefined;
    return failure('SKEIN_NOT_NEEDED', `there is no channel with ${neighbor.name} that needs a link`);
  }

  private privateUp(agent: BehaviorAgent, neighbor: Neighbor): void {
    const peer = this.peers.get(neighbor.id);
    if (peer?.life !== lifeOf(neighbor.instance)) return agent.closeLink(neighbor.link);
    peer.path.up(neighbor);
    peer.linkUp();
  }

  private privateDown(neighbor: Neighbor): void {
    const peer = this.peers.get(neighbor.id);
    peer?.linkDown(neighbor.link);
    if (peer !== undefined) this.hurry(peer.lostAt);
  }

  private privateError(error: OutgoingError): void {
    for (const { path } of this.peers.values()) if (path.isDialing(error.link)) path.failed();
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  private tick(): void {
    for (const [node, peer] of this.peers) if (peer.tick()) this.peers.delete(node);
  }

  private deadline(now: number): void {
    if (now < this.lookAt) return;
    for (const peer of this.peers.values()) {
      peer.deadline(now);
      if (now >= peer.lostAt) for (const channel of peer.all()) channel.lost(failures.outOfReach(peer.name));
    }
    this.lookAt = never;
    for (const peer of this.peers.values()) this.hurry(peer.nextDeadline());
  }

  private hurry(at: number): void {
    this.lookAt = Math.min(this.lookAt, at);
  }

  private flush(): void {
    for (const channel of this.pumped) channel.pump();
    this.pumped.clear();
    this.hand('requested', this.asked);
    this.hand('changed', this.changed);
  }

  private hand(type: ChannelEvent['type'], gathered: Set<Channel>): void {
    if (gathered.size === 0) return;
    const event: ChannelEvent = { type, channels: [...gathered] };
    gathered.clear();
    this.agent.deliver(event);
  }

  status(): Record<string, unknown> {
    const direct = this.all().filter(({ isOpen, path }) => isOpen && path === 'direct').length;
    return {
      ...this.counts,
      open: this.all().filter(({ isOpen }) => isOpen).length,
      direct,
      accepts: this.admission.isOffered,
      waiting: this.admission.requestCount,
      windowBytes: this.admission.windowsBytes,
    };
  }

  // ── inside ────────────────────────────────────────────────────────────────────────────────────────

  private gather(gathered: Set<Channel>, channel: Channel): void {
    gathered.add(channel);
    this.agent.flushLater();
  }

  private all(): Channel[] {
    return [...this.peers.values()].flatMap((peer) => peer.all());
  }

  private peerOf(node: NodeId, life: number): Peer {
    const known = this.peers.get(node);
    if (known?.life === life) return known;
    if (known !== undefined) {
      this.loseAll(known, failures.restarted(known.name));
      known.path.close();
    }
    const peer = new Peer(this.agent, node, life, (at) => this.hurry(at));
    this.peers.set(node, peer);
    peer.rerouted();
    return peer;
  }

  private add(peer: Peer, channel: Channel): void {
    peer.add(channel);
    this.admission.added(channel);
    this.hurry(peer.lostAt);
  }

  private over(channel: Channel): void {
    const { phase, peer } = channel;
    peer.remove(channel);
    this.admission.removed(channel);
    if (phase.name === 'over' && phase.failure !== undefined && channel.sender !== undefined)
      this.counts.lost++;
    this.pumped.delete(channel);
    peer.path.look();
  }
}
