/**
 * How queued tasks come to workers, at the broker: a worker that fits is asked, the claim is committed, and then the worker
 * is given the task.
 *
 * Invariant: a task is offered to one worker at a time, and given to it only once the store has its claim; room that a
 * worker keeps for an offer is given back to it in one way or another.
 */
import type { NodeId } from '../../../../kernel/identity.ts';
import type { Member } from '../../../swarm/core/shared.ts';
import { taskLimits } from '../limits.ts';
import { Estimates } from '../matching/estimates.ts';
import { Matching } from '../matching/matching.ts';
import { standingOf, type WorkerStanding } from '../matching/standing.ts';
import type { Assignment, TaskOffer } from '../messages.ts';
import type { Requirements } from '../requirements.ts';
import type { Claim, Claimed, Duration, OfferNote, Priority, Ranked, TaskHead } from '../tasks-types.ts';
import type { Desk, MessageOf } from './errand.ts';
import { isClaimed, type OpenTasks } from './open-tasks.ts';
import { type ServiceFigures, serviceFigures } from './service-figures.ts';
import type { WorkerHere, WorkersHere } from './workers-here.ts';

export interface DispatchPorts {
  readonly desk: Desk;
  readonly tasks: OpenTasks;
  workers(): WorkersHere;
  /** The store has this of it from now on. */
  claimed(head: TaskHead): void;
  /** Claimed by a worker that is not there any more. */
  abandoned(heads: readonly TaskHead[], reason: string): void;
}

interface OpenOffer {
  readonly node: NodeId;
  readonly life: number;
  /** As that worker says of the service. What it says is another thing once it begins again, and its offers are void. */
  readonly isIdempotent: boolean;
  readonly number: number;
  /** Kernel time. */
  readonly until: number;
}

/** One that a worker has accepted. */
interface Wish {
  readonly claim: Claim;
  /** Of its task's input. */
  readonly bytes: number;
}

const never = Number.POSITIVE_INFINITY;
/** Of those who asked why a task waits: what more workers say is left out. */
const reasonsMax = 20;
/** Of this number of services what the store knows is read as a broker begins. */
const estimatesLoadedMax = 64;
/** Who has declined a task, as its claim says it. */
const notesMax = 32;

export class Dispatch {
  readonly counts = { offered: 0, declined: 0, claimed: 0 };
  private readonly ports: DispatchPorts;
  private matching = new Matching();
  private readonly estimates = new Estimates();
  /** In the order in which they were made. */
  private readonly offers = new Map<number, OpenOffer>();
  private lastOffer = 0;
  /** Who has declined a task since it was queued. */
  private readonly notes = new Map<number, OfferNote[]>();
  /** Claims that the store was not asked for yet, and those that are on their way there. */
  private wishes: Wish[] = [];
  private readonly claiming = new Set<readonly Claim[]>();
  /** Tasks that are on their way into the store, by the places that they will have there: workers may be asked already. */
  private readonly foretold = new Map<number, TaskHead>();
  /** There was more to match than one turn looks at. */
  private isMore = false;

  constructor(ports: DispatchPorts) {
    this.ports = ports;
  }

  // ── what is known ─────────────────────────────────────────────────────────────────────────────────

  /** All that is known of tasks is read from the store again. */
  forgetTasks(): void {
    for (const [n, offer] of this.offers) this.withdraw(offer, [n]);
    for (const { claim } of this.wishes) {
      const { n, worker } = claim;
      const here = this.ports.workers().byName(worker);
      if (here !== undefined) this.withdraw(here, [n]);
    }
    this.offers.clear();
    this.notes.clear();
    this.wishes = [];
    this.foretold.clear();
    this.matching = new Matching();
  }

  begin(): void {
    for (const seen of this.ports.workers().everSeen()) this.matching.remember(seen);
    for (const worker of this.ports.workers().all()) this.worker(worker);
    this.loadEstimates();
  }

  /** Of services of which nothing was observed yet. */
  private loadEstimates(): void {
    const services = new Set<string>();
    for (const { services: offered } of this.ports.workers().everSeen())
      for (const { service } of offered) if (!this.estimates.has(service)) services.add(service);
    for (const service of [...services].slice(0, estimatesLoadedMax)) {
      const input = { service, limit: taskLimits.taskDurationsMax };
      this.ports.desk.ask('durations', input, (completion) => {
        if (completion.ok) this.estimates.load(service, completion.value as readonly Duration[]);
      });
    }
  }

  /** A task is done of which it is known when it has begun. One of several parts is not begun. */
  private observe(before: TaskHead, { state, since }: TaskHead, ranMs: number | undefined): void {
    if ((before.state !== 'running' && ranMs === undefined) || state !== 'done') return;
    const { service, orderedAt, notBefore } = before;
    if (service === '') return;
    const begunAt = Math.max(before.since, since - (ranMs ?? Number.POSITIVE_INFINITY));
    const waitedMs = Math.max(0, begunAt - Math.max(orderedAt, notBefore));
    this.estimates.record(service, { waitedMs, ranMs: Math.max(0, since - begunAt) });
  }

  /**
   * The store was asked to queue this task. Workers are asked meanwhile; a claim reaches the store after the order, and is
   * void where that has not come to be so.
   */
  foretell(head: TaskHead): void {
    this.foretold.set(head.n, head);
    this.matching.put(head);
    this.ports.desk.flushLater();
  }

  /** It has not come to be so. */
  notSo({ n }: TaskHead): void {
    this.foretold.delete(n);
    this.notes.delete(n);
    const offer = this.offers.get(n);
    const wish = this.wishes.find(({ claim }) => claim.n === n);
    const end = offer ?? (wish === undefined ? undefined : this.ports.workers().byName(wish.claim.worker));
    this.offers.delete(n);
    this.wishes = this.wishes.filter((each) => each !== wish);
    if (end !== undefined) this.withdraw(end, [n]);
    this.matching.remove(n);
  }

  private head(n: number): TaskHead | undefined {
    return this.ports.tasks.get(n) ?? this.foretold.get(n);
  }

  /** @param before As it was known until now. @param ranMs Of one that has ended, where that it had begun was not said. */
  changed(head: TaskHead, before: TaskHead | undefined, ranMs?: number): void {
    if (before !== undefined) this.observe(before, head, ranMs);
    if (this.foretold.size > 0) this.foretold.delete(head.n);
    this.matching.put(head);
    this.ports.desk.flushLater();
    // Nobody is asked for a task that is not queued.
    const wasQueued = before === undefined || before.state === 'queued';
    if (head.state === 'queued' || !wasQueued) return;
    this.notes.delete(head.n);
    const offer = this.offers.get(head.n);
    if (offer === undefined) return;
    this.offers.delete(head.n);
    this.withdraw(offer, [head.n]);
  }

  worker(worker: WorkerHere): void {
    if (worker.isAway) this.workerGone(worker);
    else this.matching.work(worker);
    this.ports.desk.flushLater();
  }

  /** It says again what it works on: what it was offered before that it has forgotten. */
  workerReopened({ node }: WorkerHere): void {
    for (const [n, offer] of this.offers) {
      if (offer.node !== node) continue;
      this.offers.delete(n);
      this.matching.withdrawn(n);
    }
  }

  workerGone({ node }: WorkerHere): void {
    for (const [n, offer] of this.offers) if (offer.node === node) this.offers.delete(n);
    this.matching.gone(node);
    this.ports.desk.flushLater();
  }

  // ── places in the queue ───────────────────────────────────────────────────────────────────────────

  place(priority: Priority): number {
    return this.matching.place(priority);
  }

  unplace(rank: number): void {
    this.matching.release(rank);
  }

  /** Places that others have from now on: for the next operation of the store. */
  takeMoved(): Ranked[] {
    return this.matching.takeMoved();
  }

  // ── offers ────────────────────────────────────────────────────────────────────────────────────────

  flush(): void {
    this.offer();
    this.claim();
  }

  private offer(): void {
    const { now } = this.ports.desk;
    const { matches, isMore } = this.matching.match(now(), taskLimits.taskLooksMax);
    this.isMore = isMore;
    const byWorker = new Map<WorkerHere, TaskOffer[]>();
    const until = now() + taskLimits.taskOfferMs;
    for (const { n, node, worker: name, life, service, needs, priority, isIdempotent } of matches) {
      const worker = this.ports.workers().byName(name);
      if (worker === undefined) continue;
      const number = ++this.lastOffer;
      this.offers.set(n, { node, life, isIdempotent, number, until });
      const offers = byWorker.get(worker);
      const offer: TaskOffer = { n, offer: number, service, needs, priority };
      if (offers === undefined) byWorker.set(worker, [offer]);
      else offers.push(offer);
    }
    for (const [worker, offers] of byWorker) this.sendOffers(worker, offers);
  }

  private sendOffers(worker: WorkerHere, offers: readonly TaskOffer[]): void {
    this.counts.offered += offers.length;
    const store = this.ports.desk.storeTag();
    for (let at = 0; at < offers.length; at += taskLimits.tasksPerOfferMax) {
      const some = offers.slice(at, at + taskLimits.tasksPerOfferMax);
      this.ports.desk.reply(worker, { type: 'offers', store, offers: some });
    }
  }

  answered(from: Member, answers: MessageOf<'answers'>['answers']): void {
    const { name, node, life } = from;
    for (const { n, offer: number, declined } of answers) {
      const offer = this.offers.get(n);
      if (offer?.number !== number || offer.node !== node || offer.life !== life) {
        // Too late, or a second time: another one has the task, or is asked.
        if (declined === '' && !this.isClaiming(n, name)) this.withdraw(from, [n]);
        continue;
      }
      this.offers.delete(n);
      const notes = this.note(n, { worker: name, declined });
      if (declined === '') this.taken(n, name, offer, notes);
      else this.declined(n, node, declined);
    }
    this.ports.desk.flushLater();
  }

  private declined(n: number, node: NodeId, reason: string): void {
    this.counts.declined++;
    this.matching.declined(n, node, reason, this.ports.desk.now() + taskLimits.taskDeclinedMs);
    this.ports.desk.flushLater();
  }

  private taken(n: number, worker: string, offer: OpenOffer, offers: readonly OfferNote[]): void {
    const head = this.head(n);
    if (head === undefined) return this.withdraw(offer, [n]);
    const { life } = offer;
    const isIdempotent = head.isIdempotent || offer.isIdempotent;
    const attempts = head.attempts > 0 ? head.attempts : isIdempotent ? taskLimits.taskAttemptsIdempotent : 1;
    const { id, inputBytes: bytes } = head;
    const claim: Claim = { n, id, worker, life, attempts, isIdempotent, offers };
    this.wishes.push({ claim, bytes });
  }

  private isClaiming(n: number, worker: string): boolean {
    const head = this.ports.tasks.get(n);
    if (head !== undefined && isClaimed(head) && head.worker === worker) return true;
    const isIt = (claim: Claim): boolean => claim.n === n && claim.worker === worker;
    for (const claims of this.claiming) if (claims.some(isIt)) return true;
    return this.wishes.some(({ claim }) => isIt(claim));
  }

  private note(n: number, note: OfferNote): readonly OfferNote[] {
    const known = this.notes.get(n);
    const notes = known ?? [note];
    if (known === undefined) this.notes.set(n, notes);
    else if (known.push(note) > notesMax) known.shift();
    return notes;
  }

  private withdraw(end: { readonly node: NodeId; readonly life: number }, ns: readonly number[]): void {
    this.ports.desk.reply(end, { type: 'withdrawn', store: this.ports.desk.storeTag(), ns });
  }

  // ── claims ────────────────────────────────────────────────────────────────────────────────────────

  private claim(): void {
    while (this.wishes.length > 0) {
      const items = this.wishes.splice(0, claimLength(this.wishes)).map(({ claim }) => claim);
      this.claiming.add(items);
      const { desk } = this.ports;
      desk.ask('claim', { ...desk.by(), items }, (completion) => {
        this.claiming.delete(items);
        if (completion.ok) return this.claimed(items, completion.value as readonly Claimed[]);
        for (const item of items) this.unclaimed(item);
        desk.failed(completion.failure);
      });
    }
  }

  private claimed(items: readonly Claim[], results: readonly Claimed[]): void {
    const given = new Map<WorkerHere, Assignment[]>();
    const orphans: TaskHead[] = [];
    for (const [i, item] of items.entries()) {
      const { n, worker: name, life } = item;
      const claimed = results[i] ?? null;
      const here = this.ports.workers().byName(name);
      const worker = here?.life === life && !here.isAway ? here : undefined;
      if (claimed === null) {
        this.unclaimed(item);
        if (worker !== undefined) this.withdraw(worker, [n]);
        continue;
      }
      this.counts.claimed++;
      this.ports.claimed(claimed.head);
      if (claimed.whole !== null) this.ports.claimed(claimed.whole);
      if (worker === undefined) {
        orphans.push(claimed.head);
        continue;
      }
      worker.handed.add(claimed.head.fence);
      const tasks = given.get(worker) ?? [];
      if (tasks.push(assignmentOf(claimed)) === 1) given.set(worker, tasks);
    }
    const store = this.ports.desk.storeTag();
    for (const [worker, tasks] of given) {
      const { opening } = worker;
      this.ports.desk.reply(worker, { type: 'assigned', store, opening, tasks });
    }
    if (orphans.length > 0) this.ports.abandoned(orphans, 'its worker was gone before it was handed over');
  }

  /** Its place may be another task's meanwhile. */
  private unclaimed({ n, id }: Claim): void {
    if (this.head(n)?.id === id) this.matching.withdrawn(n);
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────

  nextDeadline(): number {
    if (this.isMore || this.wishes.length > 0) return this.ports.desk.now();
    const [first] = this.offers.values();
    const { due } = this.matching;
    return Math.min(first?.until ?? never, due === 0 ? never : due);
  }

  deadline(now: number): void {
    for (const [n, offer] of this.offers) {
      if (offer.until > now) break;
      this.offers.delete(n);
      const reason = `has not answered for ${taskLimits.taskOfferMs} ms`;
      this.note(n, { worker: this.ports.workers().of(offer.node)?.name ?? '', declined: reason });
      this.withdraw(offer, [n]);
      this.declined(n, offer.node, reason);
    }
    this.ports.desk.flushLater();
  }

  // ── for those who ask ─────────────────────────────────────────────────────────────────────────────

  isOffered(n: number): boolean {
    return this.offers.has(n);
  }

  /** Undefined: a worker that was here once can run it. */
  whyInfeasible(service: string, needs: Requirements): string | undefined {
    if (this.matching.isFeasible(service, needs)) return undefined;
    return `no worker that was ever here could run a task of "${service}" with these requirements`;
  }

  /** Of workers by name, behind this one: each is looked at as it is taken. */
  *standingsAfter(after: string, service: string, needs: Requirements): Iterable<WorkerStanding> {
    const { now } = this.ports.desk.by();
    const { estimates } = this;
    for (const { worker, whyNot } of this.matching.standingsAfter(after, service, needs)) {
      const begins = estimates.begins(worker, service, needs, now);
      const figures = this.ports.workers().byName(worker.name)?.figures;
      yield standingOf(worker, { whyNot: whyNot ?? '', begins, figures });
    }
  }

  services(): ServiceFigures[] {
    return serviceFigures(this.matching, this.estimates, this.ports.desk.by().now);
  }

  /** What a task that nobody has yet waits for. */
  whyWaits(head: TaskHead): string[] {
    const { state, blockers, notBefore, service, needs, doom, part, partsLeft } = head;
    if (doom !== '') return [doom];
    if (service === '' && blockers === 0) return [`${partsLeft} of its ${part} parts have not ended`];
    if (state === 'waiting') {
      const { time } = this.ports.desk.swarm;
      return [
        ...(blockers > 0 ? [`${blockers} of the tasks that it waits for are not done`] : []),
        ...(notBefore > time ? [`it waits for ${Math.ceil((notBefore - time) / 1000)} s more`] : []),
      ];
    }
    if (state !== 'queued') return [];
    const standings = this.matching.standings(service, needs);
    if (standings.length === 0) return ['no worker is here'];
    const reasons = standings.slice(0, reasonsMax).map(({ worker: { name }, whyNot }) => {
      return whyNot === undefined ? `${name} can take it` : `${name} ${whyNot}`;
    });
    const more = standings.length - reasons.length;
    const shown = more > 0 ? [...reasons, `and ${more} more workers`] : reasons;
    return [...shown, this.durations(service)];
  }

  /** How long its tasks wait and run, in words. */
  private durations(service: string): string {
    const estimate = this.estimates.of(service, this.ports.desk.by().now);
    if (estimate === undefined) return `no task of "${service}" was done yet: how long it waits is not known`;
    const { waitedP50, waitedP90, ranP50, ranP90, count } = estimate;
    return `the last ${count} tasks of "${service}" waited ${waitedP50} ms (p90 ${waitedP90} ms) and ran ${ranP50} ms (p90 ${ranP90} ms)`;
  }

  get queuedCount(): number {
    return this.matching.queued;
  }
}

/** Of these, those that are one operation. */
function claimLength(claims: readonly Wish[]): number {
  let bytes = 0;
  let length = 0;
  for (const claim of claims) {
    bytes += claim.bytes;
    const isFull = length >= taskLimits.tasksPerClaimMax || bytes > taskLimits.taskClaimBytesMax;
    if (isFull && length > 0) break;
    length++;
  }
  return length;
}

function assignmentOf({ head, input }: NonNullable<Claimed>): Assignment {
  const { n, fence, id, service, author, needs, priority, attempt, timeoutMs } = head;
  return { n, fence, id, service, author, needs, priority, attempt, timeoutMs, input };
}
