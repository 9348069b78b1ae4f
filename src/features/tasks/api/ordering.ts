/**
 * `tasks.order` and its like: orders for the core, and promises for what becomes of them.
 *
 * Made by the tasks facade. Invariant: each call's promise ends once, also when its node does; what ended before it was
 * stored may be stored all the same, and its error says that this is unknown.
 */

import { type ErrorCode, SkeinError } from '../../../kernel/errors.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { Writer } from '../../../kernel/wire/bytes.ts';
import { encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import { whenAborted } from '../../../kit/when-aborted.ts';
import type { ManyOrder, OrderOptions, TaskNeeds, TaskService } from '../api.ts';
import { taskLimits } from '../core/limits.ts';
import type { OrderedEvent } from '../core/member-events.ts';
import { noLetters } from '../core/no-letters.ts';
import { noRequirements, type Requirements } from '../core/requirements.ts';
import type { Tasks } from '../core/tasks.ts';
import { type Encoded, noResult, type Order, type Ordered } from '../core/tasks-types.ts';
import type { TasksFeatureShape } from '../shape.ts';
import { checkMany, checkOrder, requirements, taskService } from './check-options.ts';

type Ports = NodePorts<TasksFeatureShape, Tasks>;

/** What was stored, or was there already; and what checks its result, or that of each of its parts. */
export interface Stored {
  readonly id: string;
  readonly isRepeat: boolean;
  readonly services: readonly AnyService[];
}

type AnyService = TaskService<never, unknown>;
/** `undefined` is as good as nothing. */
type Asked = { readonly [Name in Exclude<keyof OrderOptions, 'signal'>]?: OrderOptions[Name] | undefined };
type AskedParts = Asked & Pick<ManyOrder, 'parts'>;

/** A task, and then its parts: what a call orders of one. */
interface Prepared {
  readonly orders: readonly Order[];
  readonly services: readonly AnyService[];
}

/** One call. */
interface Call {
  resolve(outcomes: readonly Ordered[]): void;
  reject(error: Error): void;
}

export class Ordering {
  private readonly ports: Ports;
  private readonly calls = new Set<Call>();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  async order(given: unknown, input: unknown, { signal, ...options }: OrderOptions): Promise<Stored> {
    this.ports.checkOpen();
    checkOrder(options);
    const prepared = await this.prepare('tasks.order', given, input, options);
    const [stored] = await this.store([prepared], signal);
    return stored as Stored;
  }

  async orderMany(many: readonly ManyOrder[], signal: AbortSignal | undefined): Promise<Stored[]> {
    this.ports.checkOpen();
    checkMany(many);
    const all = await Promise.all(
      many.map(({ service, input, ...options }) => this.prepare('tasks.orderMany', service, input, options)),
    );
    return this.store(all, signal);
  }

  private async store(all: readonly Prepared[], signal: AbortSignal | undefined): Promise<Stored[]> {
    const outcomes = await this.put(
      all.flatMap(({ orders }) => orders),
      signal,
    );
    const refused = outcomes.filter((each) => !each.ok);
    // Why they were refused, before those that were only refused with them.
    const cause =
      refused.find(({ failure }) => !/^it was ordered together/.test(failure.message)) ?? refused[0];
    if (cause !== undefined) throw SkeinError.from(cause.failure);
    let at = 0;
    return all.map(({ orders, services }) => {
      const { id, isRepeat } = outcomes[at] as Extract<Ordered, { ok: true }>;
      at += orders.length;
      return { id, isRepeat, services };
    });
  }

  ordered({ handle, outcomes }: OrderedEvent): void {
    (handle as Call).resolve(outcomes);
  }

  end(error: SkeinError | undefined): void {
    const closed =
      error ?? new SkeinError('SKEIN_CLOSED', 'the node has ended: the task may be stored all the same');
    for (const call of [...this.calls]) call.reject(closed);
  }

  private put(orders: readonly Order[], signal: AbortSignal | undefined): Promise<readonly Ordered[]> {
    return new Promise((resolve, reject) => {
      const { taskOrderTimeoutMs } = taskLimits;
      // Drawn here: what is stored all the same is found by them.
      const ids = orders.filter(({ parent }) => parent === '').map(({ id }) => id);
      let forget = (): void => undefined;
      const end = (): void => {
        cancel();
        forget();
        this.calls.delete(call);
      };
      const call: Call = {
        resolve: (outcomes) => {
          end();
          resolve(outcomes);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      };
      const giveUp = (error: SkeinError): void => {
        if (this.ports.tryEnter()) this.ports.behavior.author.forget(call);
        call.reject(error);
      };
      const unknown = (code: ErrorCode, why: string): SkeinError =>
        new SkeinError(code, unknownText(why), { details: { ids } });
      const aborted = (): void => giveUp(unknown('SKEIN_ABORTED', 'aborted by the caller'));
      const cancel = this.ports.after(taskOrderTimeoutMs, () =>
        giveUp(unknown('SKEIN_TIMEOUT', `not stored within ${taskOrderTimeoutMs} ms`)),
      );
      this.calls.add(call);
      if (signal?.aborted === true) return aborted();
      forget = whenAborted(signal, aborted);
      this.ports.enter();
      const problem = this.ports.behavior.order(orders, call);
      if (problem !== undefined) call.reject(SkeinError.from(problem));
    });
  }

  private async prepare(
    call: string,
    given: unknown,
    input: unknown,
    options: AskedParts,
  ): Promise<Prepared> {
    const { parts, ...rest } = options;
    if (parts === undefined) {
      const service = taskService(call, given);
      return { orders: [await this.orderOf(service, input, rest)], services: [service] };
    }
    const services = parts.map((part) => taskService(call, part.service ?? given));
    const { deadline, idempotencyKey, reply, ...shared } = rest;
    const orders = await Promise.all(
      parts.map(({ service: _, input: own = input, ...needs }, i) =>
        this.orderOf(services[i] as AnyService, own, { ...shared, ...needs }),
      ),
    );
    const { priority, notBefore, after } = rest;
    const timed = { priority, notBefore, after, deadline, idempotencyKey, reply };
    return { orders: this.together(orders, timed), services };
  }

  /** @returns The task that is made of these, and then these. */
  private together(orders: readonly Order[], options: Asked): Order[] {
    const digests = digestOf(new TextEncoder().encode(orders.map(({ digest }) => digest).join(' ')));
    const whole = {
      ...this.rawOrder('', noResult, noRequirements, options),
      digest: digests,
      part: orders.length,
    };
    return [whole, ...orders.map((order, part) => ({ ...order, parent: whole.id, part }))];
  }

  private async orderOf(service: AnyService, input: unknown, options: Asked): Promise<Order> {
    const valid = await checkBySchema(service.input, input, `task ${service.name}: input`);
    const { encoding, bytes } = encodeBody(valid);
    const { taskInputBytes } = taskLimits;
    if (bytes.length > taskInputBytes) {
      const text = `an input of ${bytes.length} bytes is over the limit of ${taskInputBytes}: put it into a file or a channel, and order with its place`;
      throw new SkeinError('SKEIN_TOO_LARGE', text);
    }
    const needs = requirements('tasks.order', options as TaskNeeds);
    const order = this.rawOrder(service.name, { encoding, body: bytes }, needs, options);
    return { ...order, isIdempotent: service.idempotent };
  }

  private rawOrder(service: string, input: Encoded, needs: Requirements, options: Asked): Order {
    const { priority = 3, timeoutMs = 0, attempts = 0, idempotencyKey = '' } = options;
    const { after = [], ifInfeasible = 'refuse', reply } = options;
    const isLetter = reply === 'letter';
    if (isLetter && !this.ports.behavior.hasLetters) throw SkeinError.from(noLetters(this.ports.name));
    const ids = [...new Set(after.map((task) => (typeof task === 'string' ? task : task.id)))];
    const said = JSON.stringify([
      service,
      needs,
      priority,
      timeoutMs,
      attempts,
      ids,
      ...(isLetter ? [reply] : []),
    ]);
    const { encoding, body } = input;
    return {
      ...{ id: this.ports.behavior.newId(), service, input, needs, priority, ...this.timesOf(options) },
      ...{ timeoutMs, attempts, isIdempotent: false, key: idempotencyKey },
      digest: digestOf(new Writer(body.length + said.length + 16).u8(encoding).text(said).raw(body).finish()),
      ...{ after: ids, isLetter, mayWaitForWorkers: ifInfeasible === 'queue' },
      ...{ parent: '', part: 0, retryOf: '' },
    };
  }

  private timesOf({ notBefore, deadline }: Asked): Pick<Order, 'delayMs' | 'deadlineMs'> {
    // The kernel's clock is that of its last turn: the machine's may have been set since.
    this.ports.enter();
    const now = this.ports.behavior.wallNow;
    if (deadline !== undefined && deadline.getTime() <= now) {
      const text = `the deadline ${deadline.toISOString()} is over: order with a later one`;
      throw new SkeinError('SKEIN_EXPIRED', text);
    }
    const delayMs = notBefore === undefined ? 0 : Math.max(0, notBefore.getTime() - now);
    const deadlineMs = deadline === undefined ? 0 : deadline.getTime() - now;
    if (Math.max(delayMs, deadlineMs) > taskLimits.taskDelayMsMax)
      throw new SkeinError('SKEIN_INVALID', 'notBefore and deadline are at most a year away');
    return { delayMs, deadlineMs };
  }
}

function unknownText(why: string): string {
  return `${why}: whether the task is stored is unknown; look for details.ids, or order again with the same idempotencyKey`;
}
