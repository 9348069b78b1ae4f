/**
 * The dials of discovery: which are under way, which wait their turn, which were made just now.
 *
 * Who calls it: the discovery behavior. A node may have several addresses: all are tried, a few at a time, until one
 * leads to that node. Invariant: never two races to one node at a time, and one per (node, instance) and
 * addresses in `dialAgainMs` unless it was asked for by hand or a connection broke that may be mended; of one race at most one link to that node opens.
 */
import type {
  BehaviorAgent,
  LinkId,
  Neighbor,
  NodeEntry,
  OutgoingError,
  Reply,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import type { Instance, NodeId } from '../../../kernel/identity.ts';
import { AddressRace, type Candidate } from '../../../kernel/parts/address-race.ts';
import { sharedAddresses } from '../../../kernel/routing/shared-addresses.ts';
import { type DialReason, reasonByte } from './dial-reason.ts';
import { discoveryLimits } from './limits.ts';
import { WrongAddresses } from './wrong-addresses.ts';

/** Somebody to dial: a node by its addresses, or an address behind which anybody may be. */
export interface Target {
  readonly node: NodeId | undefined;
  /** Its life, where that is known: a restarted node may be dialed again at once. */
  readonly instance?: Instance;
  readonly addresses: readonly string[];
  readonly purpose: DialReason;
  /** Dialed a moment ago, and on purpose once more. */
  readonly isAgain?: boolean;
  /** Who waits for it: a command's reply, or a seed. */
  readonly reply?: Reply<Neighbor>;
  readonly seed?: string;
}

/** The dials of one target that are under way. */
interface Racing {
  readonly target: Target;
  readonly race: AddressRace;
  /** The link that may open: of several that get through at a time only the first does. */
  claimed: LinkId | undefined;
  failure: Failure | undefined;
}

/** The last dial of one life of a node. */
interface Recent {
  readonly at: number;
  readonly addresses: ReadonlySet<string>;
}

interface Scheduled {
  readonly at: number;
  readonly life: string;
  readonly target: () => Target | undefined;
}

export type DialOutcome =
  | { readonly outcome: 'up'; readonly target: Target; readonly neighbor: Neighbor }
  | { readonly outcome: 'failed'; readonly target: Target; readonly failure: Failure };

const recentMax = 4096;

export class Dials {
  private readonly racing = new Map<LinkId, Racing>();
  private readonly races = new Set<Racing>();
  readonly wrongAddresses = new WrongAddresses();
  private readonly underWay = new Map<NodeId, Racing>();
  private readonly recent = new Map<string, Recent>();
  private scheduled: Scheduled[] = [];

  /** Dials now. False: one is under way, or was made a moment ago. */
  dial(agent: BehaviorAgent, target: Target): boolean {
    if (target.node !== undefined && target.reply === undefined) {
      const life = lifeOf(target.node, target.instance);
      const underWay = this.underWay.get(target.node);
      if (underWay !== undefined) return underWay.race.add(target.addresses);
      if (this.isRecent(life, target, agent.now)) {
        if (target.isAgain !== true) return false;
      } else {
        if (this.recent.size >= recentMax) this.recent.clear();
        this.recent.set(life, { at: agent.now, addresses: new Set(target.addresses) });
      }
    }
    return this.begin(agent, target);
  }

  /** Dials after a wait; whether and why is decided then. One at a time for each life of a node: the first due. */
  later(at: number, node: NodeId, instance: Instance, target: () => Target | undefined): void {
    const life = lifeOf(node, instance);
    const waiting = this.scheduled.findIndex((entry) => entry.life === life);
    if (waiting < 0) {
      if (this.scheduled.length < discoveryLimits.dialsScheduledMax)
        this.scheduled.push({ at, life, target });
    } else if (at < (this.scheduled[waiting] as Scheduled).at) this.scheduled[waiting] = { at, life, target };
  }

  nextDeadline(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.scheduled) next = Math.min(next, at);
    for (const { race } of this.races) next = Math.min(next, race.nextDeadline());
    return next;
  }

  deadline(agent: BehaviorAgent, now: number): void {
    for (const racing of [...this.races]) this.advance(agent, racing);
    const due = this.scheduled.filter((entry) => entry.at <= now);
    if (due.length === 0) return;
    this.scheduled = this.scheduled.filter((entry) => entry.at > now);
    for (const entry of due) {
      const target = entry.target();
      if (target !== undefined) this.dial(agent, target);
    }
  }

  /**
   * What is held against a link that these dials have led to: it is to another node of this mesh than the one that was
   * dialed, or another link to that one is about to open. A node outside the mesh is welcome wherever it is met.
   */
  objection(agent: BehaviorAgent, neighbor: Neighbor): Failure | undefined {
    const racing = this.racing.get(neighbor.link);
    if (racing === undefined) return undefined;
    const { node } = racing.target;
    if (node !== undefined && node !== neighbor.id) {
      if (!Number.isFinite(agent.routes.distance(neighbor.id))) return undefined;
      return failure(
        'SKEIN_NOT_NEEDED',
        `${neighbor.address} leads to ${neighbor.name}, which was not dialed`,
      );
    }
    racing.claimed ??= neighbor.link;
    if (racing.claimed === neighbor.link) return undefined;
    return failure('SKEIN_NOT_NEEDED', `another link to ${neighbor.name} is about to open`);
  }

  /** Undefined: no dial of these, or it led to another node than it was for and others are still under way. */
  linkUp(agent: BehaviorAgent, neighbor: Neighbor): DialOutcome | undefined {
    const racing = this.take(neighbor.link);
    if (racing === undefined) return undefined;
    const { target, race } = racing;
    const candidate = race.ended(neighbor.link, agent.now) as Candidate;
    if (target.node !== undefined && target.node !== neighbor.id) {
      this.metAt(agent, racing, candidate, neighbor.id);
      racing.failure = failure('SKEIN_UNREACHABLE', `${candidate.address} leads to ${neighbor.name}`);
      return this.goOn(agent, racing);
    }
    this.wrongAddresses.found(neighbor.id, candidate.address);
    this.end(agent, racing);
    return { outcome: 'up', target, neighbor };
  }

  /** The dial has met another node than it was for. */
  isToAnother({ link, node, failure: { code } }: OutgoingError): boolean {
    const wanted = this.racing.get(link)?.target.node;
    return code !== 'SKEIN_CLOSED' && wanted !== undefined && node !== undefined && node !== wanted;
  }

  /** A link to this node is up, dialed from either end: no further address of it is tried. */
  linked(node: NodeId): void {
    for (const { target, race } of this.races) if (target.node === node) race.stop();
  }

  /** Goes on with the other addresses, or reports that all have failed. */
  linkFailed(agent: BehaviorAgent, error: OutgoingError): DialOutcome | undefined {
    const racing = this.take(error.link);
    if (racing === undefined) return undefined;
    const { target, race } = racing;
    const isSelf = error.failure.code === 'SKEIN_SELF';
    // The node that was meant has answered and refused: its other addresses lead to the same answer.
    const isMeant = !isSelf && error.node !== undefined && error.node === (target.node ?? error.node);
    const candidate = race.ended(error.link, agent.now, isMeant ? undefined : error.address) as Candidate;
    if (racing.claimed === error.link) racing.claimed = undefined;
    if (!isMeant && error.node !== undefined) this.metAt(agent, racing, candidate, error.node);
    // That a name has no further address says less than what was met at those that it has.
    if (candidate.avoid.length === 0 || error.address !== candidate.address || racing.failure === undefined)
      racing.failure = error.failure;
    if (isMeant) {
      this.end(agent, racing);
      return { outcome: 'failed', target, failure: error.failure };
    }
    return this.goOn(agent, racing);
  }

  private begin(agent: BehaviorAgent, target: Target): boolean {
    if (target.addresses.length === 0) return false;
    const race = new AddressRace(this.inOrder(agent, target), agent.now);
    const racing: Racing = { target, race, claimed: undefined, failure: undefined };
    this.races.add(racing);
    if (target.node !== undefined) this.underWay.set(target.node, racing);
    this.advance(agent, racing);
    return true;
  }

  private advance(agent: BehaviorAgent, racing: Racing): void {
    const { race, target } = racing;
    for (;;) {
      const candidate = race.take(agent.now);
      if (candidate === undefined) return;
      const link = agent.dial(candidate.address, reasonByte(target.purpose), candidate.avoid);
      race.started(link, candidate, agent.now);
      this.racing.set(link, racing);
    }
  }

  private goOn(agent: BehaviorAgent, racing: Racing): DialOutcome | undefined {
    this.advance(agent, racing);
    if (!racing.race.isOver) return undefined;
    this.end(agent, racing);
    return { outcome: 'failed', target: racing.target, failure: racing.failure as Failure };
  }

  /** Dials that are still under way are closed: the winner is linked already. */
  private end(agent: BehaviorAgent, racing: Racing): void {
    this.races.delete(racing);
    const { node } = racing.target;
    if (node !== undefined && this.underWay.get(node) === racing) this.underWay.delete(node);
    for (const link of racing.race.links) {
      this.racing.delete(link);
      agent.closeLink(link);
    }
  }

  private metAt({ now }: BehaviorAgent, { target }: Racing, { address }: Candidate, node: NodeId): void {
    if (target.node !== undefined) this.wrongAddresses.met(target.node, address, node, now);
  }

  /** Addresses that are likely to lead to another node come last; all are tried. */
  private inOrder(agent: BehaviorAgent, { node, addresses }: Target): readonly string[] {
    if (node === undefined || addresses.length < 2) return addresses;
    const shared = sharedAddresses(agent, addresses, node);
    const doubtOf = (address: string): number => {
      if (this.wrongAddresses.whoAt(node, address, agent.now) !== undefined) return 2;
      return shared.has(address) ? 1 : 0;
    };
    return [...addresses].sort((a, b) => doubtOf(a) - doubtOf(b));
  }

  private take(link: LinkId): Racing | undefined {
    const racing = this.racing.get(link);
    this.racing.delete(link);
    return racing;
  }

  /** An address that was not known then is worth a dial of its own: the node has moved. */
  private isRecent(life: string, { addresses }: Target, now: number): boolean {
    const last = this.recent.get(life);
    if (last === undefined || now - last.at >= discoveryLimits.dialAgainMs) return false;
    return addresses.every((address) => last.addresses.has(address));
  }
}

/** A known node, by what it said of itself. */
export function targetOf(entry: NodeEntry, purpose: DialReason): Target {
  return { node: entry.id, instance: entry.instance, addresses: entry.addresses, purpose };
}

/** Up to `count` of them, at random. */
export function pick<Item>(items: readonly Item[], count: number, agent: BehaviorAgent): Item[] {
  const rest = [...items];
  const picked: Item[] = [];
  while (picked.length < count && rest.length > 0) {
    picked.push(...rest.splice(Math.floor(agent.random.next() * rest.length), 1));
  }
  return picked;
}

function lifeOf(node: NodeId, instance: Instance | undefined): string {
  return `${node}.${instance ?? ''}`;
}
