/**
 * The broker's side of tasks: reads what has not ended, carries out what members say, and asks the store.
 *
 * Made by the tasks behavior; at work while this node keeps the swarm and its store is open. Each time that the store
 * opens, or an operation has ended in the unknown, all that is known of tasks is read from it again: memory never says more
 * than the store. Invariant: what a member has said is done only once the store has it, or it is refused.
 */
import type { BehaviorAgent } from '../../../../kernel/contracts.ts';
import type { Failure } from '../../../../kernel/errors.ts';
import type { NodeId } from '../../../../kernel/identity.ts';
import type { LineEnd } from '../../../../kernel/lines/lines.ts';
import { Numbered } from '../../../../kernel/parts/numbered.ts';
import type { AvailabilityCore } from '../../../availability/core/shared.ts';
import type { Member, SwarmCore } from '../../../swarm/core/shared.ts';
import { taskLimits } from '../limits.ts';
import type { FromBroker, FromMember } from '../messages.ts';
import type { TasksShape } from '../tasks-shape.ts';
import type { Encoded, TaskHead } from '../tasks-types.ts';
import { Dispatch } from './dispatch.ts';
import { DueTimes } from './due-times.ts';
import { EndLetters } from './end-letters.ts';
import { Endings } from './endings.ts';
import type { Completion, Desk, Errand } from './errand.ts';
import { Errands } from './errands.ts';
import { Followers } from './followers.ts';
import { answerInquiries } from './inquiries.ts';
import { Intake } from './intake.ts';
import { NewsDesk } from './news-desk.ts';
import { OpenTasks } from './open-tasks.ts';
import { readOpen } from './read-open.ts';
import { type WorkerHere, WorkersHere } from './workers-here.ts';

type StoreVerbs = TasksShape['store'];

export interface TaskOfficePorts {
  readonly agent: BehaviorAgent<TasksShape>;
  readonly swarm: SwarmCore;
  readonly availability: AvailabilityCore;
  reply(end: LineEnd, message: FromBroker): void;
  /** Draws the id of a task. */
  newId(): string;
  /** What all nodes were sent and have not processed is not sent any more. */
  dropAll(): void;
  /** It says everything again once it is here. */
  forget(node: NodeId): void;
  /** What members have said until now, and what they say after it in the same attempt, is ignored. */
  ignoreUnprocessed(): void;
}

const never = Number.POSITIVE_INFINITY;
const tickMs = 1000;
/** Of its own loop, that no worker is to blame for: a deadline within it may come before the tick that is late. */
const standstillMsMin = 500;
/** What may have appended to the log of the store. */
const appends = new Set<keyof StoreVerbs>([
  ...(['order', 'ready', 'claim', 'started', 'end', 'cancel', 'expire', 'remove'] as const),
]);

export class TaskOffice {
  readonly tasks = new OpenTasks();
  readonly workers: WorkersHere;
  readonly dispatch: Dispatch;
  readonly endings: Endings;
  readonly letters: EndLetters;
  readonly intake: Intake;
  readonly followers: Followers;
  private readonly errands: Errands;
  private readonly ports: TaskOfficePorts;
  private readonly due = new DueTimes();
  private readonly news: NewsDesk;
  private readonly desk: Desk;
  private operations = new Numbered<(completion: Completion) => void>();
  private isElsewhere = true;
  /** All that has not ended was read. */
  private isRead = false;
  /** Nothing can be written: until that is tried again, what is known of tasks is as it was. */
  private isFull = false;
  private tryAgainAt = never;
  private sweepAt = never;
  private tickedAt = never;

  constructor(ports: TaskOfficePorts) {
    const { agent, swarm } = ports;
    const { tasks } = this;
    this.ports = ports;
    this.desk = {
      swarm,
      ask: (verb, input, then) => this.ask(verb, input, then),
      by: () => ({ now: Math.floor(agent.wallNow), via: agent.self.name }),
      now: () => agent.now,
      storeTag: () => this.storeTag,
      reply: ports.reply,
      failed: (why, errand) => this.failed(why, errand),
      flushLater: () => agent.flushLater(),
    };
    const { desk } = this;
    this.followers = new Followers({
      send: (end, news) => ports.reply(end, { type: 'news', news }),
      flushLater: () => agent.flushLater(),
    });
    this.news = new NewsDesk({ desk, tasks, followers: this.followers });
    this.dispatch = new Dispatch({
      desk,
      tasks,
      workers: () => this.workers,
      claimed: (head) => this.changed(head),
      abandoned: (heads, reason) => this.endings.abandoned(heads, 'given-back', reason),
    });
    this.intake = new Intake({
      desk,
      openCount: () => tasks.size,
      whyInfeasible: (service, needs) => this.dispatch.whyInfeasible(service, needs),
      place: (priority) => this.dispatch.place(priority),
      unplace: (rank) => this.dispatch.unplace(rank),
      takeMoved: () => this.dispatch.takeMoved(),
      stored: (head) => this.changed(head),
      foretell: (head) => this.dispatch.foretell(head),
      notSo: (head) => this.dispatch.notSo(head),
    });
    this.letters = new EndLetters({ desk, warn: (text) => agent.log('warn', text) });
    this.endings = new Endings({
      desk,
      tasks,
      random: () => agent.random.next(),
      place: (priority) => this.dispatch.place(priority),
      unplace: (rank) => this.dispatch.unplace(rank),
      takeMoved: () => this.dispatch.takeMoved(),
      changed: (head, result, ranMs) => this.changed(head, result, ranMs),
      owed: (letters) => this.letters.owed(letters),
      stop: (head, reason) => this.stop(head, reason),
    });
    this.errands = new Errands({
      desk,
      isOpen: () => this.isOpen,
      isFull: () => this.isFull,
      order: (errand) => this.intake.order(errand),
      refuse: (errand, why) => this.intake.refuse(errand, why),
      started: (errand) => this.endings.started(errand),
      ended: (errand) => this.endings.ended(errand),
      atOnce: (errand) => this.carryOutAtOnce(errand),
    });
    this.workers = new WorkersHere({
      desk,
      tasks,
      isAvailable: (node) => ports.availability.isAvailable(node),
      changed: (worker) => this.dispatch.worker(worker),
      gone: (worker) => this.dispatch.workerGone(worker),
      reopened: (worker) => this.dispatch.workerReopened(worker),
      abandoned: (heads, outcome, reason) => this.endings.abandoned(heads, outcome, reason),
      stop: (worker, attempts) => this.stopAt(worker, attempts, 'it is not its own any more'),
      forget: (node) => ports.forget(node),
    });
    ports.availability.onChanged(({ name }) => this.workers.availabilityChanged(name));
    answerInquiries({
      desk,
      tasks,
      workers: this.workers,
      dispatch: this.dispatch,
      endings: this.endings,
      newId: () => ports.newId(),
      repeat: (all, author, then, failed) => this.intake.repeat(all, author, then, failed),
      drain: (worker, how) => this.workers.drain(worker, how),
    });
  }

  get counts(): Record<string, number> {
    const { tasks, workers, intake, endings, letters, dispatch } = this;
    return {
      tasks: tasks.size,
      queued: dispatch.queuedCount,
      workers: workers.count,
      ...intake.counts,
      ...endings.counts,
      ...letters.counts,
      ...dispatch.counts,
    };
  }

  // ── whether it is at work ─────────────────────────────────────────────────────────────────────────

  officeChanged(): void {
    const { office } = this.ports.swarm;
    this.tryAgainAt = never;
    this.isFull = false;
    // What came before was for an earlier turn, and its senders say it again in this one.
    if (this.isElsewhere && office.state !== 'elsewhere') this.ports.ignoreUnprocessed();
    this.isElsewhere = office.state === 'elsewhere';
    this.isRead = false;
    if (office.state === 'elsewhere') this.close();
    else if (office.state === 'open') {
      this.workers.startOver();
      this.read();
    } else if (office.state === 'failed') this.errands.refuseOrders(office.failure);
  }

  private close(): void {
    this.errands.clear();
    this.forgetTasks();
    this.workers.clear();
    this.followers.clear();
    this.ports.dropAll();
    this.sweepAt = never;
  }

  private forgetTasks(): void {
    this.operations = new Numbered();
    this.intake.clear();
    this.endings.clear();
    this.letters.clear();
    this.dispatch.forgetTasks();
    this.tasks.clear();
    this.due.clear();
  }

  /** From the store. */
  private read(): void {
    this.errands.startOver();
    this.isRead = false;
    this.isFull = false;
    this.forgetTasks();
    readOpen((verb, input, then) => this.ask(verb, input, then), {
      workers: (workers) => this.workers.loaded(workers),
      head: (head) => this.changed(head),
      done: () => this.begin(),
      failed: (why) => this.readingFailed(why),
    });
  }

  private readingFailed(why: Failure): void {
    this.ports.swarm.operationFailed(why);
    this.tryAgainSoon();
  }

  private begin(): void {
    this.isRead = true;
    for (const head of this.tasks.all()) this.endings.follow(head);
    this.workers.begin();
    this.dispatch.begin();
    this.letters.begin();
    this.news.sayAll();
    this.sweepAt = this.ports.agent.now + taskLimits.taskSweepMs;
    this.errands.carryOutWaiting();
    this.ports.agent.flushLater();
  }

  private get isOpen(): boolean {
    return this.isRead && this.ports.swarm.office.state === 'open';
  }

  private get storeTag(): number {
    const { office } = this.ports.swarm;
    return office.state === 'open' ? office.store : 0;
  }

  // ── what members say ──────────────────────────────────────────────────────────────────────────────

  received(from: Member, message: FromMember, done: () => void): void {
    this.ports.swarm.use();
    this.errands.received({ from, message, done });
  }

  /** What needs no store. */
  private carryOutAtOnce(errand: Errand): void {
    const { from, message } = errand;
    switch (message.type) {
      case 'work':
        return this.workers.work({ ...errand, message });
      case 'renew':
        return this.workers.renew({ ...errand, message });
      case 'answers':
        return this.dispatch.answered(from, message.answers);
      case 'progress':
        return this.news.progressed(from.name, message.items);
      case 'follow':
        for (const id of message.ids) this.intake.whenKnown(id, () => this.news.follow(from, id));
        return;
      case 'unfollow':
        for (const id of message.ids) this.followers.unfollow(from, id);
        return;
    }
  }

  /** An incarnation is over. */
  memberEnded(node: NodeId): void {
    this.followers.ended(node);
    this.workers.lifeEnded(node);
    this.errands.lifeEnded(node);
  }

  memberIsAway(node: NodeId, isAway: boolean): void {
    this.workers.away(node, isAway);
  }

  // ── what becomes of tasks ─────────────────────────────────────────────────────────────────────────

  /** The store has this of it from now on. */
  private changed(head: TaskHead, result?: Encoded, ranMs?: number): void {
    const before = this.tasks.get(head.n);
    this.tasks.put(head);
    this.due.add(head);
    this.workers.taskChanged(head, before);
    this.dispatch.changed(head, before, ranMs);
    const isNews = before?.state !== head.state || before.partsLeft !== head.partsLeft;
    if (this.isRead && isNews) this.news.changed(head, result);
  }

  private stop(head: TaskHead, reason: string): void {
    const worker = this.workers.byName(head.worker);
    if (worker?.life === head.workerLife && worker.handed.has(head.fence))
      this.stopAt(worker, [{ n: head.n, fence: head.fence }], reason);
  }

  private stopAt(
    worker: WorkerHere,
    attempts: readonly { readonly n: number; readonly fence: number }[],
    reason: string,
  ): void {
    const items = attempts.map(({ n, fence }) => ({ n, fence, reason }));
    this.desk.reply(worker, { type: 'stop', store: this.storeTag, items });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    if (!this.isOpen) return this.tryAgainAt;
    const { now } = this.ports.agent;
    const dueAt = now + Math.max(0, this.due.next() - this.ports.swarm.time);
    const { workers, dispatch, letters } = this;
    const parts = Math.min(workers.nextDeadline(), dispatch.nextDeadline(), letters.nextDeadline());
    return Math.min(this.tryAgainAt, this.sweepAt, dueAt, parts);
  }

  /** Each second. */
  tick(now: number): void {
    const standstillMs = now - this.tickedAt - tickMs;
    this.tickedAt = now;
    if (standstillMs >= standstillMsMin) this.workers.forgive(standstillMs);
  }

  deadline(now: number): void {
    if (now - this.tickedAt - tickMs >= standstillMsMin) this.tick(now);
    if (now >= this.tryAgainAt) {
      this.tryAgainAt = never;
      this.isFull = false;
      if (this.ports.swarm.office.state === 'open')
        this.isRead ? this.errands.carryOutWaiting() : this.read();
    }
    if (!this.isOpen) return;
    this.lookAtDue();
    this.workers.deadline(now);
    this.dispatch.deadline(now);
    this.letters.deadline(now);
    if (now >= this.sweepAt) this.sweep();
  }

  private lookAtDue(): void {
    const { time } = this.ports.swarm;
    for (const n of this.due.due(time, taskLimits.tasksPerReadMax)) {
      const head = this.tasks.get(n);
      if (head === undefined) continue;
      if (head.deadline > 0 && head.deadline <= time) this.endings.expire(head);
      else this.endings.follow(head);
    }
  }

  private sweep(): void {
    this.sweepAt = this.ports.agent.now + taskLimits.taskSweepMs;
    const { now } = this.desk.by();
    this.ask('sweep', { now, limit: taskLimits.tasksPerSweepMax }, (completion) => {
      if (!completion.ok) return this.failed(completion.failure);
      if (completion.value === true) this.sweepAt = this.ports.agent.now;
    });
  }

  flush(): void {
    if (this.isOpen) {
      this.endings.flush();
      this.dispatch.flush();
    }
    this.followers.flush();
  }

  // ── the store ─────────────────────────────────────────────────────────────────────────────────────

  completed(completion: Completion): void {
    const then = this.operations.get(completion.token);
    this.operations.delete(completion.token);
    if (completion.ok && appends.has(completion.verb)) {
      this.ports.swarm.logged();
      if (this.isFull) this.tryAgainSoon(0);
    }
    then?.(completion);
  }

  private ask<V extends keyof StoreVerbs & string>(
    verb: V,
    input: Parameters<StoreVerbs[V]>[0],
    then: (completion: Completion) => void,
  ): void {
    this.operations.set(this.ports.agent.store(verb, input), then);
  }

  private failed(why: Failure, errand?: Errand): void {
    if (errand !== undefined) this.errands.later(errand);
    this.ports.swarm.operationFailed(why);
    if (this.ports.swarm.office.state !== 'open') return;
    // What was done is unknown, or what was to be done by the broker itself was not: it follows from what the store has.
    if (errand === undefined || why.code === 'SKEIN_LOST') this.isRead = false;
    this.isFull = why.code === 'SKEIN_STORE_FULL';
    this.tryAgainSoon(this.isFull ? taskLimits.taskFullAgainMs : undefined);
  }

  private tryAgainSoon(waitMs: number = taskLimits.taskStoreAgainMs): void {
    this.tryAgainAt = Math.min(this.tryAgainAt, this.ports.agent.now + waitMs);
  }
}
