/**
 * Tasks: work that the swarm keeps until some worker has done it.
 *
 * A behavior with three sides: an author orders (author.ts) and hears what becomes of it (followed.ts), the broker keeps
 * tasks and gives them to workers (broker/), a worker runs them (workbench.ts). Members and broker speak over lines.
 * Invariant: a node follows one broker at a time, and says everything again to the next one.
 */
import type {
  Behavior,
  BehaviorAgent,
  CommandHandlers,
  DiagnosticCalls,
  FrameCalls,
  LifecycleCalls,
  MeshCalls,
  StoreCompletion,
  TimerCalls,
} from '../../../kernel/contracts.ts';
import type { Failure } from '../../../kernel/errors.ts';
import { FollowingLines } from '../../../kernel/lines/following-lines.ts';
import { hexOf } from '../../../kernel/wire/bytes.ts';
import type { AvailabilityCore } from '../../availability/core/shared.ts';
import type { Member, SwarmCore } from '../../swarm/core/shared.ts';
import { Author } from './author.ts';
import { TaskOffice } from './broker/office.ts';
import { FollowedTasks } from './followed.ts';
import { taskLimits } from './limits.ts';
import type { FromBroker, FromMember, WorkerFigures } from './messages.ts';
import { OwnResults } from './own-results.ts';
import type { TasksShape } from './tasks-shape.ts';
import type { Order } from './tasks-types.ts';
import { decodeTaskMessage, encodeFromBroker } from './wire.ts';
import { Workbench } from './workbench.ts';

export const tasksFeature = 'tasks';

const idBytes = 16;
/** Of a store's id, those that messages name it by. */
const tagDigits = 12;

export class Tasks implements Behavior<TasksShape> {
  readonly name = tasksFeature;
  readonly commands: CommandHandlers<TasksShape> = {
    ask: (_agent, { verb, input }, reply) => {
      this.swarm.want();
      this.swarm.ask(verb, input, reply);
    },
    work: (_agent, { services, capacity }, reply) => {
      this.swarm.want();
      // Results of earlier incarnations are handed in as well.
      this.ownResults.load();
      reply.answer(this.workbench.work(services, capacity));
    },
  };
  readonly lifecycle: LifecycleCalls<TasksShape> = { started: (agent) => this.started(agent) };
  readonly timers: TimerCalls = {
    nextDeadline: () =>
      Math.min(
        Math.min(this.lines.nextDeadline(), this.office.nextDeadline()),
        Math.min(this.workbench.nextDeadline(), this.ownResults.nextDeadline()),
      ),
    tick: (_agent, now) => this.office.tick(now),
    deadline: (_agent, now) => {
      this.lines.deadline(now);
      this.office.deadline(now);
      this.workbench.deadline(now);
      this.ownResults.deadline(now);
    },
    flush: (_agent, now) => {
      this.author.flush();
      this.followed.flush();
      this.workbench.flush();
      this.office.flush();
      this.lines.flush(now);
    },
  };
  readonly frames: FrameCalls;
  readonly mesh: MeshCalls = { event: (_agent, event) => this.lines.event(event) };
  readonly store = {
    completed: (_agent: unknown, completion: StoreCompletion<TasksShape['store']>) =>
      this.office.completed(completion),
    ownCompleted: (_agent: unknown, completion: StoreCompletion<TasksShape['ownStore']>) =>
      this.ownResults.completed(completion),
  };
  readonly diagnostics: DiagnosticCalls = { status: () => this.status() };
  author!: Author;
  followed!: FollowedTasks;
  workbench!: Workbench;
  /** How the machine is doing: where the program's side knows it. */
  machine: () => Pick<WorkerFigures, 'load' | 'freeMemory'> = () => ({ load: -1, freeMemory: 0 });
  private office!: TaskOffice;
  private ownResults!: OwnResults;
  private readonly swarm: SwarmCore;
  private readonly availability: AvailabilityCore;
  private agent!: BehaviorAgent<TasksShape>;
  private readonly lines: FollowingLines<FromMember | FromBroker>;

  constructor(swarm: SwarmCore, availability: AvailabilityCore) {
    this.swarm = swarm;
    this.availability = availability;
    this.lines = new FollowingLines<FromMember | FromBroker>({
      leader: () => swarm.broker?.node,
      decode: decodeTaskMessage,
      received: (from, message, done) => this.received(from, message, done),
      following: () => this.following(),
      ended: (node) => this.office.memberEnded(node),
      away: (node, isAway) => this.office.memberIsAway(node, isAway),
    });
    this.frames = this.lines.frames;
    swarm.follow({
      brokerChanged: () => this.lines.leaderChanged(),
      homeChanged: () => this.homeChanged(),
      officeChanged: () => this.office.officeChanged(),
    });
  }

  private started(agent: BehaviorAgent<TasksShape>): void {
    const { swarm } = this;
    this.agent = agent;
    this.lines.started(agent);
    const send = (message: Uint8Array): boolean => this.lines.sendToLeader(message);
    const deliver: BehaviorAgent<TasksShape>['deliver'] = (event) => agent.deliver(event);
    const flushLater = (): void => agent.flushLater();
    this.author = new Author({ send, deliver, flushLater });
    this.followed = new FollowedTasks({ send, deliver, flushLater });
    this.ownResults = new OwnResults(agent, {
      loaded: (kept) => this.workbench.loaded(kept),
      loadingChanged: () => this.homeChanged(),
    });
    this.workbench = new Workbench({
      name: agent.self.name,
      stallToleranceMs: agent.self.stallToleranceMs,
      now: () => agent.now,
      wallNow: () => Math.floor(agent.wallNow),
      machine: () => this.machine(),
      isAvailable: () => this.availability.own.available,
      ...{ send, deliver, flushLater },
      log: (level, text) => agent.log(level, text),
      keep: (kept) => this.ownResults.keep(kept),
      drop: (place) => this.ownResults.drop(place),
    });
    this.office = new TaskOffice({
      ...{ agent, swarm, availability: this.availability },
      newId: () => this.newId(),
      reply: (end, message) => void this.lines.reply(end, encodeFromBroker(message)),
      dropAll: () => this.lines.dropAll(),
      forget: (node) => this.lines.forget(node),
      ignoreUnprocessed: () => this.lines.ignoreUnprocessed(),
    });
  }

  // ── what the program wants ────────────────────────────────────────────────────────────────────────

  /** @returns why there is no room for them. */
  order(orders: readonly Order[], handle: unknown): Failure | undefined {
    this.swarm.want();
    return this.author.order(orders, handle);
  }

  /** @returns why there is no room for it. */
  follow(id: string): Failure | undefined {
    this.swarm.want();
    return this.followed.follow(id);
  }

  unfollow(id: string): void {
    this.followed.unfollow(id);
  }

  /** This node has mailboxes of letters. */
  get hasLetters(): boolean {
    return this.swarm.deposit !== undefined;
  }

  /** For a task that is ordered here. */
  newId(): string {
    return hexOf(this.agent.random.bytes(idBytes));
  }

  /** A line in the node's log. */
  warn(text: string): void {
    this.agent.log('warn', text);
  }

  /** Unix milliseconds. */
  get wallNow(): number {
    return Math.floor(this.agent.wallNow);
  }

  // ── the broker of the moment ──────────────────────────────────────────────────────────────────────

  private following(): void {
    this.author.brokerChanged();
    this.followed.brokerChanged();
    this.homeChanged();
  }

  private homeChanged(): void {
    if (this.lines.isFollowing) this.workbench.brokerChanged(this.storeTag);
  }

  /**
   * As messages name the store in which the swarm is kept. Undefined: it is not known, and what this node has in hand is to
   * be said of that store. With nothing in hand it is none, 0: somebody has to be the first to use a new swarm. Also while
   * results are being loaded: a broker takes tasks of an earlier incarnation whose results are not named to it for lost.
   */
  private get storeTag(): number | undefined {
    if (this.ownResults.isLoading) return undefined;
    const { home } = this.swarm;
    if (home !== undefined) return Number.parseInt(home.slice(0, tagDigits), 16);
    return this.workbench.isOwed ? undefined : 0;
  }

  private received(from: Member, message: FromMember | FromBroker, done: () => void): void {
    switch (message.type) {
      case 'order':
      case 'work':
      case 'answers':
      case 'started':
      case 'progress':
      case 'ended':
      case 'renew':
      case 'follow':
      case 'unfollow':
        return this.office.received(from, message, done);
      default:
        // Nobody but the broker is to be believed; one that is not followed yet says it again once it is.
        if (!this.lines.isLeader(from)) return;
        this.brokerSaid(message);
        return done();
    }
  }

  private brokerSaid(message: FromBroker): void {
    switch (message.type) {
      case 'ordered':
        return this.author.ordered(message.number, message.outcomes);
      case 'news':
        return this.followed.received(message.news);
      case 'drain':
        if (message.how === 'off') return this.workbench.resume();
        return this.workbench.drain(message.how === 'now' ? taskLimits.taskDrainGraceMs : undefined);
      case 'settled':
        this.workbench.received(message);
        return this.agent.deliver({ type: 'settled' });
      default:
        return this.workbench.received(message);
    }
  }

  private status(): Record<string, unknown> {
    return {
      unstored: this.author.unstoredCount,
      followed: this.followed.count,
      ...this.workbench.counts,
      ...this.office.counts,
      ...this.lines.counts,
    };
  }
}
