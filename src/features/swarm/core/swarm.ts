/**
 * The swarm's core: what letters, the log and everything durable stand on.
 *
 * A behavior. It follows the formation's broker; as the broker it opens and claims the store when somebody first uses it,
 * remembers who was ever here, and answers the questions of the swarm's features. Invariant: nothing is asked of the
 * store before it is claimed, and a store is claimed only while this node is the broker.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  FrameCalls,
  KernelEvent,
  LifecycleCalls,
  MeshCalls,
  StoreCompletion,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import { type Failure, failure } from '../../../kernel/errors.ts';
import { idOf, type NodeId } from '../../../kernel/identity.ts';
import { type LineEnd, Lines } from '../../../kernel/lines/lines.ts';
import type { DenialsCore } from '../../denials/core/shared.ts';
import type { FormationCore } from '../../formation/core/shared.ts';
import type { IdentityCore } from '../../identity/core/shared.ts';
import { type Answerer, Answering } from './answering.ts';
import { Chronicle } from './chronicle.ts';
import { Claiming } from './claiming.ts';
import { Denying } from './denying.ts';
import { KeeperReport } from './keeper-report.ts';
import { type Keeper, Keeping } from './keeping.ts';
import { swarmLimits } from './limits.ts';
import { Owners } from './owners.ts';
import type { Admitted } from './pins.ts';
import { decodeSwarmMessage, encodeChanged, encodeUnwatch, type SwarmMessage } from './question-wire.ts';
import { Questions } from './questions.ts';
import type { Answer, Deposit, Office, Questioner, SwarmCore, SwarmFollower } from './shared.ts';
import { StoreTime } from './store-time.ts';
import { swarmStatus } from './swarm-status.ts';
import type { SwarmShape } from './swarm-types.ts';
import { Watchers } from './watchers.ts';
import { Watching } from './watching.ts';

export const swarmFeature = 'swarm';

type Turn = Pick<Keeper, 'node' | 'epoch' | 'turn'>;
type Completion = StoreCompletion<SwarmShape['store']>;

export class Swarm implements Behavior<SwarmShape>, SwarmCore {
  readonly name = swarmFeature;
  readonly commands: CommandHandlers<SwarmShape> = {
    ask: (_agent, { verb, input }, reply) => this.ask(verb, input, reply),
    deny: (_agent, request, reply) => this.denying.deny(request, reply),
    allow: (_agent, nameOrIdentity, reply) => this.denying.allow(nameOrIdentity, reply),
    denied: (_agent, _nothing, reply) => reply.answer(this.denying.denied()),
    adopt: (_agent, _nothing, reply) => {
      this.want();
      this.keeping.adopt(
        (home) => reply.answer(home),
        (why) => reply.fail(why),
      );
    },
  };
  readonly lifecycle: LifecycleCalls<SwarmShape> = {
    started: (agent) => this.started(agent),
    stopped: () => this.stopped(),
  };
  readonly timers: TimerCalls = {
    nextDeadline: () => this.nextDeadline(),
    deadline: (_agent, now) => this.deadline(now),
    flush: (_agent, now) => this.lines.flush(now),
  };
  readonly frames: FrameCalls = {
    message: (_agent, frame) => this.lines.message(frame),
    returned: (_agent, returned) => this.lines.returned(returned),
  };
  readonly mesh: MeshCalls = {
    event: (_agent, event) => this.event(event),
    announced: (agent, node, section) =>
      this.keeping.heard(node, agent.directory.get(node)?.name ?? '', section),
  };
  readonly store = {
    completed: (_agent: unknown, completion: Completion) => this.completed(completion),
  };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  office: Office = { state: 'elsewhere' };
  deposit: Deposit | undefined;
  private readonly formation: FormationCore;
  private readonly identity: IdentityCore;
  private readonly denying: Denying;
  private agent!: BehaviorAgent<SwarmShape>;
  private keeping!: Keeping;
  private readonly followers: SwarmFollower[] = [];
  private readonly answering = new Answering({
    reply: (end, message) => void this.lines.reply(end, message),
    nameOf: (node) => this.agent.directory.get(node)?.name,
    office: () => this.office,
    use: () => this.use(),
    admit: (from, act) => this.admit(from, act),
  });
  private readonly questions = new Questions((node) => node === this.broker?.node);
  readonly chronicle = new Chronicle({
    agent: () => this.agent,
    isKeeper: () => this.office.state !== 'elsewhere',
    isOpen: () => this.office.state === 'open',
  });
  private readonly owners: Owners;
  private readonly storeTime = new StoreTime({
    agent: () => this.agent,
    isOpen: () => this.office.state === 'open',
  });
  private readonly watching = new Watching();
  private readonly watchers = new Watchers(
    (to, number, arrived) => void this.lines.reply(to, encodeChanged(number), arrived),
  );
  /** Answers that wait for an operation. */
  private readonly pages = new Map<number, Answer>();
  /** What is asked of a store that may not be claimed. */
  private readonly looks = new Map<number, (completion: Completion) => void>();
  private readonly lines = new Lines({
    received: (from, bytes, done) => this.received(from, bytes, done),
    ended: (node) => {
      this.watchers.ended(node);
      this.ended(node);
    },
    forgotten: (node) => this.ended(node),
  });
  /** The broker whose questions have been sent. */
  private asked: Turn | undefined;
  /** Why nobody keeps the swarm, as followers know it. */
  private problemSaid: string | undefined;
  /** The home, as followers know it. */
  private homeSaid: string | undefined;
  private readonly keeperReport = new KeeperReport();
  private readonly claiming = new Claiming({
    agent: () => this.agent,
    epoch: () => this.broker?.epoch ?? 1,
    whose: (store) => this.keeping.claimed(store),
    begun: () => {
      if (this.office.state !== 'opening') this.setOffice({ state: 'opening' });
    },
    names: (names) => this.chronicle.register.loaded(names),
    pins: (pins) => this.owners.pins.loaded(pins),
    clock: (kept) => this.storeTime.begin(kept),
    opened: (store) => this.opened(store),
    failed: (why) => this.setOffice({ state: 'failed', failure: why }),
    isNotHome: () => this.setOffice({ state: 'elsewhere' }),
  });

  constructor(formation: FormationCore, identity: IdentityCore, denials: DenialsCore) {
    this.formation = formation;
    formation.onBrokerChanged(() => this.keeping.brokerChanged());
    this.identity = identity;
    this.owners = new Owners({
      identity,
      agent: () => this.agent,
      isOpen: () => this.office.state === 'open',
      reply: (end, message) => void this.lines.reply(end, message),
    });
    identity.onProven((node) => {
      if (this.office.state === 'open') this.proven(node);
    });
    this.denying = new Denying({
      denials,
      agent: () => this.agent,
      swarm: this,
      stored: (verb, input, then) => this.looks.set(this.agent.store(verb, input), then),
    });
    denials.onOwn((why) => {
      // What it kept is closed before the address is free for another broker of this machine.
      this.keeping.ownDenied(why);
      formation.standAside(why !== undefined);
    });
    this.answerBy('identity', (_from, input, reply) => this.owners.answerIdentity(input, this, reply));
    this.answerBy('nodes', (_from, input, reply) => this.answerNodes(input, reply));
    this.answerBy('forget', (_from, input, reply) => this.forget(input, reply));
  }

  // ── for the swarm's features ──────────────────────────────────────────────────────────────────────

  get broker() {
    return this.keeping.keeper;
  }

  get home() {
    return this.keeping.home?.store;
  }

  get problem() {
    return this.keeping.problem;
  }

  get time() {
    return this.storeTime.now();
  }

  follow(follower: SwarmFollower): void {
    this.followers.push(follower);
  }

  want(): void {
    this.identity.use();
    this.formation.want();
  }

  use(): void {
    if (this.office.state === 'unused') this.claiming.begin();
  }

  operationFailed(why: Failure): void {
    const { code } = why;
    if (code !== 'SKEIN_STORE_CLAIMED' || this.office.state !== 'open') return;
    // Another broker writes. If this node is still the one to follow it claims again, but not at once.
    this.claiming.beginAgain();
    this.setOffice({ state: 'failed', failure: why });
  }

  admit(from: Questioner, act: Admitted): void {
    this.owners.admit(from, act);
  }

  logged(): void {
    for (const follower of this.followers) follower.logged?.();
  }

  hasSeen(name: string): boolean {
    return this.chronicle.register.has(name);
  }

  namesSeen(): Iterable<string> {
    return this.chronicle.register.names();
  }

  idOf(name: string): NodeId | undefined {
    const node = idOf(name);
    return this.agent.directory.get(node)?.reachable === true ? node : undefined;
  }

  ask(verb: string, input: unknown, reply: Answer): void {
    this.want();
    const { problem } = this;
    if (problem !== undefined) return reply.fail(problem);
    const bytes = this.questions.add(verb, input, reply, this.agent.now);
    if (bytes !== undefined) this.sayToBroker(bytes);
  }

  depositBy(deposit: Deposit): void {
    this.deposit = deposit;
  }

  answerBy(verb: string, answerer: Answerer): void {
    this.answering.by(verb, answerer);
  }

  watch(topics: readonly string[], changed: () => void): () => void {
    this.want();
    const { number, bytes } = this.watching.add(topics, changed);
    this.sayToBroker(bytes);
    return () => {
      if (this.watching.remove(number)) this.sayToBroker(encodeUnwatch(number));
    };
  }

  /** The same for the program. */
  watchFor(handle: unknown, topics: readonly string[]): () => void {
    return this.watch(topics, () => this.agent.deliver({ type: 'changed', handle }));
  }

  touched(topic: string): void {
    this.watchers.touched(topic);
  }

  // ── the broker of the moment ──────────────────────────────────────────────────────────────────────

  private started(agent: BehaviorAgent<SwarmShape>): void {
    this.agent = agent;
    this.lines.started(agent);
    this.keeping = new Keeping({
      formation: this.formation,
      agent,
      ask: (verb, input, then) => this.looks.set(agent.store(verb, input), then),
      changed: () => this.brokerChanged(),
    });
  }

  /** What was seen in the last second is written before the store closes. */
  private stopped(): void {
    this.chronicle.stopped();
    this.setOffice({ state: 'elsewhere' });
  }

  private homeMayHaveChanged(): void {
    const { home } = this;
    if (home === this.homeSaid) return;
    this.homeSaid = home;
    for (const follower of this.followers) follower.homeChanged?.();
  }

  private brokerChanged(): void {
    const { broker, asked, problem } = this;
    this.keeperReport.report(this.agent, broker?.name, problem);
    if (problem !== undefined) this.questions.failAll(problem);
    const why = problem?.message;
    if (isSameTurn(broker, asked) && why === this.problemSaid) return this.homeMayHaveChanged();
    this.problemSaid = why;
    if (asked !== undefined) this.lines.drop(asked.node);
    this.asked = broker;
    this.chronicle.brokerChanged(asked?.node, broker !== undefined && !this.keeping.isKeeper);
    // What it did as the broker ends before it speaks as a member.
    this.setOffice({ state: 'elsewhere' });
    this.askAgain();
    for (const follower of this.followers) follower.brokerChanged?.();
    this.homeMayHaveChanged();
    if (this.keeping.isKeeper) this.setOffice({ state: 'unused' });
  }

  private sayToBroker(bytes: Uint8Array): boolean {
    return this.broker !== undefined && this.lines.send(this.broker.node, bytes);
  }

  /** All that is not answered, of the broker of the moment, and what is watched there. */
  private askAgain(): void {
    for (const bytes of this.watching.all()) if (!this.sayToBroker(bytes)) return;
    for (const bytes of this.questions.all()) if (!this.sayToBroker(bytes)) return;
    if (this.broker !== undefined) this.watching.changedAll();
  }

  /** The broker may have restarted, or taken this node for gone, and be the broker again. */
  private ended(node: NodeId): void {
    if (node === this.broker?.node) this.askAgain();
  }

  private setOffice(office: Office): void {
    if (office.state === 'elsewhere' && this.office.state === 'elsewhere') return;
    const wasOpen = this.office.state === 'open';
    this.office = office;
    if (office.state === 'elsewhere') this.watchers.clear();
    else if (office.state === 'open') this.watchers.touchedAll();
    if (office.state !== 'open' && office.state !== 'opening') {
      this.claiming.ended(office.state === 'failed');
      this.chronicle.closed(office.state, wasOpen, this.broker?.epoch ?? 1);
      this.owners.closed(office.state !== 'failed');
      const why = office.state === 'failed' ? office.failure : movedAway();
      for (const reply of this.pages.values()) reply.fail(why);
      this.pages.clear();
    }
    for (const follower of this.followers) follower.officeChanged?.();
    this.answering.officeChanged();
  }

  private opened(store: number): void {
    const { directory, self } = this.agent;
    this.chronicle.begin(this.broker?.epoch ?? 1);
    this.owners.opened();
    this.setOffice({ state: 'open', store });
    this.denying.opened();
    for (const { id, reachable, name } of directory.entries())
      if (reachable || name === self.name) this.proven(id);
  }

  private completed(completion: Completion): void {
    const then = this.looks.get(completion.token);
    this.looks.delete(completion.token);
    if (then !== undefined) return then(completion);
    if (this.claiming.completed(completion)) return;
    const page = this.pages.get(completion.token);
    this.pages.delete(completion.token);
    this.chronicle.completed(completion.token, completion.ok);
    this.owners.completed(completion.token, completion.ok);
    if (!completion.ok) {
      this.operationFailed(completion.failure);
      page?.fail(completion.failure);
    } else if (completion.verb === 'saw') this.logged();
    else if (completion.verb === 'nodes' || completion.verb === 'forget')
      page?.answer(JSON.stringify(completion.value));
  }

  // ── who is here ───────────────────────────────────────────────────────────────────────────────────

  private event(event: KernelEvent): void {
    this.lines.event(event);
    if (event.type === 'node-up' || event.type === 'node-down')
      this.chronicle.changed(event, this.asked?.node);
    else if (event.type === 'services-changed') this.chronicle.servicesChanged();
  }

  private answerNodes(input: unknown, reply: Answer): void {
    const { after } = (input ?? {}) as { readonly after?: unknown };
    const limit = swarmLimits.swarmNodesPerPage;
    // Operations keep their order: the answer has what was just seen.
    this.chronicle.write();
    const token = this.agent.store('nodes', { after: typeof after === 'string' ? after : '', limit });
    this.pages.set(token, reply);
  }

  // ── whose name it is ──────────────────────────────────────────────────────────────────────────────

  private forget(input: unknown, reply: Answer): void {
    const { name } = (input ?? {}) as { readonly name: string };
    const why = this.owners.whyNotForget(name, this.chronicle.register.has(name));
    if (why !== undefined) return reply.fail(why);
    this.chronicle.forget(name);
    this.owners.forget(name);
    this.pages.set(this.agent.store('forget', name), reply);
    const entry = this.agent.directory.get(idOf(name));
    if (entry?.reachable !== true) return;
    // One of another identity is here, whose name it is from now on.
    this.chronicle.saw(entry);
    this.proven(entry.id);
    for (const follower of this.followers) follower.admitted?.(name);
  }

  private proven(node: NodeId): void {
    const admitted = this.owners.proven(node);
    if (admitted === undefined) return;
    for (const follower of this.followers) follower.admitted?.(admitted);
  }

  // ── questions ─────────────────────────────────────────────────────────────────────────────────────

  private received(from: LineEnd, bytes: Uint8Array, done: () => void): void {
    const message = decodeSwarmMessage(bytes);
    if (message !== undefined) this.said(from, message);
    done();
  }

  private said(from: LineEnd, message: SwarmMessage): void {
    // Of these nobody but the broker is to be believed.
    const isOfBroker = from.node === this.broker?.node;
    switch (message.type) {
      case 'answer':
        return this.questions.answered(from.node, message.number, message.json);
      case 'failure':
        return this.questions.failed(from.node, message.number, message.failure);
      case 'refusal':
        return isOfBroker ? this.owners.wasRefused(message.failure) : undefined;
      case 'changed':
        return isOfBroker ? this.watching.changed(message.number) : undefined;
      case 'unwatch':
        return this.watchers.remove(from.node, message.number);
      case 'watch':
        // Not the broker: its sender finds out, and says it to the next one.
        if (this.office.state !== 'elsewhere') this.watchers.add(from, message.number, message.topics);
        return;
      case 'question':
        return this.answering.question(from, message);
    }
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  private nextDeadline(): number {
    const { lines, questions } = this;
    const own = Math.min(
      this.chronicle.nextDeadline(),
      this.claiming.nextDeadline(),
      this.owners.nextDeadline(),
      this.keeping.nextDeadline(),
    );
    return Math.min(lines.nextDeadline(), questions.nextDeadline(), own);
  }

  private deadline(now: number): void {
    this.lines.deadline(now);
    this.keeping.deadline(now);
    this.questions.deadline(now, this.broker !== undefined);
    this.owners.deadline(now);
    this.chronicle.deadline(now);
    this.claiming.deadline(now, this.office.state === 'failed');
  }

  private status(): Record<string, unknown> {
    const { office, problem } = this;
    const standing = swarmStatus({ office, broker: this.broker?.name, problem, home: this.keeping.home });
    const watchers = this.watchers.count;
    return { ...standing, ...this.storeTime.status(), watchers, ...this.lines.counts };
  }
}

function isSameTurn(one: Turn | undefined, other: Turn | undefined): boolean {
  return one?.node === other?.node && one?.epoch === other?.epoch && one?.turn === other?.turn;
}

function movedAway(): Failure {
  return failure('SKEIN_LOST', 'another node has become the broker of the swarm');
}
