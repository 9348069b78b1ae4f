/**
 * The broker's intake: orders of authors are put into the store, those of one message in one piece.
 *
 * Invariant: that an order was refused is said only where it is not in the store; what its author has sent again is
 * answered with the task that is there.
 */
import { type Failure, failure } from '../../../../kernel/errors.ts';
import { taskLimits } from '../limits.ts';
import { noLetters } from '../no-letters.ts';
import type { Requirements } from '../requirements.ts';
import type { NewTask, Order, Ordered, OrderOutcome, Priority, Ranked, TaskHead } from '../tasks-types.ts';
import type { Desk, Errand, MessageOf } from './errand.ts';

export type OrderErrand = Errand<MessageOf<'order'>>;

export interface IntakePorts {
  readonly desk: Desk;
  /** Tasks that have not ended. */
  openCount(): number;
  /** Why no worker that was ever here can run it; undefined: one can. */
  whyInfeasible(service: string, needs: Requirements): string | undefined;
  place(priority: Priority): number;
  /** Places that others have from now on. */
  takeMoved(): readonly Ranked[];
  /** A place that was given is not used. */
  unplace(rank: number): void;
  /** In the store from now on. */
  stored(head: TaskHead): void;
  /** On its way into the store, where it will be so, in all likelihood. */
  foretell(head: TaskHead): void;
  /** It is not so. */
  notSo(head: TaskHead): void;
}

const refusedTogether = 'it was ordered together with another task that was refused';

export class Intake {
  readonly counts = { ordered: 0, refused: 0 };
  private readonly ports: IntakePorts;
  /** Of orders whose operation is under way. */
  private readonly pending = new Map<string, (() => void)[]>();
  private pendingCount = 0;
  /** Of the task that is stored next, where no order is under way; 0: not known. */
  private nextPlace = 0;

  constructor(ports: IntakePorts) {
    this.ports = ports;
  }

  clear(): void {
    this.pending.clear();
    this.pendingCount = 0;
    this.nextPlace = 0;
  }

  /** @param then Called once it is known whether that order is in the store: at once where none is under way. */
  whenKnown(id: string, then: () => void): void {
    const waiting = this.pending.get(id);
    if (waiting === undefined) then();
    else waiting.push(then);
  }

  order(errand: OrderErrand): void {
    const { from, message } = errand;
    const { isTogether } = message;
    const refusals =
      errand.wasTried === true
        ? message.orders.map(() => undefined)
        : this.refusalsOf(message.orders, isTogether);
    const orders = message.orders.filter((_, i) => refusals[i] === undefined);
    if (orders.length === 0) return this.answer(errand, refusals, []);
    const { desk } = this.ports;
    const { time } = desk.swarm;
    const tasks = orders.map((order) => newTask(order, time, this.rankOf(order)));
    const ranked = this.ports.takeMoved();
    const by = desk.by();
    const foretold = this.foretold(tasks, from.name, by.now);
    this.begin(orders);
    desk.ask('order', { ...by, time, author: from.name, isTogether, tasks, ranked }, (completion) => {
      if (completion.ok) {
        const ordered = this.concluded(tasks, completion.value as readonly OrderOutcome[], foretold);
        this.answer(errand, refusals, ordered);
      } else this.failed(errand, tasks, completion.failure, foretold);
      this.end(orders);
    });
    if (foretold !== undefined) this.ports.foretell(foretold);
  }

  /** As the store will have it: of a single task that is queued at once, while no other order is under way. */
  private foretold(tasks: readonly NewTask[], author: string, now: number): TaskHead | undefined {
    const [task] = tasks;
    if (task === undefined || tasks.length > 1 || this.pendingCount > 0 || this.nextPlace === 0)
      return undefined;
    const { service, notBefore, after, parent } = task;
    const isQueued = service !== '' && notBefore === 0 && after.length === 0 && parent === '';
    return isQueued ? headOf(task, this.nextPlace, author, now) : undefined;
  }

  /** Somebody orders a task again that has ended. @param tasks It, and then its parts. */
  repeat(
    tasks: readonly NewTask[],
    author: string,
    then: (ordered: Ordered) => void,
    failed: (why: Failure) => void,
  ): void {
    const { desk } = this.ports;
    const fresh = tasks.map((task) => ({ ...task, rank: this.rankOf(task) }));
    const ranked = this.ports.takeMoved();
    const input = { ...desk.by(), time: desk.swarm.time, author, isTogether: true, tasks: fresh, ranked };
    this.begin(fresh);
    desk.ask('order', input, (completion) => {
      if (!completion.ok) {
        for (const task of fresh) this.unplace(task);
        this.end(fresh);
        desk.failed(completion.failure);
        return failed(completion.failure);
      }
      const [first] = this.concluded(fresh, completion.value as readonly OrderOutcome[]);
      this.end(fresh);
      then(first as Ordered);
    });
  }

  refuse(errand: OrderErrand, why: Failure): void {
    this.answer(
      errand,
      errand.message.orders.map(() => why),
      [],
    );
  }

  /** @param foretold The only one of them. */
  private concluded(
    tasks: readonly NewTask[],
    outcomes: readonly OrderOutcome[],
    foretold?: TaskHead,
  ): Ordered[] {
    return outcomes.map((outcome, i): Ordered => {
      const task = tasks[i] as NewTask;
      const isQueued = outcome.type === 'stored' && outcome.head.state === 'queued';
      const isSo = isQueued && outcome.head.n === foretold?.n;
      if (foretold !== undefined && !isSo) this.ports.notSo(foretold);
      if (outcome.type === 'stored') {
        this.nextPlace = Math.max(this.nextPlace, outcome.head.n + 1);
        this.ports.stored(outcome.head);
      }
      // One that waits gets its place when it is queued.
      if (foretold === undefined && !isQueued) this.unplace(task);
      return orderedOf(outcome, task);
    });
  }

  private failed(errand: OrderErrand, tasks: readonly NewTask[], why: Failure, foretold?: TaskHead): void {
    if (foretold !== undefined) this.ports.notSo(foretold);
    else for (const task of tasks) this.unplace(task);
    // Whether it is in the store, or another one writes, is not its author's matter: it is put again.
    const isUnknown = errand.wasTried === true || why.code === 'SKEIN_LOST';
    const isPassing = isUnknown || why.code === 'SKEIN_STORE_CLAIMED';
    this.ports.desk.failed(why, isPassing ? errand : undefined);
    if (!isPassing) this.refuse(errand, why);
  }

  private rankOf({ service, priority }: Pick<Order, 'service' | 'priority'>): number {
    return service === '' ? 0 : this.ports.place(priority);
  }

  private unplace({ service, rank }: NewTask): void {
    if (service !== '') this.ports.unplace(rank);
  }

  /** Before the store is asked: why each of them is not put into it. */
  private refusalsOf(orders: readonly Order[], isTogether: boolean): readonly (Failure | undefined)[] {
    const { tasksOpenMax } = taskLimits;
    if (this.ports.openCount() + this.pendingCount + orders.length > tasksOpenMax) {
      const text = `the swarm has ${tasksOpenMax} tasks that have not ended, the most that it keeps: order again once some have`;
      return orders.map(() => failure('SKEIN_BUSY', text));
    }
    const refusals = orders.map((order) => this.whyNoLetter(order) ?? this.whyInfeasible(order));
    if (!isTogether || refusals.every((refusal) => refusal === undefined)) return refusals;
    return refusals.map((refusal) => refusal ?? failure('SKEIN_REFUSED', refusedTogether));
  }

  private whyNoLetter({ isLetter }: Order): Failure | undefined {
    const { swarm } = this.ports.desk;
    return isLetter && swarm.deposit === undefined
      ? noLetters(`the broker ${swarm.broker?.name}`)
      : undefined;
  }

  private whyInfeasible({ service, needs, mayWaitForWorkers }: Order): Failure | undefined {
    if (service === '' || mayWaitForWorkers) return undefined;
    const problem = this.ports.whyInfeasible(service, needs);
    if (problem === undefined) return undefined;
    const text = `${problem}: start such a worker, ask for less, or have it wait (ifInfeasible: 'queue')`;
    return failure('SKEIN_INFEASIBLE', text);
  }

  /** @param refusals Of the store's answers these are left out. */
  private answer(
    { from, message, done }: OrderErrand,
    refusals: readonly (Failure | undefined)[],
    ordered: readonly Ordered[],
  ): void {
    let at = 0;
    const outcomes = refusals.map(
      (refusal): Ordered =>
        refusal === undefined ? (ordered[at++] as Ordered) : { ok: false, failure: refusal },
    );
    for (const { ok } of outcomes) this.counts[ok ? 'ordered' : 'refused']++;
    this.ports.desk.reply(from, { type: 'ordered', number: message.number, outcomes });
    done();
  }

  private begin(orders: readonly { readonly id: string }[]): void {
    this.pendingCount += orders.length;
    for (const { id } of orders) if (!this.pending.has(id)) this.pending.set(id, []);
  }

  private end(orders: readonly { readonly id: string }[]): void {
    this.pendingCount -= orders.length;
    for (const { id } of orders) {
      const waiting = this.pending.get(id) ?? [];
      this.pending.delete(id);
      for (const then of waiting) then();
    }
  }
}

function newTask(order: Order, time: number, rank: number): NewTask {
  const { delayMs, deadlineMs, mayWaitForWorkers: _, ...rest } = order;
  return {
    ...rest,
    rank,
    notBefore: delayMs > 0 ? time + delayMs : 0,
    deadline: deadlineMs > 0 ? time + deadlineMs : 0,
  };
}

function headOf(task: NewTask, n: number, author: string, now: number): TaskHead {
  const { id, service, needs, priority, rank, notBefore, deadline, timeoutMs, attempts, isIdempotent } = task;
  return {
    ...{ n, id, author, service, needs, priority, rank, notBefore, deadline, timeoutMs, attempts },
    ...{ isIdempotent, state: 'queued', inputBytes: task.input.body.length, orderedAt: now, since: now },
    ...{ attempt: 0, fence: 0, worker: '', workerLife: 0, blockers: 0, doom: '', reason: '' },
    ...{ parent: 0, part: task.part, partsLeft: 0 },
  };
}

function orderedOf(outcome: OrderOutcome, { id, key }: NewTask): Ordered {
  switch (outcome.type) {
    case 'stored':
      return { ok: true, id, isRepeat: false };
    case 'repeat':
      // The same message a second time is no repeat to its author.
      return { ok: true, id: outcome.id, isRepeat: outcome.id !== id };
    case 'other':
      return refused(
        key === ''
          ? `the id ${id} is that of another task: order again`
          : `the idempotency key "${key}" was used for another task (${outcome.id}): use another key`,
      );
    case 'unfit':
      return refused(`it cannot wait for task ${outcome.id}, or repeat it: that is ${outcome.state}`);
    case 'together':
      return refused(refusedTogether);
  }
}

function refused(text: string): Ordered {
  return { ok: false, failure: failure('SKEIN_REFUSED', text) };
}
