/**
 * Who is the broker: this node, another one, a program that is none of skein's, or nobody yet.
 *
 * Who calls it: the formation, with what is announced, what dials come to and what became of binding. A node that
 * knows of no broker waits a moment at random, asks every listed address whether somebody is there, and binds the
 * first of its own machine's where nobody is. Invariant: it never holds an address while it follows somebody; of
 * two brokers that see each other the one of the lower epoch lets go; one that stands aside binds nothing.
 */
import type { BehaviorAgent, LinkId, Neighbor, OutgoingError } from '../../../kernel/contracts.ts';
import type { NodeId } from '../../../kernel/identity.ts';
import { Backoff } from '../../../kernel/parts/backoff.ts';
import { decodeClaim, encodeClaim, type Held, nextEpoch, outranks } from './claim.ts';
import { formationLimits } from './limits.ts';

export type Standing =
  | { readonly role: 'seeking' }
  | { readonly role: 'broker'; readonly claim: Held }
  | { readonly role: 'member'; readonly claim: Held }
  /** Of a broker that speaks nanomsg and nothing else. */
  | { readonly role: 'guest'; readonly peer: number; readonly address: string; readonly since: number };

/** What is known of a listed address, for `why`. */
export type Outlook = 'unknown' | 'nobody' | 'node' | 'other' | 'ours';

type Phase =
  /** Until the time has come to ask. */
  | { readonly name: 'waiting' }
  | { readonly name: 'asking' }
  /** To see what binding one after the other comes to. */
  | { readonly name: 'binding'; readonly address: string; readonly rest: readonly string[] }
  /** To see whether a nanomsg program is the broker there. */
  | { readonly name: 'joining'; readonly address: string; readonly rest: readonly string[] }
  | { readonly name: 'settled' };

export interface ElectionPorts {
  /** `standing` is another than before. */
  readonly stands: (agent: BehaviorAgent) => void;
}

const never = Number.POSITIVE_INFINITY;
/** A dial that failed for one of these has found nobody. */
const foundNobody = new Set<unknown>(['refused', 'timeout', 'no-way', 'unknown-name']);

export class Election {
  standing: Standing = { role: 'seeking' };
  readonly outlook = new Map<string, Outlook>();
  /** Brokers that let go for a higher epoch, and takings of the address. */
  readonly counts = { bound: 0, steppedDown: 0 };
  /** `host:port`, in the order in which they are preferred. None: it has not begun. */
  addresses: readonly string[] = [];
  /** It may follow a broker, and is none. */
  isAside = false;
  private isForNodes = false;
  private readonly ports: ElectionPorts;
  private readonly claims = new Map<NodeId, Held>();
  private readonly asked = new Map<LinkId, string>();
  private readonly backoff = new Backoff(formationLimits.seekAgainMs, formationLimits.seekAgainMsMax);
  private phase: Phase = { name: 'waiting' };
  private at = never;
  private epochSeen = 0;
  /** Rounds without a broker: what holds an address and says nothing in the first may say it yet. */
  private rounds = 0;

  constructor(ports: ElectionPorts) {
    this.ports = ports;
  }

  get isStarted(): boolean {
    return this.addresses.length > 0;
  }

  /** The one to follow, where it is known. */
  get claim(): Held | undefined {
    const { standing } = this;
    return standing.role === 'broker' || standing.role === 'member' ? standing.claim : undefined;
  }

  /** Once. A broker that was announced before counts. @param isForNodes No program but nodes is followed. */
  start(agent: BehaviorAgent, addresses: readonly string[], isForNodes: boolean): void {
    if (this.isStarted) return;
    this.addresses = addresses;
    this.isForNodes = isForNodes;
    for (const address of addresses) this.outlook.set(address, 'unknown');
    this.seek(agent, agent.random.next() * formationLimits.bindJitterMs);
    this.weigh(agent);
    agent.flushLater();
  }

  stop(agent: BehaviorAgent): void {
    this.phase = { name: 'settled' };
    this.at = never;
    if (this.standing.role === 'broker')
      agent.door({ type: 'release', address: this.standing.claim.address });
    if (this.standing.role === 'guest') agent.door({ type: 'dismiss', peer: this.standing.peer });
  }

  standAside(agent: BehaviorAgent, isAside: boolean): void {
    if (isAside === this.isAside) return;
    this.isAside = isAside;
    // A broker that is found is given the time to announce itself.
    this.rounds = 0;
    const { standing } = this;
    if (isAside && standing.role === 'broker') this.letGo(agent, standing.claim, 'this node is denied');
    if (!this.isStarted || standing.role === 'member' || standing.role === 'guest') return;
    // What is being bound is released once it is bound.
    this.seek(agent, agent.random.next() * formationLimits.bindJitterMs);
    agent.flushLater();
  }

  nextDeadline(): number {
    return this.at;
  }

  deadline(agent: BehaviorAgent, now: number): void {
    if (now < this.at) return;
    this.at = never;
    if (this.standing.role === 'broker') this.look(agent);
    else if (this.phase.name === 'waiting') this.ask(agent);
    else if (this.phase.name === 'asking') this.conclude(agent);
  }

  // ── what is announced ─────────────────────────────────────────────────────────────────────────────

  /** @param section Undefined: it claims nothing, or is out of reach. */
  announced(agent: BehaviorAgent, node: NodeId, section: Uint8Array | undefined): void {
    const claim = section === undefined ? undefined : decodeClaim(section);
    if (claim === undefined) this.claims.delete(node);
    else this.claims.set(node, { ...claim, node, name: agent.directory.get(node)?.name ?? '' });
    if (this.isStarted) this.weigh(agent);
  }

  private weigh(agent: BehaviorAgent): void {
    const { standing } = this;
    const best = this.best();
    if (standing.role === 'broker') {
      if (best !== undefined && outranks(best, standing.claim)) this.stepDown(agent, best);
    } else if (best !== undefined) this.follow(agent, best);
    else if (standing.role === 'member') this.seek(agent, agent.random.next() * formationLimits.bindJitterMs);
  }

  private best(): Held | undefined {
    let best: Held | undefined;
    for (const held of this.claims.values()) {
      // Of another formation.
      if (!this.outlook.has(held.address)) continue;
      this.epochSeen = Math.max(this.epochSeen, held.epoch);
      if (best === undefined || outranks(held, best)) best = held;
    }
    return best;
  }

  private follow(agent: BehaviorAgent, claim: Held): void {
    const { standing } = this;
    if (
      standing.role === 'member' &&
      standing.claim.node === claim.node &&
      standing.claim.epoch === claim.epoch
    )
      return;
    if (standing.role === 'guest') agent.door({ type: 'dismiss', peer: standing.peer });
    this.settle();
    this.stand(agent, { role: 'member', claim });
  }

  private stepDown(agent: BehaviorAgent, best: Held): void {
    if (this.standing.role !== 'broker') return;
    this.letGo(agent, this.standing.claim, 'a broker of a higher epoch is there');
    this.settle();
    this.stand(agent, { role: 'member', claim: best });
  }

  private letGo(agent: BehaviorAgent, { address, epoch }: Held, why: string): void {
    this.counts.steppedDown++;
    agent.log('info', `${why}: ${address} is let go`, { epoch });
    agent.door({ type: 'release', address });
    agent.announce(undefined);
  }

  private settle(): void {
    this.phase = { name: 'settled' };
    this.at = never;
    this.rounds = 0;
    this.asked.clear();
    this.backoff.reset();
  }

  private stand(agent: BehaviorAgent, standing: Standing): void {
    this.standing = standing;
    this.ports.stands(agent);
  }

  // ── seeking ───────────────────────────────────────────────────────────────────────────────────────

  private seek(agent: BehaviorAgent, afterMs: number): void {
    this.phase = { name: 'waiting' };
    this.at = agent.now + afterMs;
    if (this.standing.role !== 'seeking') this.stand(agent, { role: 'seeking' });
  }

  /** Whoever listens at an address becomes a neighbor, and its announcements say what it is. */
  private ask(agent: BehaviorAgent): void {
    this.phase = { name: 'asking' };
    this.asked.clear();
    for (const address of this.addresses) this.outlook.set(address, 'unknown');
    for (const address of this.addresses) this.asked.set(agent.dial(address), address);
    this.at = agent.now + (this.epochSeen > 0 ? formationLimits.askAgainMs : formationLimits.askMs);
  }

  /** A broker looks for others of the list that are not in its mesh yet. */
  private look(agent: BehaviorAgent): void {
    if (this.standing.role !== 'broker') return;
    const { address: own } = this.standing.claim;
    for (const address of this.addresses) if (address !== own) this.asked.set(agent.dial(address), address);
    this.at = agent.now + formationLimits.brokerLookMs;
  }

  linked(agent: BehaviorAgent, neighbor: Neighbor): void {
    this.found(agent, neighbor.link, 'node');
  }

  notLinked(agent: BehaviorAgent, { link, failure }: OutgoingError): void {
    const { reason } = (failure.details ?? {}) as { readonly reason?: unknown };
    if (failure.code === 'SKEIN_ALREADY_CONNECTED') this.found(agent, link, 'node');
    else this.found(agent, link, foundNobody.has(reason) ? 'nobody' : 'other');
  }

  private found(agent: BehaviorAgent, link: LinkId, outlook: Outlook): void {
    const address = this.asked.get(link);
    if (address === undefined) return;
    this.asked.delete(link);
    this.outlook.set(address, outlook);
    if (this.phase.name === 'asking' && this.asked.size === 0) this.conclude(agent);
  }

  /** Nobody was announced meanwhile. Whoever has not answered by now is none that this node can follow. */
  private conclude(agent: BehaviorAgent): void {
    this.rounds++;
    const taken = this.addresses.filter((address) => this.isTaken(address));
    // A node that was found may be the broker: it has announced itself in a moment.
    if (this.rounds === 1 && taken.length > 0) return this.seek(agent, formationLimits.claimWaitMs);
    this.join(agent, this.isForNodes ? [] : taken);
  }

  /** Where nobody was found, of another machine's or of this one's. */
  private get free(): readonly string[] {
    return this.addresses.filter((address) => !this.isTaken(address));
  }

  private isTaken(address: string): boolean {
    return this.outlook.get(address) === 'node' || this.outlook.get(address) === 'other';
  }

  private again(agent: BehaviorAgent): void {
    this.seek(agent, this.backoff.steady(agent.random));
  }

  // ── binding ───────────────────────────────────────────────────────────────────────────────────────

  private bind(agent: BehaviorAgent, [address, ...rest]: readonly string[]): void {
    if (address === undefined || this.isAside) return this.again(agent);
    this.phase = { name: 'binding', address, rest };
    agent.door({ type: 'bind', address });
  }

  bound(agent: BehaviorAgent, address: string): void {
    // Somebody else was announced in between.
    if (this.phase.name !== 'binding' || this.phase.address !== address)
      return agent.door({ type: 'release', address });
    const { addresses } = this;
    const epoch = nextEpoch(this.epochSeen, agent.wallNow, { address, addresses }, agent.random);
    const { id: node, name } = agent.self;
    const claim = { epoch, address, since: Math.floor(agent.wallNow), node, name };
    this.epochSeen = epoch;
    this.counts.bound++;
    this.outlook.set(address, 'ours');
    this.settle();
    this.at = agent.now + formationLimits.brokerLookMs;
    agent.announce(encodeClaim(claim));
    agent.log('info', `${address} is bound: this node is the broker`, { epoch });
    this.stand(agent, { role: 'broker', claim });
  }

  /** It could not be bound, or is not any more. */
  unbound(agent: BehaviorAgent, address: string, reason: 'taken' | 'elsewhere' | 'failed'): void {
    const { phase, standing } = this;
    if (standing.role === 'broker' && standing.claim.address === address) {
      agent.announce(undefined);
      return this.seek(agent, agent.random.next() * formationLimits.bindJitterMs);
    }
    if (phase.name !== 'binding' || phase.address !== address) return;
    // Somebody was quicker, and is announced in a moment.
    if (reason === 'taken' && this.rounds <= 1) return this.seek(agent, this.claimWait(agent));
    if (reason === 'taken') this.outlook.set(address, 'other');
    this.bind(agent, phase.rest);
  }

  private claimWait(agent: BehaviorAgent): number {
    return formationLimits.claimWaitMs * (0.5 + agent.random.next() / 2);
  }

  // ── a broker that is no node ──────────────────────────────────────────────────────────────────────

  private join(agent: BehaviorAgent, [address, ...rest]: readonly string[]): void {
    if (address === undefined) return this.bind(agent, this.free);
    this.phase = { name: 'joining', address, rest };
    agent.door({ type: 'join', address });
  }

  joined(agent: BehaviorAgent, peer: number, address: string): void {
    if (this.phase.name !== 'joining' || this.phase.address !== address)
      return agent.door({ type: 'dismiss', peer });
    this.settle();
    this.stand(agent, { role: 'guest', peer, address, since: Math.floor(agent.wallNow) });
  }

  notJoined(agent: BehaviorAgent, address: string): void {
    if (this.phase.name === 'joining' && this.phase.address === address) this.join(agent, this.phase.rest);
  }

  left(agent: BehaviorAgent, peer: number): void {
    if (this.standing.role !== 'guest' || this.standing.peer !== peer) return;
    this.seek(agent, agent.random.next() * formationLimits.bindJitterMs);
  }
}
