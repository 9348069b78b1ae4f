/**
 * The formation: an address that everybody knows beforehand, and whoever bound it as the broker.
 *
 * A behavior. It follows the broker of the moment, or is it (see `election.ts`); tells it of itself with a hail
 * every 2 s; asks it for others by their name or by a service. Members that are nodes speak with the broker along
 * the mesh's routes, in vee's five messages; programs that speak nanomsg come through the door. Invariant: a node
 * speaks for itself only; what comes through the door is counted and told, never believed beyond what the five
 * messages allow.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  DoorCalls,
  DoorEvent,
  DoorPeer,
  Finding,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  LinkCalls,
  MeshCalls,
  Reply,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { TokenBucket } from '../../../kernel/parts/token-bucket.ts';
import type { Frame } from '../../../kernel/wire/frame.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import { Broker, type BrokerAnswer } from './broker.ts';
import { Election } from './election.ts';
import {
  decodeFormationMessage,
  encodeFormationMessage,
  type FormationMessage,
  FormationType,
} from './formation-messages.ts';
import type {
  FormationEvent,
  FormationOptions,
  FormationShape,
  FormationStatus,
  Paired,
} from './formation-types.ts';
import { formationLimits } from './limits.ts';
import { PairRequests } from './pair-requests.ts';
import type { Holder } from './registry.ts';
import type { BrokerOfNodes, FormationCore } from './shared.ts';

export const formationFeature = 'formation';

/** The holder of this node's own name, where it is the broker. */
const ownHolder = 'self';
const never = Number.POSITIVE_INFINITY;

export class Formation implements Behavior<FormationShape>, FormationCore {
  readonly name = formationFeature;
  readonly commands: CommandHandlers<FormationShape> = {
    pair: (agent, to, reply) => this.pair(agent, to, reply),
  };
  readonly lifecycle: LifecycleCalls = {
    started: (agent) => this.started(agent),
    stopped: (agent) => this.stopped(agent),
  };
  readonly timers: TimerCalls = {
    nextDeadline: () => this.nextDeadline(),
    deadline: (agent, now) => this.deadline(agent, now),
  };
  readonly frames: FrameCalls = { message: (agent, frame) => this.message(agent, frame) };
  readonly links: LinkCalls = {
    outgoingUp: (agent, neighbor) => {
      this.election.linked(agent, neighbor);
      return undefined;
    },
    outgoingError: (agent, error) => this.election.notLinked(agent, error),
  };
  readonly mesh: MeshCalls = {
    event: (agent, event) => this.event(agent, event),
    announced: (agent, node, section) => {
      this.election.announced(agent, node, section);
    },
  };
  readonly doors: DoorCalls = { event: (agent, event) => this.door(agent, event) };
  readonly diagnostics: DiagnosticCalls = {
    explain: (agent, node) => this.explain(agent, node),
    status: () => this.status(),
  };
  private readonly options: FormationOptions;
  private readonly availability: AvailabilityCore;
  private readonly election: Election;
  private agent!: BehaviorAgent;
  private readonly requests = new PairRequests();
  private broker: Broker | undefined;
  private readonly followers: ((agent: BehaviorAgent) => void)[] = [];
  /** Programs that came through the door. */
  private readonly peers = new Set<DoorPeer>();
  private hailAt = never;
  private hailed = '';
  private hailedAt = Number.NEGATIVE_INFINITY;
  /** The neighbor by which the last hail went. */
  private hailedVia: NodeId | undefined;
  private malformed = 0;
  private forged = 0;
  /** Strangers are worth a warning, but not so many that they fill a disk. */
  private readonly warnings = new TokenBucket(
    limits.strangerWarningsPerSecond,
    limits.strangerWarningsBurst,
    0,
  );

  constructor(options: FormationOptions, availability: AvailabilityCore) {
    this.options = options;
    this.availability = availability;
    this.election = new Election({ stands: (agent) => this.stands(agent) });
  }

  // ── for features that need it ─────────────────────────────────────────────────────────────────────

  get brokerOfNodes(): BrokerOfNodes | undefined {
    return this.election.claim;
  }

  get isBroker(): boolean {
    return this.election.standing.role === 'broker';
  }

  want(): void {
    const { addresses, whenWanted = [] } = this.options;
    if (addresses.length === 0 && whenWanted.length > 0) this.election.start(this.agent, whenWanted, true);
  }

  standAside(isAside: boolean): void {
    this.election.standAside(this.agent, isAside);
  }

  onBrokerChanged(follower: (agent: BehaviorAgent) => void): void {
    this.followers.push(follower);
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────

  private started(agent: BehaviorAgent): void {
    const { addresses } = this.options;
    this.agent = agent;
    if (addresses.length > 0) this.election.start(agent, addresses, false);
  }

  private stopped(agent: BehaviorAgent): void {
    this.releaseDoors(agent);
    this.election.stop(agent);
  }

  private nextDeadline(): number {
    const lease = this.broker?.nextDeadline() ?? never;
    return Math.min(this.election.nextDeadline(), this.hailAt, lease, this.requests.nextDeadline());
  }

  private deadline(agent: BehaviorAgent, now: number): void {
    this.election.deadline(agent, now);
    if (this.broker !== undefined) this.answer(agent, this.broker.deadline(now));
    for (const { reply, to } of this.requests.expire(now)) reply.fail(this.unanswered(to));
    if (now >= this.hailAt) this.hail(agent);
  }

  private event(agent: BehaviorAgent, event: KernelEvent): void {
    if (event.type === 'node-down' && event.reason === 'left') this.broker?.ended(String(event.node.id));
    else if (event.type === 'own-announcement-changed' && this.servicesOf(agent) !== this.hailed)
      this.hailSoon(agent);
    // What went by a way that is gone may be lost with it.
    else if (event.type === 'routes-changed' && this.wayOf(agent) !== this.hailedVia) this.hailSoon(agent);
  }

  // ── the broker of the moment ──────────────────────────────────────────────────────────────────────

  private stands(agent: BehaviorAgent): void {
    const { standing } = this.election;
    this.peers.clear();
    if (this.broker !== undefined && standing.role !== 'broker') this.releaseDoors(agent);
    this.broker = standing.role === 'broker' ? this.makeBroker(agent) : undefined;
    if (standing.role === 'broker')
      for (const address of this.options.doors) agent.door({ type: 'bind', address });
    this.hailAt = standing.role === 'seeking' || standing.role === 'broker' ? never : agent.now;
    this.tell(agent, { type: 'broker', broker: this.brokerView() });
    for (const follower of this.followers) follower(agent);
    if (standing.role !== 'seeking') for (const request of this.requests.all()) this.ask(agent, request);
  }

  private makeBroker(agent: BehaviorAgent): Broker {
    const { self } = agent;
    const { meeting } = this.options;
    return new Broker(
      {
        name: self.name,
        address: meeting,
        get services() {
          return [...self.services];
        },
      },
      agent.now + formationLimits.directoryWholeMs,
      (name) => this.availability.isAvailable(idOf(name)),
    );
  }

  private releaseDoors(agent: BehaviorAgent): void {
    if (this.broker === undefined) return;
    for (const address of this.options.doors) agent.door({ type: 'release', address });
  }

  // ── as a member ───────────────────────────────────────────────────────────────────────────────────

  private hail(agent: BehaviorAgent): void {
    this.hailAt = agent.now + formationLimits.hailIntervalMs;
    this.hailedAt = agent.now;
    this.hailedVia = this.wayOf(agent);
    const { name, services } = agent.self;
    this.hailed = this.servicesOf(agent);
    this.say(agent, { type: 'Hail', name, address: this.options.meeting, services: [...services] }, 0);
  }

  /** A service that was just offered can be asked for at once. */
  private hailSoon(agent: BehaviorAgent): void {
    if (this.hailAt === never) return;
    this.hailAt = Math.min(this.hailAt, Math.max(agent.now, this.hailedAt + formationLimits.hailGapMs));
  }

  private wayOf({ routes }: BehaviorAgent): NodeId | undefined {
    const { claim } = this.election;
    const path = claim === undefined ? undefined : routes.pathToNode(claim.node);
    return path?.action === 'next' ? path.neighbor : undefined;
  }

  private servicesOf(agent: BehaviorAgent): string {
    return [...agent.self.services].join(',');
  }

  /** To the broker, wherever it is. @param request Which one it answers, or 0. */
  private say(agent: BehaviorAgent, message: FormationMessage, request: number): void {
    const { standing } = this.election;
    const bytes = encodeFormationMessage(message);
    if (standing.role === 'guest') agent.door({ type: 'send', peer: standing.peer, bytes });
    else if (standing.role === 'member') this.send(agent, standing.claim.node, bytes, request);
  }

  private send(agent: BehaviorAgent, node: NodeId, bytes: Uint8Array, request: number): void {
    agent.send({ to: 'node', node }, bytes, { type: FormationType.say, sequence: request });
  }

  private pair(agent: BehaviorAgent, to: string, reply: Reply<Paired>): void {
    if (!this.election.isStarted) {
      const text = `${to} is no node of this mesh, and this node is in no formation`;
      return reply.fail(failure('SKEIN_UNKNOWN_NODE', text));
    }
    const request = this.requests.add(to, reply, agent.now);
    if (request === undefined) {
      const text = `${formationLimits.pairsUnresolvedMax} requests to pair wait for the broker already`;
      return reply.fail(failure('SKEIN_BUSY', text));
    }
    if (this.election.standing.role !== 'seeking') this.ask(agent, request);
  }

  private ask(agent: BehaviorAgent, { number, to }: { readonly number: number; readonly to: string }): void {
    const message: FormationMessage = { type: 'Pair', originator: agent.self.name, destination: to };
    if (this.broker === undefined) return this.say(agent, message, number);
    this.answer(agent, this.broker.received(message, ownHolder, agent.now, number));
  }

  private unanswered(to: string): Failure {
    const isSeeking = this.election.standing.role === 'seeking';
    const why = isSeeking ? 'the formation has no broker' : 'the broker did not answer';
    return failure('SKEIN_TIMEOUT', `${to}: ${why} within ${formationLimits.pairTimeoutMs / 1000} s`);
  }

  // ── what is said ──────────────────────────────────────────────────────────────────────────────────

  private message(agent: BehaviorAgent, frame: Frame): void {
    const { source, sequence, type } = frame;
    const sender = agent.directory.get(source)?.name ?? `node ${source}`;
    const message = type === FormationType.say ? this.read(agent, frame.payload, sender) : undefined;
    if (message === undefined) return;
    if (this.broker === undefined) {
      // Nobody but the broker is to be believed.
      if (this.election.claim?.node === source) this.told(agent, message, sequence);
      return;
    }
    const speaker = speakerOf(message);
    if (speaker === undefined || idOf(speaker) !== source) {
      this.forged++;
      return this.warn(agent, `${sender} sent a ${message.type} that is not its own`);
    }
    // A hail that its goodbye has overtaken would keep it in the directory for a whole lease.
    if (message.type === 'Hail' && agent.directory.get(source)?.left === true) return;
    this.answer(agent, this.broker.received(message, String(source), agent.now, sequence));
  }

  private door(agent: BehaviorAgent, event: DoorEvent): void {
    const { election } = this;
    switch (event.type) {
      case 'bound':
        if (!this.isFurtherDoor(event.address)) election.bound(agent, event.address);
        return;
      case 'unbound':
        return this.unbound(agent, event);
      case 'joined':
        if (this.broker === undefined) election.joined(agent, event.peer, event.address);
        else this.peers.add(event.peer);
        return;
      case 'unjoined':
        return election.notJoined(agent, event.address);
      case 'message':
        return this.heard(agent, event.peer, event.bytes);
      case 'left':
        if (this.peers.delete(event.peer)) this.broker?.ended(event.peer);
        return election.left(agent, event.peer);
      case 'refused':
        return this.warn(agent, `at ${event.address}: ${event.text}`);
    }
  }

  /** One that decides nothing: only the broker opens it. */
  private isFurtherDoor(address: string): boolean {
    return this.options.doors.includes(address);
  }

  private unbound(agent: BehaviorAgent, event: Extract<DoorEvent, { type: 'unbound' }>): void {
    const { address, reason, text } = event;
    const isFurther = this.isFurtherDoor(address);
    if (reason === 'failed' || isFurther) {
      agent.log('warn', `formation: ${text}`);
      this.tell(agent, { type: 'trouble', text });
    }
    if (!isFurther) this.election.unbound(agent, address, reason);
  }

  /** Of a program that speaks nanomsg. */
  private heard(agent: BehaviorAgent, peer: DoorPeer, bytes: Uint8Array): void {
    const { standing } = this.election;
    const isBroker = standing.role === 'guest' && standing.peer === peer;
    if (!isBroker && !this.peers.has(peer)) return;
    const message = this.read(agent, bytes, isBroker ? 'the broker' : 'a nanomsg program');
    if (message === undefined) return;
    if (isBroker) this.told(agent, message, undefined);
    else if (this.broker !== undefined) this.answer(agent, this.broker.received(message, peer, agent.now));
  }

  private read(agent: BehaviorAgent, bytes: Uint8Array, sender: string): FormationMessage | undefined {
    const message = decodeFormationMessage(bytes);
    if (!('problem' in message)) return message;
    this.malformed++;
    this.warn(agent, `${sender} sent what is none of the five messages: ${message.problem}`);
    return undefined;
  }

  private warn(agent: BehaviorAgent, text: string): void {
    agent.log(this.warnings.take(agent.now) ? 'warn' : 'debug', `formation: ${text}`);
  }

  // ── as the broker ─────────────────────────────────────────────────────────────────────────────────

  private answer(agent: BehaviorAgent, answers: readonly BrokerAnswer[]): void {
    for (const { to, message, request = 0 } of answers) {
      if (to === 'all') this.tellAll(agent, message, request);
      else this.tellHolder(agent, to, message, request);
    }
  }

  /** Nodes whom it concerns, and all who came through the door: they ignore what names others, as vee does. */
  private tellAll(agent: BehaviorAgent, message: FormationMessage, request: number): void {
    for (const holder of this.concerned(message)) this.tellHolder(agent, holder, message, request);
    const bytes = encodeFormationMessage(message);
    for (const peer of this.peers) agent.door({ type: 'send', peer, bytes });
  }

  private concerned(message: FormationMessage): readonly Holder[] {
    if (message.type === 'Fail') return this.holderOf(message.offender);
    if (message.type !== 'Link') return [];
    return [...this.holderOf(message.originName), ...this.holderOf(message.destinationName)];
  }

  /** None for programs of the door, who are told in any case. */
  private holderOf(name: string): readonly Holder[] {
    const holder = this.broker?.isSelf(name) === true ? ownHolder : this.broker?.registry.get(name)?.holder;
    return typeof holder === 'string' ? [holder] : [];
  }

  private tellHolder(agent: BehaviorAgent, holder: Holder, message: FormationMessage, request: number): void {
    if (holder === ownHolder) this.told(agent, message, request);
    else if (typeof holder === 'string')
      this.send(agent, Number(holder), encodeFormationMessage(message), request);
    else agent.door({ type: 'send', peer: holder, bytes: encodeFormationMessage(message) });
  }

  // ── what the broker says ──────────────────────────────────────────────────────────────────────────

  /** @param request Which one it answers; undefined where the broker cannot say. */
  private told(agent: BehaviorAgent, message: FormationMessage, request: number | undefined): void {
    const { name } = agent.self;
    if (message.type === 'Fail' && message.offender === name) {
      const pending = this.requests.take(request);
      if (pending === undefined) this.tell(agent, { type: 'trouble', text: message.explanation });
      else pending.reply.fail(failure('SKEIN_UNKNOWN_NODE', message.explanation));
    }
    if (message.type !== 'Link') return;
    const { originName, destinationName, address } = message;
    if (originName === name) {
      const pending = this.requests.take(request, destinationName);
      if (pending !== undefined)
        pending.reply.answer({ other: destinationName, isNode: this.isNode(agent, destinationName) });
    } else if (destinationName === name && !this.isNode(agent, originName)) {
      // A node opens its channel itself.
      this.tell(agent, { type: 'asked', other: originName, address });
    }
  }

  private isNode(agent: BehaviorAgent, name: string): boolean {
    return agent.directory.get(idOf(name))?.reachable === true;
  }

  private tell(agent: BehaviorAgent, event: FormationEvent): void {
    agent.deliver(event);
  }

  // ── for people ────────────────────────────────────────────────────────────────────────────────────

  private explain(agent: BehaviorAgent, node: string | undefined): Finding[] {
    const { standing, outlook } = this.election;
    if (!this.election.isStarted || node !== undefined || standing.role !== 'seeking') return [];
    if (this.election.isAside)
      return [{ code: 'formation-aside', text: 'this node is denied, and becomes no broker meanwhile' }];
    const each = [...outlook].map(([address, what]) => `${address}: ${outlookTexts[what]}`);
    const text = `the formation has no broker that ${agent.self.name} can reach (${each.join('; ')})`;
    return [{ code: 'formation-no-broker', text }];
  }

  status(): FormationStatus {
    const { standing, counts, addresses } = this.election;
    const { malformed, forged, broker } = this;
    const members =
      broker === undefined ? {} : { members: broker.registry.size + 1, misdirected: broker.misdirected };
    return {
      role: standing.role,
      addresses,
      broker: this.brokerView(),
      ...members,
      ...(this.election.isAside ? { aside: true } : {}),
      ...counts,
      malformed,
      forged,
    };
  }

  private brokerView(): FormationStatus['broker'] {
    const { standing } = this.election;
    if (standing.role === 'seeking') return undefined;
    if (standing.role === 'guest')
      return { name: undefined, address: standing.address, since: standing.since };
    const { name, address, epoch, since } = standing.claim;
    return { name, address, epoch, since };
  }
}

/** In whose name it is said; undefined: nobody says that to a broker. */
function speakerOf(message: FormationMessage): string | undefined {
  if (message.type === 'Hail') return message.name;
  return message.type === 'Pair' ? message.originator : undefined;
}

const outlookTexts = {
  unknown: 'it did not answer in time',
  nobody: 'nobody listens there',
  node: 'a node listens there that is no broker of this formation',
  other: 'a program that is none of these has it, or does not answer',
  ours: 'this node has it',
} as const;
