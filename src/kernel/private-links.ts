/**
 * Private links: of one feature alone, beside the links of the mesh.
 *
 * The neighborhood asks here whatever concerns a link whose purpose is the name of a feature (`channel`). Such a
 * link has the handshake, the proof and the heartbeats of any other, but leads to no neighbor: it is neither
 * announced nor routed over, and only its feature hears of it. Invariant: a frame that comes by it is its
 * feature's, from the node behind it, to this one; all else is dropped and counted.
 */
import type { Behaviors, Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DownReason, LinkId, Neighbor } from './contracts.ts';
import { type Failure, failure } from './errors.ts';
import { limits } from './limits.ts';
import { worded } from './link/dial-failure.ts';
import type { Link } from './link/link.ts';
import type { Frame } from './wire/frame.ts';

export interface PrivateLinksPorts {
  readonly behaviors: () => Behaviors;
  readonly arrivedPrivately: (frame: Frame, from: Neighbor, slot: Slot) => void;
}

const privatePurpose = 'channel';

export class PrivateLinks {
  private readonly context: Context;
  private readonly ports: PrivateLinksPorts;
  private readonly open = new Map<LinkId, Link>();

  constructor(context: Context, ports: PrivateLinksPorts) {
    this.context = context;
    this.ports = ports;
  }

  get(id: LinkId): Link | undefined {
    return this.open.get(id);
  }

  /** The dialer says so. */
  isPrivate({ role, purpose, peer }: Link): boolean {
    return (role === 'dialer' ? purpose : peer?.purpose) === privatePurpose;
  }

  /** What is held against it, if anything. */
  objection(neighbor: Neighbor): Failure | undefined {
    const { self } = this.context;
    if (neighbor.id === self.id) return failure('SKEIN_SELF', `${neighbor.address} is a node of this name`);
    if (this.open.size >= limits.privateLinksMax)
      return failure('SKEIN_BUSY', `${self.name} has all the private links it takes`);
    let verdict: Failure | undefined = failure('SKEIN_NOT_NEEDED', `${self.name} has no channels`);
    this.call(({ behavior, agent }) => {
      const { privateLinks } = behavior;
      if (privateLinks?.check !== undefined) verdict = privateLinks.check(agent, neighbor);
    });
    return verdict;
  }

  opened(link: Link, neighbor: Neighbor): void {
    link.neighbor = neighbor;
    this.open.set(link.id, link);
    this.context.count('links.private');
    this.call(({ behavior, agent }) => behavior.privateLinks?.up?.(agent, neighbor));
  }

  frame(link: Link, frame: Frame): void {
    const slot = this.slot;
    if (slot !== undefined && link.neighbor !== undefined)
      this.ports.arrivedPrivately(frame, link.neighbor, slot);
  }

  ended(link: Link, reason: DownReason, detail: Failure | undefined): void {
    const { neighbor, address, purpose } = link;
    if (neighbor !== undefined) {
      this.open.delete(link.id);
      this.call(({ behavior, agent }) => behavior.privateLinks?.down?.(agent, neighbor, reason));
    } else if (link.role === 'dialer') {
      const error = {
        link: link.id,
        address,
        purpose,
        failure: worded(detail, address),
        node: link.peer?.id,
      };
      this.call(({ behavior, agent }) => behavior.privateLinks?.error?.(agent, error));
    }
  }

  private get slot(): Slot | undefined {
    return this.ports.behaviors().named(privatePurpose);
  }

  private call(act: (slot: Slot) => void): void {
    const { slot } = this;
    if (slot !== undefined) this.ports.behaviors().call(slot, act);
  }
}
