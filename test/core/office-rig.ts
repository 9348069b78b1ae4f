/**
 * The broker's side of tasks on the model of a store, with a clock of its own, and members that say whatever they are made to.
 *
 * Used by the tests beside `features/tasks/core/broker`. Everything that is said goes through its bytes, so that a member can
 * lie only as one of a mesh can.
 */

import { logModel } from '../../src/features/log/store/model.ts';
import type { Member, SwarmCore } from '../../src/features/swarm/core/shared.ts';
import { TaskOffice, type TaskOfficePorts } from '../../src/features/tasks/core/broker/office.ts';
import type { FromBroker, FromMember } from '../../src/features/tasks/core/messages.ts';
import type { TasksShape } from '../../src/features/tasks/core/tasks-shape.ts';
import type { Order, TaskHead } from '../../src/features/tasks/core/tasks-types.ts';
import { decodeTaskMessage, encodeFromBroker, encodeFromMember } from '../../src/features/tasks/core/wire.ts';
import { tasksModel } from '../../src/features/tasks/store/model.ts';
import type { StoreCompletion } from '../../src/kernel/contracts.ts';
import { idOf } from '../../src/kernel/identity.ts';
import type { LogPage } from '../../src/kernel/log-event.ts';
import { StoreParts } from '../../src/stores/parts.ts';
import { anywhere, capacity, store } from './workbench-rig.ts';

type Completion = StoreCompletion<TasksShape['store']>;
type Answer<Type extends FromBroker['type']> = Extract<FromBroker, { type: Type }>;

const id = (n: number): string => n.toString(16).padStart(32, '0');

export class OfficeRig {
  now = 1000;
  private readonly content = new StoreParts([tasksModel, logModel], new Map(), () => '0'.repeat(32));
  /** Operations of which the broker has not heard yet. */
  private completions: Completion[] = [];
  private readonly sent: { readonly to: number; readonly message: FromBroker }[] = [];
  /** Those that are to say everything again. */
  readonly forgotten: number[] = [];
  private readonly members = new Map<number, number>();
  private orders = 0;
  private isHeld = false;
  private failure: { readonly code: string; readonly message: string } | undefined;
  /** Whose next operation is carried out, and ends in the unknown. */
  private lost = '';
  private readonly office: TaskOffice;

  constructor() {
    let token = 0;
    const nothing = (): void => undefined;
    const rig = this;
    const agent = {
      self: { name: 'broker' },
      get now() {
        return rig.now;
      },
      get wallNow() {
        return rig.now;
      },
      random: { next: () => 0.5 },
      flushLater: nothing,
      store: (verb: string, input: unknown) => {
        this.completions.push(this.execute(++token, verb, input));
        return token;
      },
    };
    const swarm = {
      get office() {
        return rig.failure === undefined
          ? { state: 'open', store }
          : { state: 'failed', failure: rig.failure };
      },
      get time() {
        return rig.now;
      },
      admit: (_from: unknown, act: (refusal: undefined) => void) => act(undefined),
      ...{ use: nothing, logged: nothing, answerBy: nothing, touched: nothing },
      operationFailed: ({ code, message }: { code: string; message: string }) => {
        if (code !== 'SKEIN_LOST') throw new Error(message);
      },
    } as unknown as SwarmCore;
    this.office = new TaskOffice({
      ...{ agent: agent as unknown as TaskOfficePorts['agent'], swarm },
      availability: {
        isAvailable: () => true,
        onChanged: nothing,
      } as unknown as TaskOfficePorts['availability'],
      reply: ({ node }, message) => {
        const read = decodeTaskMessage(encodeFromBroker(message)) as FromBroker;
        this.sent.push({ to: this.numberOf(node), message: read });
      },
      newId: () => id(9999),
      ...{ dropAll: nothing, ignoreUnprocessed: nothing },
      forget: (node) => this.forgotten.push(this.numberOf(node)),
    });
    this.office.officeChanged();
    this.settle();
  }

  /** What a node says, in the run of its program that is named. @param life From 1. */
  says(node: number, message: FromMember, life = 1): void {
    const read = decodeTaskMessage(encodeFromMember(message)) as FromMember | undefined;
    if (read === undefined) throw new Error('the broker cannot read this');
    const member = memberOf(node, life);
    this.members.set(member.node, node);
    this.office.received(member, read, () => undefined);
    this.settle();
  }

  /** It works on `render`, up to two tasks at a time. */
  works(node: number, more: Partial<Extract<FromMember, { type: 'work' }>> = {}, life = 1): void {
    const service = { service: 'render', concurrency: 2, queue: 0, isIdempotent: false };
    this.says(
      node,
      {
        ...{ type: 'work', opening: 1, services: [service], capacity, isDraining: false },
        ...{ stallToleranceMs: 3000, store, inHand: [], ...more },
      },
      life,
    );
  }

  /** @returns The place of the task; 0: it is not in the store. */
  order(more: Partial<Order> = {}): number {
    const number = ++this.orders;
    const order: Order = {
      ...{ id: id(number), service: 'render', input: { encoding: 0, body: Uint8Array.of(number) } },
      ...{ needs: anywhere, priority: 3, delayMs: 0, deadlineMs: 0, timeoutMs: 0, attempts: 1 },
      ...{ isIdempotent: false, key: '', digest: '', after: [], isLetter: false, mayWaitForWorkers: true },
      ...{ parent: '', part: 0, retryOf: '', ...more },
    } as Order;
    this.says(99, { type: 'order', number, isTogether: true, orders: [order] });
    return this.place(id(number));
  }

  /** The store cannot be opened any more; undefined: it is open again. */
  storeFails(code: string | undefined): void {
    this.failure = code === undefined ? undefined : { code, message: `the store says ${code}` };
    this.office.officeChanged();
    this.settle();
  }

  /** The next operation of this verb is carried out, and what became of it is unknown. */
  lose(verb: string): void {
    this.lost = verb;
  }

  /** The store takes its time: the broker hears of no operation until `release`. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.settle();
  }

  /** Time passes, and the broker looks whenever it has asked to. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      const next = Math.min(this.office.nextDeadline(), this.now + 1000, end);
      this.now = Math.max(this.now, next === this.now ? this.now + 1 : next);
      this.office.tick(this.now);
      this.office.deadline(this.now);
      this.settle();
    }
  }

  /** What a node was sent since the last look. */
  heard<Type extends FromBroker['type']>(node: number, type: Type): Answer<Type>[] {
    const all = this.sent.filter((each) => each.to === node && each.message.type === type);
    for (const each of all) this.sent.splice(this.sent.indexOf(each), 1);
    return all.map(({ message }) => message as Answer<Type>);
  }

  /** What is durable of a task that has not ended. */
  head(n: number): TaskHead | undefined {
    const heads = this.ask('heads', { after: 0, limit: 1000 }) as readonly TaskHead[];
    return heads.find((head) => head.n === n);
  }

  /** `running`, `done`. */
  state(n: number): string {
    return (this.ask('status', id(n)) as { state: string }).state;
  }

  /** `task.stale w2: why`, of what was logged since the last look. */
  logged(): string[] {
    const { events, newest } = this.log(this.logPlace);
    this.logPlace = newest;
    return events.map(({ type, author, note }) =>
      [type, author, note].filter((each) => each !== '').join(' '),
    );
  }
  private logPlace = 0;

  /** All that is durable, but for the log. */
  everything(): string {
    const heads = this.ask('heads', { after: 0, limit: 1000 });
    const statuses = Array.from({ length: this.orders }, (_, i) => this.ask('status', id(i + 1)));
    return JSON.stringify([heads, statuses, this.log(0).newest]);
  }

  private numberOf(node: number): number {
    const number = this.members.get(node);
    if (number === undefined) throw new Error('the broker speaks to a node that has said nothing');
    return number;
  }

  private log(after: number): LogPage {
    return this.valueOf('log', 'read', { after, limit: 10_000, filter: {} }) as LogPage;
  }

  private place(task: string): number {
    return (this.ask('status', task) as { n: number } | null)?.n ?? 0;
  }

  private ask(verb: string, input: unknown): unknown {
    return this.valueOf('tasks', verb, input);
  }

  private valueOf(feature: string, verb: string, input: unknown): unknown {
    const outcome = this.content.execute(feature, { verb, input: input as never });
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  }

  private execute(token: number, verb: string, input: unknown): Completion {
    const value = this.ask(verb, input);
    if (verb !== this.lost) return { token, verb, ok: true, value } as Completion;
    this.lost = '';
    const failure = { code: 'SKEIN_LOST', message: `what became of ${verb} is unknown` };
    return { token, verb, ok: false, failure } as unknown as Completion;
  }

  /** Until nothing more follows. */
  private settle(): void {
    do {
      const completions = this.isHeld ? [] : this.completions.splice(0);
      for (const completion of completions) this.office.completed(completion);
      this.office.flush();
    } while (this.completions.length > 0 && !this.isHeld);
  }
}

const nameOf = (number: number): string => `w${number}`;

function memberOf(number: number, life: number): Member {
  const name = nameOf(number);
  return { node: idOf(name), life, name } as unknown as Member;
}
