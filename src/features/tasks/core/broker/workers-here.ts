/**
 * The workers that are here, at the broker: what each has said, and whether it lives.
 *
 * A worker renews its lease every few seconds; what it says in between counts for nothing there. Invariant: a task that a
 * worker has claimed is taken from it only where its incarnation is over, or its lease is, or where to run it twice does
 * no harm and the mesh has lost that node. The age of a lease is measured here from the last word of the worker, which was
 * sent before it came: a worker's own measure ends first.
 */
import type { NodeId } from '../../../../kernel/identity.ts';
import type { Member } from '../../../swarm/core/shared.ts';
import { leaseMsOf, taskLimits } from '../limits.ts';
import type { DrainHow, WorkerFigures } from '../messages.ts';
import type { Capacity, Offered } from '../requirements.ts';
import type { SeenWorker, TaskHead } from '../tasks-types.ts';
import type { Desk, Errand, MessageOf } from './errand.ts';
import { isClaimed, type OpenTasks } from './open-tasks.ts';

export interface WorkerHere {
  readonly node: NodeId;
  readonly life: number;
  readonly name: string;
  services: readonly Offered[];
  capacity: Capacity;
  isDraining: boolean;
  /** Its node says that it takes no work. */
  isUnavailable: boolean;
  isAway: boolean;
  figures: WorkerFigures | undefined;
  /** Kernel time of its last word. */
  renewedAt: number;
  readonly leaseMs: number;
  /** Of its last `work`. */
  opening: number;
  /** Fences of what it was handed since, or has said then that it has, as far as these attempts are not over. */
  handed: Set<number>;
  /** What somebody wants it to do: it may not have heard of that. */
  drain: DrainHow | undefined;
}

export interface WorkersPorts {
  readonly desk: Desk;
  readonly tasks: OpenTasks;
  isAvailable(node: NodeId): boolean;
  /** What it works on has changed, or whether it may be asked. */
  changed(worker: WorkerHere): void;
  gone(worker: WorkerHere): void;
  /** It has begun again: offers to it are void. */
  reopened(worker: WorkerHere): void;
  /** Its tasks end. */
  abandoned(heads: readonly TaskHead[], outcome: 'died' | 'given-back', reason: string): void;
  /** Has something that is not its own any more. */
  stop(worker: WorkerHere, attempts: readonly { readonly n: number; readonly fence: number }[]): void;
  /** It says everything again once it is here. */
  forget(node: NodeId): void;
}

const never = Number.POSITIVE_INFINITY;

export class WorkersHere {
  private readonly ports: WorkersPorts;
  private readonly workers = new Map<NodeId, WorkerHere>();
  private readonly names = new Map<string, WorkerHere>();
  /** Those that were ever here, by name. */
  private readonly seen = new Map<string, SeenWorker>();
  /** Kernel time at which this broker has begun, and at which it looks for those that have claimed something and are silent since. */
  private begunAt = 0;
  private absentUntil = never;

  constructor(ports: WorkersPorts) {
    this.ports = ports;
  }

  get count(): number {
    return this.workers.size;
  }

  all(): Iterable<WorkerHere> {
    return this.workers.values();
  }

  everSeen(): Iterable<SeenWorker> {
    return this.seen.values();
  }

  of(node: NodeId): WorkerHere | undefined {
    return this.workers.get(node);
  }

  byName(name: string): WorkerHere | undefined {
    return this.names.get(name);
  }

  /** The store has these. */
  loaded(workers: readonly SeenWorker[]): void {
    for (const worker of workers) this.seen.set(worker.name, worker);
  }

  /**
   * All tasks that have not ended are known: those of workers that stay silent end when a lease would, and claims that were
   * committed without this broker hearing of it were handed to nobody.
   */
  begin(): void {
    for (const worker of this.workers.values()) this.endUnhanded(worker);
    this.begunAt = this.ports.desk.now();
    this.absentUntil = this.begunAt + taskLimits.taskLeaseMs;
  }

  /**
   * The store has just been claimed: another broker may have given tasks to these in between. They say everything again,
   * also where they have noticed nothing.
   */
  startOver(): void {
    for (const worker of [...this.workers.values()]) {
      this.remove(worker);
      this.ports.forget(worker.node);
    }
  }

  clear(): void {
    for (const worker of this.workers.values()) this.ports.gone(worker);
    for (const each of [this.workers, this.names, this.seen]) each.clear();
    this.absentUntil = never;
  }

  // ── what workers say ──────────────────────────────────────────────────────────────────────────────

  work({ from, message }: Errand<MessageOf<'work'>>): void {
    const { services, capacity, isDraining, stallToleranceMs, opening, store, inHand } = message;
    const known = this.workers.get(from.node);
    const isFirst = known?.life !== from.life;
    if (isFirst && known !== undefined) this.remove(known);
    const worker = isFirst || known === undefined ? this.enlisted(from, message) : known;
    // The mesh may have taken it for gone, or for another incarnation that somebody had invented.
    worker.isAway = false;
    Object.assign(worker, { services, capacity, isDraining, opening });
    this.remember(worker, stallToleranceMs);
    if (!isFirst) this.ports.reopened(worker);
    this.compare(worker, store === this.ports.desk.storeTag() ? inHand : []);
    this.mayDrain(worker);
    // It renews nothing where it has nothing to do.
    if (services.length === 0 && inHand.length === 0) this.remove(worker);
    else this.ports.changed(worker);
  }

  renew({ from, message }: Errand<MessageOf<'renew'>>): void {
    const worker = this.workers.get(from.node);
    // Its lease is over: it is to say everything again.
    if (worker?.life !== from.life) return this.ports.forget(from.node);
    worker.renewedAt = this.ports.desk.now();
    worker.figures = message.figures;
    this.ports.desk.reply(from, { type: 'renewed', number: message.number, leaseMs: worker.leaseMs });
  }

  /** The mesh has lost it: it may be dead, or behind a cut. */
  away(node: NodeId, isAway: boolean): void {
    const worker = this.workers.get(node);
    if (worker === undefined || worker.isAway === isAway) return;
    worker.isAway = isAway;
    this.ports.changed(worker);
    if (!isAway) return;
    const harmless = this.claimsOf(worker).filter(
      ({ isIdempotent, attempt, attempts }) => isIdempotent && attempt < attempts,
    );
    if (harmless.length === 0) return;
    this.ports.abandoned(harmless, 'died', `the mesh has lost ${worker.name}`);
    // Where it is only cut off it hears so as soon as it is back.
    this.ports.stop(worker, harmless);
  }

  /**
   * Its incarnation is over. The next one may have results of it on its disk, which come before all else that it says: only
   * then its tasks end, or with the lease.
   */
  lifeEnded(node: NodeId): void {
    const worker = this.workers.get(node);
    if (worker !== undefined) this.away(node, true);
  }

  /** Its node has said that it takes work, or none. */
  availabilityChanged(name: string): void {
    const worker = this.names.get(name);
    if (worker === undefined) return;
    worker.isUnavailable = !this.ports.isAvailable(worker.node);
    this.ports.changed(worker);
  }

  /** Somebody wants it to drain, or to go on. */
  drain(worker: WorkerHere, how: DrainHow): void {
    worker.drain = how;
    this.ports.desk.reply(worker, { type: 'drain', how });
  }

  private mayDrain(worker: WorkerHere): void {
    const { drain, isDraining } = worker;
    if (drain === undefined || (drain === 'off') !== isDraining) return;
    this.ports.desk.reply(worker, { type: 'drain', how: drain });
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    let next = this.absentUntil;
    for (const { renewedAt, leaseMs } of this.workers.values()) next = Math.min(next, renewedAt + leaseMs);
    return next;
  }

  deadline(now: number): void {
    if (now >= this.absentUntil) this.endAbsent(now);
    for (const worker of [...this.workers.values()])
      if (now - worker.renewedAt >= worker.leaseMs) this.leaseOver(worker);
  }

  /** This node stood still for so long: what workers have said meanwhile is still to come, and nobody's lease ends for it. */
  forgive(standstillMs: number): void {
    for (const worker of this.workers.values()) worker.renewedAt += standstillMs;
    this.absentUntil += standstillMs;
  }

  private leaseOver(worker: WorkerHere): void {
    const heads = this.claimsOf(worker);
    this.remove(worker);
    this.ports.forget(worker.node);
    this.ports.abandoned(heads, 'died', `${worker.name} has not renewed its lease for ${worker.leaseMs} ms`);
  }

  private endAbsent(now: number): void {
    this.absentUntil = never;
    const { tasks } = this.ports;
    for (const name of [...tasks.workers()]) {
      if (this.names.has(name)) continue;
      // It may have renewed its lease at the broker before this one, just before this one has begun.
      const leaseMs = leaseMsOf(this.seen.get(name)?.stallToleranceMs ?? 0);
      if (now < this.begunAt + leaseMs) {
        this.absentUntil = Math.min(this.absentUntil, this.begunAt + leaseMs);
        continue;
      }
      const reason = `${name} was not heard of for ${leaseMs} ms`;
      this.ports.abandoned(tasks.claimedBy(name), 'died', reason);
    }
  }

  // ── one worker ────────────────────────────────────────────────────────────────────────────────────

  private enlisted(
    { node, life, name }: Member,
    { services, capacity, isDraining, stallToleranceMs }: MessageOf<'work'>,
  ): WorkerHere {
    const worker: WorkerHere = {
      ...{ node, life, name, services, capacity, isDraining },
      isUnavailable: !this.ports.isAvailable(node),
      isAway: false,
      figures: undefined,
      drain: undefined,
      opening: 0,
      renewedAt: this.ports.desk.now(),
      leaseMs: leaseMsOf(stallToleranceMs),
      handed: new Set(),
    };
    this.workers.set(node, worker);
    this.names.set(name, worker);
    return worker;
  }

  /** Nobody has an attempt in hand that is over. */
  taskChanged(head: TaskHead, before: TaskHead | undefined): void {
    if (before === undefined || !isClaimed(before)) return;
    const isSame = isClaimed(head) && head.fence === before.fence;
    if (!isSame) this.names.get(before.worker)?.handed.delete(before.fence);
  }

  /** What it has in hand, against what the store says. What it was handed before and does not name it will not begin. */
  private compare(worker: WorkerHere, inHand: MessageOf<'work'>['inHand']): void {
    const { tasks } = this.ports;
    worker.handed = new Set(inHand.map(({ fence }) => fence));
    this.endUnhanded(worker);
    const others = inHand.filter((attempt) => {
      const isOwn = tasks.isHeldBy(worker.name, attempt) && tasks.get(attempt.n)?.state !== 'cancelling';
      return attempt.state !== 'ended' && !isOwn;
    });
    if (others.length > 0) this.ports.stop(worker, others);
  }

  private endUnhanded(worker: WorkerHere): void {
    const claims = this.ports.tasks.claimedBy(worker.name).filter(({ fence }) => !worker.handed.has(fence));
    const isOwn = ({ workerLife }: TaskHead): boolean => workerLife === worker.life;
    const lost = 'the broker that had claimed it has not handed it over';
    this.ports.abandoned(claims.filter(isOwn), 'given-back', lost);
    const ended = `this run of ${worker.name} has ended`;
    this.ports.abandoned(
      claims.filter((head) => !isOwn(head)),
      'died',
      ended,
    );
  }

  private claimsOf({ name, handed }: WorkerHere): TaskHead[] {
    return this.ports.tasks.claimedBy(name).filter(({ fence }) => handed.has(fence));
  }

  private remove(worker: WorkerHere): void {
    this.workers.delete(worker.node);
    if (this.names.get(worker.name) === worker) this.names.delete(worker.name);
    this.ports.gone(worker);
  }

  /** An idle worker has nothing written: only what is new of it is. */
  private remember({ name, services, capacity }: WorkerHere, stallToleranceMs: number): void {
    if (services.length === 0) return;
    const before = this.seen.get(name);
    const now = { name, services, capacity, stallToleranceMs, at: this.ports.desk.by().now };
    if (before !== undefined && isSame(before, now)) return;
    this.seen.set(name, now);
    this.ports.desk.ask('sawWorkers', [now], (completion) => {
      if (!completion.ok) this.ports.desk.failed(completion.failure);
    });
  }
}

function isSame(a: SeenWorker, b: SeenWorker): boolean {
  const text = ({ services, capacity, stallToleranceMs }: SeenWorker): string =>
    JSON.stringify([services, capacity, stallToleranceMs]);
  return text(a) === text(b);
}
