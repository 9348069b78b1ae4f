/**
 * Which links may open, and what is said of those that may not.
 *
 * Who calls it: the neighborhood, for each handshake in which the other end has proven itself. The kernel's own
 * objections come first, then every behavior is asked, and one of them may hold the handshake. Invariant: a link
 * is accepted only while nothing is held against it, also after a wait.
 */
import type { Behaviors } from './behaviors.ts';
import type { Context } from './context.ts';
import type { LinkId, Neighbor, Verdict } from './contracts.ts';
import { type Failure, failure, idCollision } from './errors.ts';
import type { Instance, NodeId } from './identity.ts';
import { limits } from './limits.ts';
import { alreadyConnected } from './link/dial-failure.ts';
import type { Hello } from './link/hello.ts';
import type { Link } from './link/link.ts';
import { neighborOf } from './link/neighbor-of.ts';
import { TokenBucket } from './parts/token-bucket.ts';
import type { PrivateLinks } from './private-links.ts';

export interface AdmissionPorts {
  readonly behaviors: () => Behaviors;
  readonly privateLinks: PrivateLinks;
  /** The neighbors of now, each with the link that leads to it. */
  readonly connections: ReadonlyMap<NodeId, { readonly neighbor: Neighbor; readonly link: Link }>;
}

export class Admission {
  private readonly context: Context;
  private readonly ports: AdmissionPorts;
  /** Handshakes that behaviors have asked to hold, and how many still do. */
  private readonly waiting = new Map<LinkId, number>();
  private readonly warnings: TokenBucket;

  constructor(context: Context, ports: AdmissionPorts) {
    this.context = context;
    this.ports = ports;
    this.warnings = new TokenBucket(
      limits.strangerWarningsPerSecond,
      limits.strangerWarningsBurst,
      context.now,
    );
  }

  decide(link: Link): void {
    const peer = link.peer as Hello;
    const refusal = this.objection(link, peer);
    if (refusal !== undefined) return link.refuse(refusal, this.context.now);
    if (this.ports.privateLinks.isPrivate(link)) return link.accept(false, this.context.now);
    link.rival = this.rivalOf(peer);
    const verdict = this.askBehaviors(link, neighborOf(link, peer));
    if (typeof verdict === 'object') return link.refuse(verdict, this.context.now);
    if (verdict > 0) this.waiting.set(link.id, verdict);
    else this.accept(link);
  }

  /** The first refusal, or how many ask to wait. */
  private askBehaviors(link: Link, neighbor: Neighbor): Failure | number {
    let waits = 0;
    let verdict: Verdict;
    this.ports.behaviors().each(({ behavior, agent }) => {
      if (typeof verdict === 'object') return;
      verdict =
        link.role === 'listener'
          ? behavior.links?.checkIncoming?.(agent, neighbor)
          : behavior.links?.checkOutgoing?.(agent, neighbor);
      if (verdict === 'wait') waits++;
    });
    return typeof verdict === 'object' ? verdict : waits;
  }

  /** A behavior that asked to wait has made up its mind. */
  resolve(link: Link, verdict: Failure | undefined): void {
    const waits = this.waiting.get(link.id);
    if (waits === undefined) return;
    if (verdict === undefined && waits > 1) {
      this.waiting.set(link.id, waits - 1);
      return;
    }
    this.waiting.delete(link.id);
    if (verdict !== undefined) return link.refuse(verdict, this.context.now);
    // While we waited, another link to the same node may have opened.
    const peer = link.peer as Hello;
    const refusal = this.objection(link, peer);
    if (refusal !== undefined) return link.refuse(refusal, this.context.now);
    const rival = this.rivalOf(peer);
    if (rival === undefined || rival === link.rival) this.accept(link);
    else this.decide(link);
  }

  /** The link has ended: nobody's mind on it matters any more. */
  forget(link: Link): void {
    this.waiting.delete(link.id);
  }

  private accept(link: Link): void {
    const existing = this.ports.connections.get((link.peer as Hello).id);
    link.rivalConfirmed = existing?.link.confirmed ?? false;
    const same = existing !== undefined && existing.neighbor.instance === link.peer?.instance;
    link.accept(same, this.context.now);
  }

  /** What the kernel itself holds against a link, before any behavior is asked. */
  private objection(link: Link, peer: Hello): Failure | undefined {
    const { self } = this.context;
    const { connections, privateLinks } = this.ports;
    if (peer.instance === self.instance) return failure('SKEIN_SELF', `${link.address} is this node itself`);
    const shutOut = this.context.shutOuts.why(peer.id, peer.instance);
    if (shutOut !== undefined) return shutOut;
    if (privateLinks.isPrivate(link)) return privateLinks.objection(neighborOf(link, peer));
    if (peer.id === self.id) return peer.name === self.name ? undefined : idCollision(self.name, peer.name);
    if (connections.size >= limits.linksMax)
      return failure('SKEIN_BUSY', `${self.name} has all the links it takes`);
    const existing = connections.get(peer.id);
    if (existing === undefined || existing.neighbor.instance !== peer.instance || link.role === 'listener')
      return undefined;
    // A dialer knows whether its other link is older than this dial; only then is the dial for nothing.
    const older = existing.link.openedAt <= link.startedAt || existing.link.role === 'dialer';
    if (!older || existing.link.isSuspect) return undefined;
    return alreadyConnected(peer.name);
  }

  /** The life that a node is linked as, where it is not the one at the other end of this handshake. */
  private rivalOf(peer: Hello): Instance | undefined {
    const linked = this.ports.connections.get(peer.id)?.neighbor.instance;
    return linked === peer.instance ? undefined : linked;
  }

  /** The other end said no. */
  refused(link: Link, refusal: Failure): void {
    const { peer } = link;
    const { self } = this.context;
    if (this.ports.privateLinks.isPrivate(link)) return;
    const isNamesake = peer !== undefined && peer.name === self.name && peer.instance !== self.instance;
    if (isNamesake && refusal.code === 'SKEIN_NAME_TAKEN')
      return this.ports.behaviors().emit({ type: 'namesake', instance: peer.instance });
    this.ports.behaviors().emit({ type: 'refused', address: link.address, failure: refusal });
  }

  /** A link that came in has ended before it opened. Strangers are worth a warning, but not so many that they fill a disk. */
  incomingFailed(detail: Failure | undefined): void {
    this.context.count('links.incoming-failed');
    if (detail === undefined) return;
    const isStranger = detail.code === 'SKEIN_KEY' || detail.code === 'SKEIN_PROTOCOL';
    const level = isStranger && this.warnings.take(this.context.now) ? 'warn' : 'debug';
    this.context.log(level, `refused ${detail.message}`);
  }
}
