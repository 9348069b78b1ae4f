/**
 * The worker's side: what a node has promised, claimed and begun, and what it says of it to the broker of the moment.
 *
 * Made by the tasks behavior. The program says which services it works on and how each attempt has ended; the broker offers
 * and assigns tasks, and settles what is handed in. Invariant: an attempt is begun at most once, only while the lease is
 * held and only for the store of the broker that is followed; and its end is handed in once, and said again until it is settled.
 */
import { type AttemptEnd, handedIn, unfinished } from './attempt-end.ts';
import { keyOf } from './attempt-key.ts';
import { owned } from './encoded.ts';
import { HandingIn, type HandingInPorts } from './handing-in.ts';
import { Lease } from './lease.ts';
import { taskLimits } from './limits.ts';
import { LocalQueue } from './local-queue.ts';
import type { WorkerStanding } from './matching/standing.ts';
import type { AttemptPlace, WorkEvent } from './member-events.ts';
import type { Assignment, FromBroker, HandedIn, WorkerFigures } from './messages.ts';
import { OfferAnswers } from './offer-answers.ts';
import { Opening } from './opening.ts';
import { OwnFigures } from './own-figures.ts';
import { ownStanding } from './own-standing.ts';
import { Places } from './places.ts';
import { Progress } from './progress.ts';
import type { Capacity, Offered, Requirements } from './requirements.ts';
import { type Running, RunningTasks } from './running.ts';
import { Starts } from './starts.ts';
import type { KeptResult } from './tasks-types.ts';
import { encodeFromMember } from './wire.ts';

export interface WorkbenchPorts extends HandingInPorts {
  /** Of this node. */
  readonly name: string;
  /** Milliseconds that its loop may stand still. */
  readonly stallToleranceMs: number;
  /** Monotonic milliseconds, and Unix milliseconds. */
  now(): number;
  wallNow(): number;
  /** How the machine is doing. */
  machine(): Pick<WorkerFigures, 'load' | 'freeMemory'>;
  /** This node has not said that it takes no work. */
  isAvailable(): boolean;
  /** To the broker that is followed. False: there is none. */
  send(message: Uint8Array): boolean;
  deliver(event: WorkEvent): void;
  flushLater(): void;
  log(level: 'info' | 'warn', text: string): void;
}

export type WorkMessage = Exclude<FromBroker, { readonly type: 'ordered' | 'news' }>;

interface Waiting extends Assignment {
  readonly place: AttemptPlace;
}

type Draining =
  | { readonly type: 'no' }
  /** What runs is handed back at that time, at the latest. */
  | { readonly type: 'draining'; readonly handBackAt: number };

const never = Number.POSITIVE_INFINITY;
const leaseOver = 'the lease is over: the broker cannot be reached';

export class Workbench {
  private readonly ports: WorkbenchPorts;
  private readonly places: Places;
  private readonly offers: OfferAnswers;
  private readonly queue = new LocalQueue<Waiting>();
  private readonly running: RunningTasks;
  private readonly handingIn: HandingIn;
  private readonly progressing = new Progress();
  private readonly lease = new Lease();
  private draining: Draining = { type: 'no' };
  /** Whose tasks are claimed; 0: none were yet. */
  private store = 0;
  private isStoreKnown = false;
  /** Attempts that were assigned here, the latest last: one that comes again is not begun again. */
  private readonly seen = new Set<string>();
  private readonly opening = new Opening();
  private readonly starts = new Starts();
  private readonly figures = new OwnFigures();

  constructor(ports: WorkbenchPorts) {
    this.ports = ports;
    this.places = new Places(ports.name);
    this.offers = new OfferAnswers(this.places);
    this.running = new RunningTasks((event) => ports.deliver(event));
    this.handingIn = new HandingIn(ports);
  }

  /** Handlers at work, and tasks in the worker's own queue. */
  get counts(): { readonly running: number; readonly waiting: number } {
    return { running: this.running.count, waiting: this.queue.length };
  }

  /** Something is at work, or is not settled yet. */
  get isOwed(): boolean {
    return this.running.count + this.queue.length > 0 || !this.handingIn.isEmpty(this.store);
  }

  /** How this worker stands to such a task, as it knows itself. Empty service: any. */
  standing(service: string, needs: Requirements): WorkerStanding {
    const { ports, places, running, queue, offers, figures } = this;
    return ownStanding(
      {
        ...{ name: ports.name, ...this.moment },
        ...{ estimates: figures.estimates, figures: figures.with(ports.machine()) },
        ...{ services: places.offered, capacity: places.capacity, isUnavailable: !ports.isAvailable() },
        ...{ isDraining: this.isDraining, running, waiting: queue, promised: offers.promised },
      },
      service,
      needs,
    );
  }

  // ── what the program says ─────────────────────────────────────────────────────────────────────────

  /**
   * @param services All that this node works on from now on. Those of a service that is not among them are given back.
   * @returns A number: `known` says it, or a higher one, once the broker has heard of this.
   */
  work(services: readonly Offered[], capacity: Capacity): number {
    this.places.offer(services, capacity);
    for (const waiting of this.queue.take((each) => this.places.whyNever(each) !== undefined))
      this.giveBack(waiting, this.places.whyNever(waiting) ?? '');
    const word = this.opening.worksOn();
    this.ports.flushLater();
    this.beginNext();
    return word;
  }

  /**
   * Takes nothing new, and gives back what it has not begun.
   * @param graceMs The signals of what runs fire, and it is given back once it ends, or after this time. Undefined: it goes on.
   */
  drain(graceMs?: number): void {
    const reason = 'its worker is draining';
    const handBackAt = graceMs === undefined ? never : this.ports.now() + graceMs;
    this.draining = { type: 'draining', handBackAt };
    for (const waiting of this.queue.take(() => true)) this.giveBack(waiting, reason);
    if (graceMs !== undefined) this.running.stopAll('draining', reason);
    this.workChanged();
  }

  /** Takes tasks again. */
  resume(): void {
    this.draining = { type: 'no' };
    this.workChanged();
  }

  /** What is said of an attempt that is not at work is ignored. */
  progress(place: AttemptPlace, share: number, note: string): void {
    const running = this.running.get(place);
    if (running === undefined || running.isOver) return;
    this.progressing.say(place, share, note);
    this.ports.flushLater();
  }

  /** A handler has returned. What is said again is ignored. */
  ended(place: AttemptPlace, end: AttemptEnd): void {
    const running = this.running.ended(place);
    if (running === undefined) return;
    this.places.ended(running.task);
    if (!running.isOver) this.handIn(running, handedIn(running, end));
    if (!running.isOver && end.outcome === 'done')
      this.figures.done(running.task.service, this.ports.now() - running.startedAt);
    this.beginNext();
    this.ports.flushLater();
  }

  /** An earlier incarnation of this node could not hand these in. */
  loaded(kept: readonly KeptResult[]): void {
    this.handingIn.loaded(kept);
    this.ports.flushLater();
  }

  // ── what the broker says ──────────────────────────────────────────────────────────────────────────

  /**
   * There is another broker, or it does not know any more what was said.
   * @param store That the swarm is kept in: first 48 bits of its id. Undefined: not known yet. Nothing is said before it is
   * and this was called again: a broker would take tasks of its store that are not said to be in hand for free.
   */
  brokerChanged(store: number | undefined): void {
    this.lookLease();
    this.isStoreKnown = store !== undefined;
    if (store !== undefined && store !== this.store) this.otherStore(store);
    this.offers.clear();
    this.lease.brokerChanged();
    this.handingIn.brokerChanged();
    this.progressing.brokerChanged();
    this.opening.brokerChanged();
    this.ports.flushLater();
    this.beginNext();
  }

  received(message: WorkMessage): void {
    this.lookLease();
    switch (message.type) {
      case 'offers':
        if (message.store !== this.store) this.otherStore(message.store);
        for (const offer of message.offers)
          this.offers.answer(offer, this.obstacle, this.reserved, this.ports.now());
        break;
      case 'withdrawn':
        if (message.store === this.store) for (const n of message.ns) this.offers.withdrawn(n);
        break;
      case 'assigned':
        // The broker has heard since that they are not in hand here, or will hear so.
        if (message.opening !== this.opening.number) {
          for (const { n } of message.tasks) this.offers.withdrawn(n);
          break;
        }
        if (message.store !== this.store) this.otherStore(message.store);
        for (const task of message.tasks) this.assigned(task);
        break;
      case 'stop':
        for (const { n, fence, reason } of message.items)
          this.stopped({ store: message.store, n, fence }, reason);
        break;
      case 'settled':
        for (const { n, fence, isAccepted } of message.items)
          this.settled({ store: message.store, n, fence }, isAccepted);
        break;
      case 'renewed':
        this.renewed(message.number, message.leaseMs);
    }
    this.beginNext();
    this.ports.flushLater();
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  flush(): void {
    this.lookLease();
    if (!this.isStoreKnown) return;
    const send = (message: Uint8Array): boolean => this.ports.send(message);
    if (this.opening.isToSay(this.isAtWork) && !this.sayWork(send)) return;
    if (this.isAtWork && (this.lease.isToRenew(this.moment) || this.opening.isToAsk)) this.renew();
    this.starts.flush(this.store, this.ports.now(), send);
    this.progressing.flush(this.store, this.ports.now(), send);
    this.handingIn.flush(this.store, send);
    this.offers.flush(this.store, send);
  }

  nextDeadline(): number {
    const { lease, offers, running, handingIn, progressing, starts, draining, store, isStoreKnown } = this;
    const parts = Math.min(offers.nextDeadline(), running.nextDeadline(), handingIn.nextDeadline());
    return Math.min(
      parts,
      lease.nextDeadline(isStoreKnown && this.isAtWork),
      isStoreKnown ? progressing.nextDeadline(store) : never,
      isStoreKnown ? starts.nextDeadline() : never,
      draining.type === 'draining' ? draining.handBackAt : never,
    );
  }

  deadline(now: number): void {
    this.lookLease();
    this.offers.deadline(now);
    for (const running of this.running.overdue(now)) this.tookTooLong(running);
    if (this.draining.type === 'draining' && now >= this.draining.handBackAt) this.handBack();
    this.handingIn.deadline(now);
    this.beginNext();
    this.ports.flushLater();
  }

  private get moment(): { readonly now: number; readonly wallNow: number } {
    return { now: this.ports.now(), wallNow: this.ports.wallNow() };
  }

  private lookLease(): void {
    if (!this.lease.hasRunOut(this.moment)) return;
    // What was assigned before may have ended as lost, and still be on its way here.
    this.opening.void();
    this.ports.flushLater();
    if (this.running.count + this.queue.length > 0) this.ports.log('warn', leaseOver);
    // The broker may hold it to be alive still, and then waits for these.
    for (const waiting of this.queue.take(() => true)) this.giveBack(waiting, leaseOver);
    this.running.stopAll('lease', leaseOver);
  }

  // ── tasks ─────────────────────────────────────────────────────────────────────────────────────────

  private get isDraining(): boolean {
    return this.draining.type === 'draining';
  }

  /** Why nothing is accepted. */
  private get obstacle(): string | undefined {
    if (this.isDraining) return 'is draining';
    return this.ports.isAvailable() ? undefined : 'is not available: its node takes no work';
  }

  /** Why nothing that is offered is begun at once. */
  private get reserved(): string | undefined {
    const first = this.queue.oftenPassed;
    return first === undefined ? undefined : `is kept free for task ${first.id}`;
  }

  private assigned(task: Assignment): void {
    const { n, fence } = task;
    const place = { store: this.store, n, fence };
    const key = keyOf(place);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (this.seen.size > taskLimits.tasksInHandMax)
      this.seen.delete(this.seen.values().next().value as string);
    this.offers.assigned(n);
    const waiting: Waiting = { ...task, input: owned(task.input), place };
    const isFull = this.queue.length >= taskLimits.taskQueueMax + taskLimits.taskConcurrencyMax;
    const obstacle =
      this.obstacle ?? this.places.whyNever(task) ?? (isFull ? 'its own queue is full' : undefined);
    this.places.queued(task);
    if (obstacle !== undefined) return this.giveBack(waiting, obstacle);
    this.queue.add(waiting);
    this.beginNext();
  }

  /** Each that has a place and room, in the order of the queue. */
  private beginNext(): void {
    this.lookLease();
    while (this.lease.isHeld) {
      const next = this.queue.next((waiting) => {
        if (this.places.whyFull(waiting.service) !== undefined) return 'full';
        return this.places.whyNotNow(waiting) === undefined ? 'begin' : 'no-room';
      });
      if (next === undefined) return;
      const { place, ...task } = next;
      this.places.unqueued(task);
      this.places.begun(task);
      const now = this.ports.now();
      this.starts.begun(place, now);
      this.ports.flushLater();
      this.running.begin(place, task, now);
    }
  }

  private stopped(place: AttemptPlace, reason: string): void {
    const key = keyOf(place);
    for (const waiting of this.queue.take((each) => keyOf(each.place) === key)) {
      this.places.unqueued(waiting);
      this.handIn({ place, task: waiting }, { ...unfinished(place, reason), outcome: 'stopped' });
    }
    const running = this.running.get(place);
    if (running !== undefined) this.running.stop(running, 'cancelled', reason);
  }

  private tookTooLong(running: Running): void {
    const reason = `took longer than ${running.task.timeoutMs} ms`;
    running.isOver = true;
    this.handIn(running, { ...unfinished(running.place, reason), outcome: 'failed' });
    this.running.stop(running, 'timeout', reason);
  }

  private handBack(): void {
    this.draining = { type: 'draining', handBackAt: never };
    for (const running of this.running) {
      if (running.isOver) continue;
      const reason = 'its worker is draining, and it did not end in time';
      this.handIn(running, { ...unfinished(running.place, reason), outcome: 'given-back' });
      running.isOver = true;
    }
  }

  /** It was not begun, and will not be. */
  private giveBack(waiting: Waiting, reason: string): void {
    this.places.unqueued(waiting);
    const { place } = waiting;
    this.handIn({ place, task: waiting }, { ...unfinished(place, reason), outcome: 'given-back' });
  }

  private handIn({ place, task }: Pick<Running, 'place' | 'task'>, item: HandedIn): void {
    const { figures, ports } = this;
    this.progressing.ended(place);
    if (item.outcome === 'failed') figures.failed();
    const now = ports.now();
    const ranMs = this.starts.ended(place, now);
    this.handingIn.add(place, task.id, ranMs === undefined ? item : { ...item, ranMs }, now);
    ports.flushLater();
  }

  private settled(place: AttemptPlace, isAccepted: boolean): void {
    if (!this.handingIn.settled(place) || isAccepted) return;
    this.ports.log(
      'warn',
      `the end of task ${place.n} was not accepted: claim ${place.fence} is not the last one`,
    );
  }

  /** Places of the one before mean nothing there. What runs goes on, and its end waits for that store. */
  private otherStore(store: number): void {
    this.offers.clear();
    this.starts.clear();
    // The broker of that store hears that they are not in hand.
    for (const waiting of this.queue.take(() => true)) {
      this.places.unqueued(waiting);
      this.seen.delete(keyOf(waiting.place));
    }
    this.store = store;
    this.isStoreKnown = true;
    this.workChanged();
  }

  // ── saying ────────────────────────────────────────────────────────────────────────────────────────

  /** There is something for which the broker has to know this node as a worker. */
  private get isAtWork(): boolean {
    const { places, running, queue, handingIn } = this;
    return places.isOffering || running.count + queue.length > 0 || !handingIn.isEmpty(this.store);
  }

  private workChanged(): void {
    this.opening.changed();
    this.ports.flushLater();
  }

  private sayWork(send: (message: Uint8Array) => boolean): boolean {
    const { places, running, queue, store, handingIn } = this;
    const { offered: services, capacity } = places;
    const { stallToleranceMs } = this.ports;
    const work = { services, capacity, isDraining: this.isDraining, stallToleranceMs, store };
    return this.opening.say(work, { running, waiting: queue, ended: handingIn.of(store) }, send);
  }

  private renew(): void {
    const number = this.lease.ask(this.moment);
    const figures = this.figures.with(this.ports.machine());
    if (this.ports.send(encodeFromMember({ type: 'renew', number, figures })))
      this.opening.renewalSent(number);
  }

  private renewed(number: number, leaseMs: number): void {
    this.lease.renewed(number, leaseMs, this.moment);
    const word = this.opening.renewed(number);
    if (word !== undefined) this.ports.deliver({ type: 'known', word });
  }
}
