/**
 * Which queued task goes to which worker: the broker's memory of both, and its decisions.
 *
 * The broker puts in the heading of each task as it changes (`put`, `remove`) and what workers say (`work`, `gone`,
 * `declined`), and takes out pairs to offer (`match`). The lowest rank goes first, to the worker with the most room; a
 * place in a worker's own queue is taken only where no worker could begin at once. A task that was passed
 * `taskPassedMax` times has a worker kept free for it. Pure: times are arguments.
 *
 * Invariant: where nothing has changed (`Changed`), no queued task fits any worker. So a decision looks only at what has
 * changed: a worker that has room takes its lowest task, a task that is new to its shape its best worker. Workers are
 * gone through by their room, which comes to the same as going through tasks by their rank: what the roomiest worker
 * takes as its lowest task no task of lower rank could have had there.
 */
import type { NodeId } from '../../../../kernel/identity.ts';
import type { Requirements } from '../requirements.ts';
import type { Priority, Ranked, SeenWorker, TaskHead } from '../tasks-types.ts';
import { Changed } from './changed.ts';
import { Declines } from './declines.ts';
import type { OpenTask } from './open-task.ts';
import { Roster } from './roster.ts';
import { bestFor, countPassed, lowestFor } from './search.ts';
import { type Looks, type Shape, shapeKey, type Way } from './shapes.ts';
import { TaskQueue } from './task-queue.ts';
import { whyNot } from './why-not.ts';
import { hasMoreRoom, type Worker, type WorkerFacts } from './worker.ts';

/** A task that is to be offered to a worker. */
export interface Match extends Pick<TaskHead, 'n' | 'service' | 'needs' | 'priority'> {
  readonly node: NodeId;
  readonly worker: string;
  readonly life: number;
  /** To run one of that service twice does no harm, as the worker says. */
  readonly isIdempotent: boolean;
  readonly way: Way;
}

/** How a worker stands to a task. */
export interface Standing {
  readonly worker: Worker;
  /** Why it does not take the task now; undefined: it does. */
  readonly whyNot: string | undefined;
}

/** What an offer costs, in looks. */
const looksPerOffer = 200;

export class Matching {
  private readonly queue = new TaskQueue();
  private readonly roster = new Roster();
  private readonly changed = new Changed();
  private readonly declines = new Declines();
  private readonly keepers = new Map<Shape, Worker>();
  private readonly isKept = (shape: Shape): boolean => this.keepers.has(shape);

  /** Tasks that are queued or offered. */
  get queued(): number {
    return this.queue.size;
  }

  /** Matching has something to do at this time, without any other change; 0: never. */
  get due(): number {
    return this.declines.due;
  }

  /** There is something to match. */
  get isChanged(): boolean {
    return !this.changed.isEmpty;
  }

  /** Holds a place in the queue for a task that is about to be queued in the store. @returns Its rank. */
  place(priority: Priority): number {
    return this.queue.place(priority);
  }

  /** The task for which this rank was given did not become queued. */
  release(rank: number): void {
    this.queue.release(rank);
  }

  /** Queued tasks whose ranks are not those of the store any more: for its next operation. Each is given once. */
  takeMoved(): Ranked[] {
    return this.queue.takeMoved();
  }

  /** A task is as this says: loaded, or changed by an operation of the store. Those of several parts are not matched. */
  put(head: TaskHead): void {
    if (head.service === '') return;
    if (head.state === 'queued') this.putQueued(head);
    else if (head.state === 'assigned' || head.state === 'running' || head.state === 'cancelling') {
      this.putClaimed(head);
    } else this.remove(head.n);
  }

  /** The task is neither queued nor in hand: it waits, or has ended. */
  remove(n: number): void {
    const task = this.queue.get(n);
    if (task !== undefined) this.forget(task);
  }

  /** A worker is here, or something has changed there: what it has declined it may take now. */
  work(facts: WorkerFacts): void {
    const worker = this.roster.see(facts.name);
    if (worker.isHere && worker.life !== facts.life) this.returnOffers(worker);
    this.leaveServices(worker);
    this.declines.clear(worker);
    worker.work(facts);
    for (const service of worker.services.keys()) this.queue.openService(service).enter(worker);
    this.checkKept(worker);
    this.changed.addWorker(worker);
  }

  /** The worker is unreachable: its offers are void, and what it has claimed stays with it until the store says else. */
  gone(node: NodeId): void {
    const worker = this.roster.get(node);
    if (worker === undefined || !worker.isHere) return;
    this.returnOffers(worker);
    this.leaveServices(worker);
    this.declines.clear(worker);
    worker.isHere = false;
    this.checkKept(worker);
    this.changed.dropWorker(worker);
  }

  /** A worker that was here before, as the store says. */
  remember(seen: SeenWorker): void {
    this.roster.remember(seen);
  }

  /**
   * The worker does not take the task, or has not answered: it is passed over for tasks of this shape.
   * @param until Of the time that `match` is called with.
   * @returns False: the task is not offered to it, and nothing was done.
   */
  declined(n: number, node: NodeId, reason: string, until: number): boolean {
    const task = this.queue.get(n);
    const worker = task?.worker;
    if (task?.state !== 'offered' || worker?.node !== node) return false;
    this.declines.add(worker, task.shape.key, reason, until);
    this.checkKept(worker);
    this.putBack(task);
    return true;
  }

  /** The offer is withdrawn, and the task is queued as before. */
  withdrawn(n: number): void {
    const task = this.queue.get(n);
    if (task?.isInQueue === true && task.worker !== undefined) this.putBack(task);
  }

  /** Whether the task is offered to this worker and not claimed yet. */
  isOffered(n: number, node: NodeId): boolean {
    const task = this.queue.get(n);
    return task?.state === 'offered' && task.worker?.node === node;
  }

  /**
   * Pairs of tasks and workers, each of which is under offer from now on.
   * @param looksMax About 10 ns each. One search is finished beyond it: at most as many as there are shapes.
   */
  match(now: number, looksMax: number): { readonly matches: readonly Match[]; readonly isMore: boolean } {
    this.endPauses(now);
    const looks: Looks = { left: looksMax };
    const matches: Match[] = [];
    for (let next = this.changed.next(); next !== undefined && looks.left > 0; next = this.changed.next()) {
      const { way, shape, worker } = next;
      const match =
        shape === undefined
          ? this.fill(worker as Worker, way, now, looks)
          : this.seat(shape, way, now, looks);
      if (match !== undefined) matches.push(match);
    }
    return { matches, isMore: this.isChanged };
  }

  /** Whether a worker that is or was here could run such a task, with nothing else in hand. */
  isFeasible(service: string, needs: Requirements): boolean {
    return this.roster.isFeasible(service, needs);
  }

  /** All workers that are here or hold tasks: first those that would take such a task, then by room. Empty service: any. */
  standings(service: string, needs: Requirements): readonly Standing[] {
    return [...this.standingsAfter('', service, needs)].sort(
      (a, b) =>
        Number(a.whyNot !== undefined) - Number(b.whyNot !== undefined) ||
        (hasMoreRoom(a.worker, b.worker) ? -1 : 1),
    );
  }

  /** The same by name, behind this one: each is looked at as it is taken. */
  *standingsAfter(after: string, service: string, needs: Requirements): Iterable<Standing> {
    const key = shapeKey(service, needs);
    const workers = [...this.roster].filter(({ name, isHere, held }) => {
      return name > after && (isHere || held.size > 0);
    });
    for (const worker of workers.sort((a, b) => (a.name < b.name ? -1 : 1)))
      yield { worker, whyNot: whyNot(worker, service, needs, key) };
  }

  /** Those that are here, hold tasks, or were here before. */
  known(): Iterable<Worker> {
    return this.roster;
  }

  worker(node: NodeId): Worker | undefined {
    return this.roster.get(node);
  }

  /** Queued tasks of a service, and when the oldest was ordered, in Unix milliseconds; 0: none. */
  queueFigures(service: string): { readonly depth: number; readonly oldest: number } {
    const { depth, oldest } = this.queue.service(service) ?? { depth: 0, oldest: 0 };
    return { depth, oldest };
  }

  /** That are queued, or offered by a worker that is here. */
  get services(): Iterable<string> {
    return this.queue.serviceNames;
  }

  private putQueued(head: TaskHead): void {
    const known = this.queue.get(head.n);
    if (known !== undefined) {
      if (known.isInQueue) return;
      this.forget(known);
    }
    const { shape } = this.queue.add(head);
    // Where earlier tasks of its shape fit nowhere it does not either.
    if (shape.tasks.size === 1) this.changed.addShape(shape);
    else this.changed.refreshShape(shape);
  }

  private putClaimed(head: TaskHead): void {
    const task = this.queue.get(head.n);
    if (task?.isInQueue === true) this.unqueue(task);
    const worker = task?.worker;
    if (task === undefined || worker?.name !== head.worker || task.life !== head.workerLife) {
      if (task !== undefined) this.forget(task);
      this.loadClaimed(head);
      return;
    }
    task.since = head.since;
    // A claim alone leaves its room and its queue as they were.
    const mayTakeMore = (task.isWaiting && head.state !== 'assigned') || !worker.isOpen;
    if (task.state === 'offered') worker.claimed(task);
    if (head.state === 'running') worker.began(task);
    if (mayTakeMore) this.workerChanged(worker);
  }

  /** One that was not offered by this broker. Whether one that is assigned has begun, its worker's room says. */
  private loadClaimed(head: TaskHead): void {
    const task = this.queue.load(head);
    const worker = this.roster.see(head.worker);
    task.worker = worker;
    task.life = head.workerLife;
    task.state = head.state === 'assigned' ? 'assigned' : 'running';
    task.isWaiting = head.state === 'assigned';
    task.since = head.since;
    worker.takeBack(task);
    this.workerChanged(worker);
  }

  /** Finds a worker for the first task of a shape. One with other changes takes its lowest task, which comes before. */
  private seat(shape: Shape, way: Way, now: number, looks: Looks): Match | undefined {
    const service = this.queue.openService(shape.service);
    const worker = bestFor(shape, way, service, looks);
    if (worker !== undefined) {
      return this.changed.has(worker, way)
        ? this.fill(worker, way, now, looks)
        : this.offer(worker, shape, way, now, looks);
    }
    this.changed.shapeDone(shape, way);
    if (way === 'at-once' && service.queueing.size > 0) this.changed.addShape(shape, 'in-queue');
    return undefined;
  }

  /** Finds the lowest task for a worker. */
  private fill(worker: Worker, way: Way, now: number, looks: Looks): Match | undefined {
    const shape = lowestFor(worker, way, this.queue, looks);
    if (shape !== undefined) return this.offer(worker, shape, way, now, looks);
    this.changed.workerDone(worker, way);
    if (way === 'at-once' && worker.hasQueues) this.changed.addWorker(worker, 'in-queue');
    return undefined;
  }

  private offer(worker: Worker, shape: Shape, way: Way, now: number, looks: Looks): Match {
    const task = shape.tasks.first as OpenTask;
    looks.left -= looksPerOffer;
    this.pass(worker, shape, looks);
    this.queue.takeOut(task);
    this.changed.refreshShape(shape);
    this.free(shape);
    task.worker = worker;
    task.life = worker.life;
    task.state = 'offered';
    task.isWaiting = way === 'in-queue';
    task.since = now;
    worker.take(task);
    this.changed.refreshWorker(worker);
    const { n, service, needs, priority } = task;
    const { node, name, life } = worker;
    const isIdempotent = worker.services.get(service)?.isIdempotent === true;
    return { n, service, needs, priority, node, worker: name, life, isIdempotent, way };
  }

  /** The worker takes a task of this shape. */
  private pass(worker: Worker, { rank }: Shape, looks: Looks): void {
    const most = countPassed(worker, rank, this.queue, looks, this.isKept);
    if (most === undefined || worker.keptFor !== undefined) return;
    worker.keptFor = most;
    this.keepers.set(most, worker);
  }

  /** Its first task is another one: passes count from zero, and no worker is kept free for it. */
  private free(shape: Shape): void {
    shape.passed = 0;
    this.endKeeping(shape);
  }

  private endKeeping(shape: Shape): void {
    const keeper = this.keepers.get(shape);
    if (keeper === undefined) return;
    this.keepers.delete(shape);
    keeper.keptFor = undefined;
    this.workerChanged(keeper);
  }

  /** A worker that cannot run the task for which it is kept free is free for others. */
  private checkKept(worker: Worker): void {
    const { keptFor } = worker;
    if (keptFor === undefined) return;
    const canRun = worker.takesTasks && worker.couldRun(keptFor.service, keptFor.needs);
    if (!canRun || !worker.suits(keptFor, 'in-queue')) this.endKeeping(keptFor);
  }

  /** The task is neither queued nor in hand any more. */
  private forget(task: OpenTask): void {
    if (task.isInQueue) this.unqueue(task);
    this.takeFromWorker(task);
    this.queue.forget(task);
  }

  private unqueue(task: OpenTask): void {
    const { shape } = task;
    const isListed = task.chunk !== undefined;
    if (isListed && shape.tasks.first === task) this.free(shape);
    this.queue.leave(task);
    if (isListed) this.changed.refreshShape(shape);
  }

  private takeFromWorker(task: OpenTask): void {
    const { worker } = task;
    if (worker === undefined) return;
    task.worker = undefined;
    worker.give(task);
    this.workerChanged(worker);
  }

  private workerChanged(worker: Worker): void {
    if (worker.isHere) this.changed.addWorker(worker);
  }

  private putBack(task: OpenTask): void {
    this.takeFromWorker(task);
    this.queue.putBack(task);
    this.changed.addShape(task.shape);
  }

  private returnOffers(worker: Worker): void {
    for (const { n, state } of [...worker.held.values()]) if (state === 'offered') this.withdrawn(n);
  }

  private leaveServices(worker: Worker): void {
    for (const service of worker.services.keys()) {
      this.queue.service(service)?.leave(worker);
      this.queue.closeUnused(service);
    }
  }

  private endPauses(now: number): void {
    for (let pause = this.declines.takeOver(now); pause !== undefined; pause = this.declines.takeOver(now)) {
      const shape = this.queue.shape(pause.key);
      if (pause.key === '') this.workerChanged(pause.worker);
      else if (shape !== undefined && shape.tasks.size > 0) this.changed.addShape(shape);
    }
  }
}
