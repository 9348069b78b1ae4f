/**
 * The private link to a node that channels lead to: dialed while there are channels and no other link, closed a
 * moment after the last of them has ended.
 *
 * Made for each peer. Invariant: at most one dial at a time; of two links (both ends have dialed) both ends take
 * the one that the higher id has dialed, and whoever dialed the other closes it.
 */
import type { BehaviorAgent, LinkId, Neighbor } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Backoff } from '../../../kernel/parts/backoff.ts';
import { channelLimits } from './limits.ts';

export interface PrivatePathPorts {
  readonly agent: BehaviorAgent;
  readonly hurry: (at: number) => void;
  /** Channels lead there. */
  readonly isWanted: () => boolean;
  /** This node dials at once; the other end only where that comes to nothing. */
  readonly isFirst: () => boolean;
}

const never = Number.POSITIVE_INFINITY;

export class PrivatePath {
  private readonly node: NodeId;
  private readonly ports: PrivatePathPorts;
  /** Open, with who dialed each. */
  private readonly links = new Map<LinkId, Neighbor['direction']>();
  private readonly backoff = new Backoff(channelLimits.privateDialMs, channelLimits.privateDialMsMax);
  private dialing: LinkId | undefined;
  private addressIndex = 0;
  private dialAt = never;
  private closeAt = never;

  constructor(node: NodeId, ports: PrivatePathPorts) {
    this.node = node;
    this.ports = ports;
  }

  /** The link that frames take. */
  get link(): LinkId | undefined {
    const { self } = this.ports.agent;
    const better: Neighbor['direction'] = self.id > this.node ? 'outgoing' : 'incoming';
    for (const [link, direction] of this.links) if (direction === better) return link;
    return this.links.keys().next().value;
  }

  get isIdle(): boolean {
    return this.links.size === 0 && this.dialing === undefined;
  }

  /** Channels have come or gone, or links have. */
  look(): void {
    const { agent } = this.ports;
    if (!this.ports.isWanted()) {
      this.dialAt = never;
      if (this.links.size > 0 && this.closeAt === never)
        this.setCloseAt(agent.now + channelLimits.privateLingerMs);
      return;
    }
    this.closeAt = never;
    const hasWay = this.links.size > 0 || agent.neighbors.has(this.node);
    if (hasWay || this.dialing !== undefined || this.dialAt !== never) return;
    this.setDialAt(agent.now + (this.ports.isFirst() ? 0 : channelLimits.privateDialMs));
  }

  private setDialAt(at: number): void {
    this.dialAt = at;
    this.ports.hurry(at);
  }

  private setCloseAt(at: number): void {
    this.closeAt = at;
    this.ports.hurry(at);
  }

  nextDeadline(): number {
    return Math.min(this.dialAt, this.closeAt);
  }

  deadline(now: number): void {
    if (now >= this.dialAt) this.dial();
    if (now < this.closeAt) return;
    this.closeAt = never;
    this.close();
  }

  close(): void {
    for (const link of [...this.links.keys()]) this.ports.agent.closeLink(link);
  }

  private dial(): void {
    this.dialAt = never;
    const { agent } = this.ports;
    if (this.links.size > 0 || agent.neighbors.has(this.node) || !this.ports.isWanted()) return;
    const addresses = agent.directory.get(this.node)?.addresses ?? [];
    const address = addresses[this.addressIndex % Math.max(1, addresses.length)];
    if (address === undefined) return this.tryLater();
    this.dialing = agent.dialPrivate(address);
  }

  /** Whether this is the dial under way. */
  isDialing(link: LinkId): boolean {
    return this.dialing === link;
  }

  failed(): void {
    this.dialing = undefined;
    this.addressIndex++;
    const { length = 0 } = this.ports.agent.directory.get(this.node)?.addresses ?? [];
    if (this.addressIndex % Math.max(1, length) !== 0) this.setDialAt(this.ports.agent.now);
    else this.tryLater();
  }

  private tryLater(): void {
    const { agent, isWanted } = this.ports;
    if (isWanted()) this.setDialAt(agent.now + this.backoff.steady(agent.random));
  }

  up({ link, direction }: Neighbor): void {
    if (this.dialing === link) this.dialing = undefined;
    this.backoff.reset();
    this.links.set(link, direction);
    if (this.links.size > 1) this.closeDoubles();
    this.look();
  }

  private closeDoubles(): void {
    const stays = this.link;
    for (const [link, direction] of [...this.links])
      if (link !== stays && direction === 'outgoing') this.ports.agent.closeLink(link);
  }

  /** False when it is none of these. */
  down(link: LinkId): boolean {
    if (!this.links.delete(link)) return false;
    const { agent } = this.ports;
    if (this.ports.isWanted() && this.links.size === 0 && this.dialAt === never && this.dialing === undefined)
      this.setDialAt(agent.now + this.backoff.steady(agent.random));
    return true;
  }
}
