/**
 * Private links: each of one feature alone, beside the links of the mesh.
 *
 * The neighborhood asks here whatever concerns a link whose dialer says that it is private. Such a link has the
 * handshake, the proof and the heartbeats of any other, but leads to no neighbor: it is neither announced nor
 * routed over, and only the feature that dialed it hears of it, at both ends. Invariant: a frame that comes by it
 * is its feature's, from the node behind it, to this one; all else is dropped and counted.
 */
import type { Behaviors, Slot } from './behaviors.ts';
import type { Context } from './context.ts';
import type { DialPurpose, DownReason, LinkId, Neighbor } from './contracts.ts';
import { type Failure, failure } from './errors.ts';
import { limits } from './limits.ts';
import { worded } from './link/dial-failure.ts';
import type { Link } from './link/link.ts';
import { purposeOf } from './link/neighbor-of.ts';
import type { Frame } from './wire/frame.ts';

export interface PrivateLinksPorts {
  readonly behaviors: () => Behaviors;
  readonly arrivedPrivately: (frame: Frame, from: Neighbor, slot: Slot) => void;
}

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

  isPrivate(link: Link): boolean {
    return purposeOf(link)?.isPrivate === true;
  }

  /** What is held against it, if anything. */
  objection(neighbor: Neighbor): Failure | undefined {
    const { self } = this.context;
    if (neighbor.id === self.id) return failure('SKEIN_SELF', `${neighbor.address} is a node of this name`);
    if (this.open.size >= limits.privateLinksMax)
      return failure('SKEIN_BUSY', `${self.name} has all the private links it takes`);
    const slot = this.slotOf(neighbor.purpose);
    if (slot === undefined)
      return failure('SKEIN_NOT_NEEDED', `${self.name} does not run the feature of this private link`);
    const takesNone = `the feature "${slot.name}" of ${self.name} takes no private links`;
    let verdict: Failure | undefined = failure('SKEIN_NOT_NEEDED', takesNone);
    this.ports.behaviors().call(slot, ({ behavior, agent }) => {
      const { privateLinks } = behavior;
      if (privateLinks?.check !== undefined) verdict = privateLinks.check(agent, neighbor);
    });
    return verdict;
  }

  /** Those to nodes that are shut out from now on end. */
  shutOutChanged(): void {
    const { shutOuts, now } = this.context;
    for (const link of [...this.open.values()]) {
      const { neighbor } = link;
      if (neighbor !== undefined && shutOuts.why(neighbor.id, neighbor.instance) !== undefined)
        link.close('closed', now);
    }
  }

  opened(link: Link, neighbor: Neighbor): void {
    link.neighbor = neighbor;
    this.open.set(link.id, link);
    this.context.count('links.private');
    this.call(neighbor.purpose, ({ behavior, agent }) => behavior.privateLinks?.up?.(agent, neighbor));
  }

  frame(frame: Frame, from: Neighbor): void {
    const slot = this.slotOf(from.purpose);
    if (slot !== undefined) this.ports.arrivedPrivately(frame, from, slot);
  }

  ended(link: Link, reason: DownReason, detail: Failure | undefined): void {
    const { neighbor, address, purpose } = link;
    if (neighbor !== undefined) {
      this.open.delete(link.id);
      this.call(neighbor.purpose, ({ behavior, agent }) =>
        behavior.privateLinks?.down?.(agent, neighbor, reason),
      );
    } else if (link.role === 'dialer') {
      const error = {
        link: link.id,
        address,
        purpose,
        failure: worded(detail, address),
        node: link.peer?.id,
      };
      this.call(purpose, ({ behavior, agent }) => behavior.privateLinks?.error?.(agent, error));
    }
  }

  /** Undefined where this node does not run the feature. */
  private slotOf({ feature }: DialPurpose): Slot | undefined {
    return this.ports.behaviors().byFeature(feature);
  }

  private call(purpose: DialPurpose, act: (slot: Slot) => void): void {
    const slot = this.slotOf(purpose);
    if (slot !== undefined) this.ports.behaviors().call(slot, act);
  }
}
