/**
 * What becomes of tasks that workers have, and of those that depend on them, at the broker.
 *
 * Invariant: what a worker says of an attempt that is not the last one changes nothing, and it hears so; what follows from
 * an end for many other tasks follows in steps, each of which can be found again from what the store has.
 */
import { retryWaitMs, taskLimits } from '../limits.ts';
import type { HandedIn } from '../messages.ts';
import {
  type Cancelled,
  type Change,
  type Encoded,
  type Ended,
  type Ending,
  noResult,
  type OwedLetter,
  type Priority,
  type Ranked,
  type TaskHead,
} from '../tasks-types.ts';
import type { Desk, Errand, MessageOf } from './errand.ts';
import { isClaimed, type OpenTasks } from './open-tasks.ts';
import { StaleNotes } from './stale-notes.ts';

export interface EndingsPorts {
  readonly desk: Desk;
  readonly tasks: OpenTasks;
  /** A number of [0, 1). */
  random(): number;
  place(priority: Priority): number;
  /** Places that others have from now on. */
  takeMoved(): readonly Ranked[];
  unplace(rank: number): void;
  /**
   * The store has this of it now. @param result Where it has just ended with one. @param ranMs Of one that has ended of which it
   * was not said that it had begun.
   */
  changed(head: TaskHead, result?: Encoded, ranMs?: number): void;
  /** The mailboxes of their authors are to have these. */
  owed(letters: readonly OwedLetter[]): void;
  /** The worker that has it is to stop it. */
  stop(head: TaskHead, reason: string): void;
}

interface Doomed {
  readonly n: number;
  readonly state: 'failed' | 'cancelled' | 'expired';
  readonly reason: string;
}

export class Endings {
  readonly counts = { ended: 0, stale: 0 };
  private readonly ports: EndingsPorts;
  private readonly staleNotes = new StaleNotes();
  /** Can go on: to be queued. */
  private ready = new Set<number>();
  /** The store is asked to queue these: asked twice it would give them two places. */
  private readonly queueing = new Set<number>();
  /** Cannot be done any more, by place. */
  private doomed = new Map<number, Doomed>();

  constructor(ports: EndingsPorts) {
    this.ports = ports;
  }

  clear(): void {
    this.ready.clear();
    this.queueing.clear();
    this.doomed.clear();
  }

  /** What a task that was just read, or changed, leaves to be done. */
  follow(head: TaskHead): void {
    const { n, state, doom, blockers, notBefore, service } = head;
    if (doom !== '') this.doom(head);
    else if (state === 'waiting' && service !== '' && blockers === 0 && notBefore <= this.time) {
      if (this.queueing.has(n)) return;
      this.ready.add(n);
    } else return;
    this.ports.desk.flushLater();
  }

  /** Its deadline is over. */
  expire(head: TaskHead): void {
    const reason = 'its deadline is over';
    const isBegun = isClaimed(head) || head.state === 'running';
    if (isBegun) this.cancel(head, reason);
    else this.doomed.set(head.n, { n: head.n, state: 'expired', reason });
    this.ports.desk.flushLater();
  }

  // ── what workers say ──────────────────────────────────────────────────────────────────────────────

  started(errand: Errand<MessageOf<'started'>>): void {
    const { desk, tasks } = this.ports;
    const { from, message } = errand;
    const items = message.attempts.filter((attempt) => tasks.isHeldBy(from.name, attempt));
    if (items.length === 0) return errand.done();
    desk.ask('started', { ...desk.by(), items }, (completion) => {
      if (!completion.ok) return desk.failed(completion.failure, errand);
      errand.done();
      for (const head of completion.value as readonly (TaskHead | null)[])
        if (head !== null) this.ports.changed(head);
    });
  }

  ended(errand: Errand<MessageOf<'ended'>>): void {
    const { desk } = this.ports;
    const { from, message } = errand;
    const { time } = this;
    const items = message.items.map((item) => this.endingOf(item));
    const worker = from.name;
    const staleNotes = this.staleNotes.reserve(worker, items.length, desk.now());
    desk.ask('end', { ...desk.by(), time, worker, items, staleNotes }, (completion) => {
      const results = completion.ok ? (completion.value as readonly Ended[]) : [];
      const stale = results.filter(({ type }) => type === 'stale').length;
      this.staleNotes.unused(worker, Math.max(0, staleNotes - stale));
      if (!completion.ok) return desk.failed(completion.failure, errand);
      desk.reply(from, {
        type: 'settled',
        store: message.store,
        items: items.map(({ n, fence }, i) => ({ n, fence, isAccepted: results[i]?.type !== 'stale' })),
      });
      errand.done();
      this.concluded(items, results);
    });
  }

  /** By the broker: their worker is gone, or has never been given them. */
  abandoned(heads: readonly TaskHead[], outcome: 'died' | 'given-back', reason: string): void {
    const { desk } = this.ports;
    for (let at = 0; at < heads.length; at += taskLimits.tasksPerMessageMax) {
      const items = heads.slice(at, at + taskLimits.tasksPerMessageMax).map(({ n, fence, rank }): Ending => {
        return { n, fence, outcome, result: noResult, reason, retryAt: 0, rank, isFinal: false };
      });
      desk.ask('end', { ...desk.by(), time: this.time, worker: '', items }, (completion) => {
        if (completion.ok) return this.concluded(items, completion.value as readonly Ended[]);
        desk.failed(completion.failure);
      });
    }
  }

  /** By the broker. */
  cancel({ id }: TaskHead, reason: string): void {
    const { desk } = this.ports;
    const { now, via } = desk.by();
    desk.ask('cancel', { id, now, trace: [via], reason }, (completion) => {
      if (completion.ok) this.cancelled(completion.value as Cancelled, reason);
      else desk.failed(completion.failure);
    });
  }

  /** A cancel is in the store. */
  cancelled(cancelled: Cancelled, reason: string): void {
    if (cancelled.type === 'cancelled') this.change(cancelled.change);
    if (cancelled.type !== 'cancelling') return;
    this.ports.changed(cancelled.head);
    this.ports.stop(cancelled.head, reason);
  }

  private endingOf(item: HandedIn): Ending {
    const head = this.ports.tasks.get(item.n);
    const spread = 0.8 + 0.4 * this.ports.random();
    const waitMs = item.outcome === 'failed' ? retryWaitMs(head?.attempt ?? 1) * spread : 0;
    return { ...item, retryAt: waitMs === 0 ? 0 : Math.ceil(this.time + waitMs), rank: head?.rank ?? 0 };
  }

  private concluded(items: readonly Ending[], results: readonly Ended[]): void {
    for (const [i, ended] of results.entries()) {
      if (ended.type === 'stale') this.counts.stale++;
      if (ended.type !== 'ended') continue;
      this.counts.ended++;
      this.change(ended.change, items[i]?.result, items[i]?.ranMs);
    }
  }

  // ── what follows ──────────────────────────────────────────────────────────────────────────────────

  /** An operation has made this of a task, and of others by it. */
  change({ head, affected, owed }: Change, result?: Encoded, ranMs?: number): void {
    if (owed !== undefined) this.ports.owed(owed);
    this.ports.changed(head, result, ranMs);
    for (const each of affected) {
      this.ports.changed(each);
      this.follow(each);
    }
  }

  flush(): void {
    this.flushReady();
    this.flushDoomed();
  }

  private flushReady(): void {
    const { desk, tasks } = this.ports;
    const all = [...this.ready];
    this.ready.clear();
    for (let at = 0; at < all.length; at += taskLimits.tasksPerMessageMax) {
      const own: Ranked[] = [];
      for (const n of all.slice(at, at + taskLimits.tasksPerMessageMax)) {
        const head = tasks.get(n);
        if (head === undefined) continue;
        own.push({ n, rank: this.ports.place(head.priority) });
        this.queueing.add(n);
      }
      if (own.length === 0) continue;
      const ranked = [...this.ports.takeMoved(), ...own];
      desk.ask('ready', { ...desk.by(), time: this.time, ranked }, (completion) => {
        for (const { n } of own) this.queueing.delete(n);
        const heads = completion.ok ? (completion.value as readonly TaskHead[]) : [];
        const queued = new Set(heads.map(({ rank }) => rank));
        for (const { rank } of own) if (!queued.has(rank)) this.ports.unplace(rank);
        if (!completion.ok) desk.failed(completion.failure);
        for (const head of heads) this.ports.changed(head);
      });
    }
  }

  private flushDoomed(): void {
    const { desk } = this.ports;
    const all = [...this.doomed.values()];
    this.doomed.clear();
    for (let at = 0; at < all.length; at += taskLimits.tasksPerMessageMax) {
      const items = all.slice(at, at + taskLimits.tasksPerMessageMax);
      desk.ask('expire', { ...desk.by(), items }, (completion) => {
        if (!completion.ok) return desk.failed(completion.failure);
        const changes = completion.value as readonly Change[];
        for (const change of changes) this.change(change);
        const left = new Set(items.map(({ n }) => n));
        for (const { head } of changes) left.delete(head.n);
        // A worker has claimed it meanwhile.
        for (const n of left) this.lookAgain(n);
      });
    }
  }

  private lookAgain(n: number): void {
    const head = this.ports.tasks.get(n);
    if (head === undefined || !isClaimed(head) || head.state === 'cancelling') return;
    this.cancel(head, head.doom === '' ? 'its deadline is over' : head.doom);
  }

  private doom(head: TaskHead): void {
    const { n, doom, parent } = head;
    if (head.state === 'cancelling') return;
    if (isClaimed(head)) return this.cancel(head, doom);
    this.doomed.set(n, { n, state: parent > 0 ? 'cancelled' : 'failed', reason: doom });
  }

  private get time(): number {
    return this.ports.desk.swarm.time;
  }
}
