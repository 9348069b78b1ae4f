/**
 * `tasks.order` and its like: orders for the core, and promises for what becomes of them.
 *
 * Made by the tasks facade. Invariant: each call's promise ends once, also when its node does; what ended before it was
 * stored may be stored all the same, and its error says that this is unknown.
 */
import { SkeinError } from '../../../kernel/errors.ts';
import { digestOf } from '../../../kernel/identity.ts';
import { Writer } from '../../../kernel/wire/bytes.ts';
import { encodeBody } from '../../../kit/codec.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import type { ManyOrder, OrderOptions, TaskService } from '../api.ts';
import { taskLimits } from '../core/limits.ts';
import type { OrderedEvent } from '../core/member-events.ts';
import type { Tasks } from '../core/tasks.ts';
import type { Order, Ordered } from '../core/tasks-types.ts';
import type { TasksFeatureShape } from '../shape.ts';
import { checkMany, checkOrder, requirements, taskService } from './check-options.ts';

type Ports = NodePorts<TasksFeatureShape, Tasks>;

/** What was stored, or was there already. */
export type Stored = Extract<Ordered, { ok: true }>;

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

  async order(given: unknown, input: unknown, options: OrderOptions): Promise<Stored> {
    this.ports.checkOpen();
    checkOrder(options);
    const service = taskService('tasks.order', given);
    const order = await this.orderOf(service, input, options);
    const [ordered] = await this.put([order], options.signal);
    return storedOf(ordered as Ordered);
  }

  async orderMany(many: readonly ManyOrder[], signal: AbortSignal | undefined): Promise<Stored[]> {
    this.ports.checkOpen();
    checkMany(many);
    const orders = await Promise.all(
      many.map(({ service, input, ...options }) =>
        this.orderOf(taskService('tasks.orderMany', service), input, options),
      ),
    );
    const all = await this.put(orders, signal);
    // Why they were refused, before those that were only refused with them.
    const refused = all.filter((each) => !each.ok);
    const cause = refused.find(({ failure }) => !/^it was ordered together/.test(failure.message));
    if (refused.length > 0)
      throw SkeinError.from((cause ?? (refused[0] as (typeof refused)[number])).failure);
    return all.map(storedOf);
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
      const end = (): void => {
        cancel();
        signal?.removeEventListener('abort', aborted);
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
      const aborted = (): void =>
        giveUp(new SkeinError('SKEIN_ABORTED', unknownText('given up by the caller')));
      const cancel = this.ports.after(taskOrderTimeoutMs, () =>
        giveUp(new SkeinError('SKEIN_TIMEOUT', unknownText(`not stored within ${taskOrderTimeoutMs} ms`))),
      );
      this.calls.add(call);
      if (signal?.aborted === true) return aborted();
      signal?.addEventListener('abort', aborted, { once: true });
      this.ports.enter();
      const problem = this.ports.behavior.order(orders, call);
      if (problem !== undefined) call.reject(SkeinError.from(problem));
    });
  }

  private async orderOf(
    service: TaskService<never, unknown>,
    input: unknown,
    options: Omit<OrderOptions, 'signal'>,
  ): Promise<Order> {
    const valid = await checkBySchema(service.input, input, `task ${service.name}: input`);
    const { encoding, bytes } = encodeBody(valid);
    const { taskInputBytes } = taskLimits;
    if (bytes.length > taskInputBytes) {
      const text = `an input of ${bytes.length} bytes is over the limit of ${taskInputBytes}: put it into a file or a channel, and order with its place`;
      throw new SkeinError('SKEIN_TOO_LARGE', text);
    }
    const needs = requirements('tasks.order', options);
    // The kernel's clock is that of its last turn: the machine's may have been set since.
    this.ports.enter();
    const now = this.ports.behavior.wallNow;
    const { priority = 3, notBefore, deadline, timeoutMs = 0, attempts = 0, idempotencyKey = '' } = options;
    const { after = [], ifInfeasible = 'refuse' } = options;
    if (deadline !== undefined && deadline.getTime() <= now) {
      const text = `the deadline ${deadline.toISOString()} is over: order with a later one`;
      throw new SkeinError('SKEIN_EXPIRED', text);
    }
    const delayMs = notBefore === undefined ? 0 : Math.max(0, notBefore.getTime() - now);
    const deadlineMs = deadline === undefined ? 0 : deadline.getTime() - now;
    if (Math.max(delayMs, deadlineMs) > taskLimits.taskDelayMsMax)
      throw new SkeinError('SKEIN_INVALID', 'notBefore and deadline are at most a year away');
    const ids = [...new Set(after.map((task) => (typeof task === 'string' ? task : task.id)))];
    const said = JSON.stringify([service.name, needs, priority, timeoutMs, attempts, ids]);
    return {
      id: this.ports.behavior.newId(),
      service: service.name,
      input: { encoding, body: bytes },
      needs,
      priority,
      delayMs,
      deadlineMs,
      timeoutMs,
      attempts,
      isIdempotent: service.idempotent,
      key: idempotencyKey,
      digest: digestOf(
        new Writer(bytes.length + said.length + 16).u8(encoding).text(said).raw(bytes).finish(),
      ),
      after: ids,
      isLetter: false,
      mayWaitForWorkers: ifInfeasible === 'queue',
      parent: '',
      part: 0,
      retryOf: '',
    };
  }
}

function storedOf(ordered: Ordered): Stored {
  if (ordered.ok) return ordered;
  throw SkeinError.from(ordered.failure);
}

function unknownText(why: string): string {
  return `${why}: whether the task is stored is unknown; order again with the same idempotencyKey`;
}
