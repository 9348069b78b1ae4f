/**
 * A life of another node that channels lead to: its channels, the ways there, and what is over.
 *
 * Made by the channels behavior. Invariant: a number that was used is not taken for a new channel while it is
 * remembered; a peer without channels is forgotten after a while.
 */
import type { BehaviorAgent, LinkId } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { lifeOf } from '../../../kernel/life.ts';
import { limits } from '../../../kernel/limits.ts';
import type { Channel } from './channel.ts';
import type { ChannelPeer, LastWord, OverChannel } from './context-types.ts';
import { channelLimits } from './limits.ts';
import { PrivatePath } from './private-path.ts';
import { ChannelType } from './wire.ts';

export class Peer implements ChannelPeer {
  readonly node: NodeId;
  readonly life: number;
  readonly ownLife: number;
  readonly path: PrivatePath;
  private readonly agent: BehaviorAgent;
  private readonly channels = new Map<number, Channel>();
  /** Numbers of channels that are over, with what the other end is told that has missed our last word. */
  private readonly overs = new Map<number, LastWord>();
  /** The neighbor that frames leave by, as it was seen last. */
  private nextHop: NodeId | undefined;
  /** Out of reach since then. */
  private unreachableSince = Number.POSITIVE_INFINITY;
  private idleTicks = 0;

  constructor(agent: BehaviorAgent, node: NodeId, life: number, hurry: (at: number) => void) {
    this.agent = agent;
    this.node = node;
    this.life = life;
    this.ownLife = lifeOf(agent.self.instance);
    this.path = new PrivatePath(node, {
      agent,
      hurry,
      isWanted: () => this.some(({ isOpen }) => isOpen),
      isFirst: () => this.some(({ isOpen, isOpener }) => isOpen && isOpener),
    });
  }

  get name(): string {
    return this.agent.directory.get(this.node)?.name ?? String(this.node);
  }

  get size(): number {
    return this.channels.size;
  }

  /** The private link that is open. */
  get link(): LinkId | undefined {
    return this.path.link;
  }

  get isDirect(): boolean {
    return this.link !== undefined || this.agent.neighbors.has(this.node);
  }

  get isReachable(): boolean {
    return this.isDirect || this.agent.routes.pathToNode(this.node).action === 'next';
  }

  all(): Channel[] {
    return [...this.channels.values()];
  }

  some(is: (channel: Channel) => boolean): boolean {
    for (const channel of this.channels.values()) if (is(channel)) return true;
    return false;
  }

  get(number: number, isOpener: boolean): Channel | undefined {
    return this.channels.get(keyOf(number, isOpener));
  }

  add(channel: Channel): void {
    this.channels.set(keyOf(channel.number, channel.isOpener), channel);
    this.idleTicks = 0;
  }

  remove({ number, isOpener, lastWord }: OverChannel): void {
    const key = keyOf(number, isOpener);
    this.channels.delete(key);
    this.overs.set(key, lastWord);
    if (this.overs.size <= channelLimits.channelsOverRemembered) return;
    const { value: oldest } = this.overs.keys().next();
    if (oldest !== undefined) this.overs.delete(oldest);
  }

  /** Undefined: no such channel is remembered. */
  lastWord(number: number, isOpener: boolean): LastWord | undefined {
    return this.overs.get(keyOf(number, isOpener));
  }

  /** True once nothing has led there for long. */
  tick(): boolean {
    if (this.channels.size > 0 || !this.path.isIdle) this.idleTicks = 0;
    return ++this.idleTicks > channelLimits.channelPeerIdleTicks;
  }

  /** By the private link, else by the routes. False: it could not leave. */
  say(type: number, sequence: number, payload: Uint8Array, wantsReturn: boolean): boolean {
    const options = { type, sequence, wantsReturn, urgent: type === ChannelType.credit };
    const { link } = this;
    if (link !== undefined) return this.agent.sendVia(link, this.node, payload, options);
    return this.agent.send({ to: 'node', node: this.node }, payload, options).length === 0;
  }

  // ── ways ──────────────────────────────────────────────────────────────────────────────────────────

  /** The routes may have changed. */
  rerouted(): void {
    const path = this.agent.routes.pathToNode(this.node);
    const nextHop = path.action === 'next' ? path.neighbor : undefined;
    const before = this.nextHop;
    this.nextHop = nextHop;
    this.watchReach();
    this.path.look();
    if (nextHop === before) return;
    // What has left by a neighbor that is still there will come; what waited for one that is gone will not.
    const isGone = before !== undefined && !this.agent.neighbors.has(before);
    for (const channel of this.all()) {
      if (isGone) channel.wayLost(undefined);
      if (nextHop !== undefined) channel.wayFound();
    }
  }

  linkDown(link: LinkId): void {
    if (!this.path.down(link)) return;
    for (const channel of this.all()) channel.wayLost(link);
    this.watchReach();
  }

  linkUp(): void {
    this.watchReach();
    for (const channel of this.all()) channel.wayFound();
  }

  private watchReach(): void {
    if (this.isReachable) this.unreachableSince = Number.POSITIVE_INFINITY;
    else this.unreachableSince = Math.min(this.unreachableSince, this.agent.now);
  }

  /** From then on its channels are lost. */
  get lostAt(): number {
    return this.channels.size === 0 ? Number.POSITIVE_INFINITY : this.unreachableSince + limits.routeGraceMs;
  }

  nextDeadline(): number {
    let next = Math.min(this.lostAt, this.path.nextDeadline());
    for (const channel of this.channels.values()) next = Math.min(next, channel.nextDeadline());
    return next;
  }

  deadline(now: number): void {
    this.path.deadline(now);
    for (const channel of this.all()) channel.deadline(now);
  }
}

/** Each end numbers the channels that it opens. */
function keyOf(number: number, isOpener: boolean): number {
  return number * 2 + (isOpener ? 1 : 0);
}
