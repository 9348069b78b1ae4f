/**
 * What other processes may ask of tasks: to order, to follow, and to work.
 *
 * `workTasks` is a stream of jobs, each with a ticket; `settleTask` says what came of one (`kit/handler-streams.ts`), and
 * `progressTask` how far it is; `leaveTasks` ends the work once what runs has ended.
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { listOf, nodeName, oneOf, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import {
  answerIn,
  HandlerStreams,
  type Left,
  leftSchema,
  settlementFields,
} from '../../kit/handler-streams.ts';
import { openStream } from '../../kit/open-stream.ts';
import { type Asking, type Bodies, operationsOf } from '../../kit/operation.ts';
import { nothing } from '../../kit/view-schemas.ts';
import { orderOptionsOf, type WirePart, wireTask } from './api/wire-views.ts';
import type { Job, OrderOptions, TaskPart, TaskService, TasksNodeApi, Work } from './api.ts';
import { taskLimits } from './core/limits.ts';
import {
  capacityFields,
  eventSchema,
  filterFields,
  id,
  listedSchema,
  needFields,
  orderFields,
  partFields,
  serviceSchema,
  viewSchema,
  workerSchema,
} from './remote-fields.ts';

/** A task to work on, or one whose signal has fired. */
export type HandedJob =
  | ({ readonly type: 'job'; readonly ticket: number; readonly input: unknown } & Omit<
      Job,
      'input' | 'signal' | 'progress'
    >)
  | Left;

const jobs = new HandlerStreams<unknown>(
  () => new SkeinError('SKEIN_LOST', 'the program that was working on it is gone'),
);
/** By who has them, and their tickets. */
const running = new WeakMap<object, Map<number, Job>>();
/** By who has begun them, and their services. */
const works = new WeakMap<object, Map<string, Work>>();

const parts = v.exactOptional(listOf(v.strictObject(partFields), 'parts', taskLimits.taskPartsMax));
const ordered = v.strictObject({ id: v.string(), isRepeat: v.boolean() });
const anyId = '00000000000000000000000000000000';

const { call, stream } = operationsOf<TasksNodeApi>();

export const operations = {
  orderTask: call({
    summary: 'Order a task; resolves once the swarm has stored it.',
    input: v.strictObject({
      service: serviceName,
      input: v.exactOptional(v.unknown()),
      idempotent: v.exactOptional(v.boolean()),
      ...orderFields,
      parts,
    }),
    output: ordered,
    example: { service: 'render', input: { scene: 1 }, ifInfeasible: 'queue' },
    async run({ tasks }, given, { signal, bodies }) {
      const { service, input, idempotent = false, ...options } = given;
      if (!('input' in given) && options.parts === undefined)
        throw new SkeinError('SKEIN_INVALID', 'input: missing; any JSON value, or {"$bytes":"BASE64"}');
      const task = await tasks.order(
        serviceOf(service, idempotent),
        bodies.fromWire(input) as never,
        {
          ...orderOptionsOf(options, (part) => partOf(part, bodies)),
          signal,
        } as OrderOptions,
      );
      return { id: task.id, isRepeat: task.isRepeat };
    },
  }),
  orderTasks: call({
    summary: 'Order several tasks, all or none of them, with one commit.',
    input: v.strictObject({
      orders: listOf(
        v.strictObject({
          service: serviceName,
          input: v.exactOptional(v.unknown()),
          idempotent: v.exactOptional(v.boolean()),
          ...orderFields,
          parts,
        }),
        'orders',
        taskLimits.tasksPerOrderMax,
      ),
    }),
    output: v.strictObject({ tasks: v.array(ordered) }),
    example: { orders: [{ service: 'render', input: { scene: 1 }, ifInfeasible: 'queue' }] },
    async run({ tasks }, { orders }, { signal, bodies }) {
      const many = orders.map(({ service, input, idempotent = false, ...options }) => ({
        ...orderOptionsOf(options, (part) => partOf(part, bodies)),
        service: serviceOf(service, idempotent),
        input: bodies.fromWire(input),
      }));
      const all = await tasks.orderMany(many, { signal });
      return { tasks: all.map((task) => ({ id: task.id, isRepeat: task.isRepeat })) };
    },
  }),
  task: call({
    summary: 'All that is known of a task; null when no such task is known.',
    input: v.strictObject({ id }),
    output: v.strictObject({ task: v.nullable(viewSchema) }),
    example: { id: anyId },
    async run({ tasks }, input) {
      const view = await tasks.task(input.id).status();
      if (view === undefined) return { task: null };
      const { after, parts, why } = view;
      return {
        task: {
          ...wireTask(view),
          ...{ after: [...after], parts: parts.map((part) => ({ ...part })), why: [...why] },
        },
      };
    },
  }),
  taskResult: call({
    summary: 'Wait for the result of a task; fails as it has ended otherwise.',
    input: v.strictObject({ id, timeoutMs: v.exactOptional(timeoutMs) }),
    output: v.strictObject({ result: v.optional(v.unknown()) }),
    example: { id: anyId, timeoutMs: 1000 },
    async run({ tasks }, { id: given, ...options }, { signal, bodies }) {
      return { result: bodies.toWire(await tasks.task(given).result({ ...options, signal })) };
    },
  }),
  followTask: stream({
    summary: 'How a task is, now and at each change, until it has ended.',
    input: v.strictObject({ id }),
    output: eventSchema,
    example: { id: anyId },
    run: async ({ tasks }, input, { signal }) =>
      openStream(tasks.task(input.id).events({ signal }), (event) => ({ ...event })),
  }),
  tasks: call({
    summary: 'Tasks that fit, the oldest first; "after" takes the place of the last page.',
    input: v.strictObject(filterFields),
    output: v.strictObject({ tasks: v.array(listedSchema), place: v.number(), isMore: v.boolean() }),
    example: { states: ['queued', 'running'] },
    async run({ tasks }, { since, until, ...filter }) {
      const page = await tasks.list({
        ...filter,
        ...(since === undefined ? {} : { since: new Date(since) }),
        ...(until === undefined ? {} : { until: new Date(until) }),
      });
      return { ...page, tasks: page.tasks.map(wireTask) };
    },
  }),
  cancelTask: call({
    summary: 'Cancel a task: it is not begun, or its worker is asked to stop.',
    input: v.strictObject({ id }),
    output: v.strictObject({
      outcome: v.picklist(['never-started', 'stopped', 'stopping', 'too-late', 'unknown']),
    }),
    example: { id: anyId },
    run: async ({ tasks }, input) => ({ outcome: await tasks.task(input.id).cancel() }),
  }),
  retryTask: call({
    summary: 'Order a task again that has ended, as a new one.',
    input: v.strictObject({ id }),
    output: v.strictObject({ id: v.string() }),
    example: { id: anyId },
    run: async ({ tasks }, input) => ({ id: await tasks.retry(input.id) }),
  }),
  removeTask: call({
    summary: 'Forget a task that has ended.',
    input: v.strictObject({ id }),
    output: v.strictObject({ isRemoved: v.boolean() }),
    example: { id: anyId },
    run: async ({ tasks }, input) => ({ isRemoved: await tasks.remove(input.id) }),
  }),
  workTasks: stream({
    summary: 'Work on tasks of a service: each is to be settled by `settleTask`.',
    input: v.strictObject({
      service: serviceName,
      idempotent: v.exactOptional(v.boolean()),
      concurrency: v.exactOptional(wholeNumber(1, taskLimits.taskConcurrencyMax)),
      queue: v.exactOptional(wholeNumber(0, taskLimits.taskQueueMax)),
      ...capacityFields,
    }),
    output: v.variant('type', [
      v.strictObject({
        type: v.literal('job'),
        ticket: v.number(),
        id: v.string(),
        service: v.string(),
        from: v.string(),
        attempt: v.number(),
        fence: v.number(),
        input: v.unknown(),
      }),
      leftSchema,
    ]),
    example: { service: 'render' },
    run: (
      { tasks },
      { service, idempotent = false, ...options },
      asking,
    ): Promise<AsyncIterable<HandedJob>> =>
      jobs.open<HandedJob>(asking, ({ hand, push }) => {
        const work = (job: Job): Promise<unknown> => handed(job, asking, hand, push);
        const begun = tasks.work(
          serviceOf(service, idempotent),
          work as (job: Job<never>) => unknown,
          options,
        );
        const own = works.get(asking.caller) ?? new Map<string, Work>();
        works.set(asking.caller, own.set(service, begun));
        return begun;
      }),
  }),
  leaveTasks: call({
    summary: 'Take no more tasks of a service that `workTasks` works on; resolves once nothing of it runs.',
    input: v.strictObject({ service: serviceName }),
    output: nothing,
    example: { service: 'render' },
    async run(_api, { service }, { caller }) {
      await works.get(caller)?.get(service)?.close();
      return {};
    },
  }),
  settleTask: call({
    summary: 'Settle a task that `workTasks` gave: with its result, or with a failure.',
    input: v.strictObject({ ...settlementFields, result: v.exactOptional(v.unknown()) }),
    output: nothing,
    example: { ticket: 1, result: 42 },
    async run(_api, input, asking) {
      const result = answerIn(asking, input, 'result', 'settleTask: give a result or a failure');
      return jobs.settle(asking, input, result);
    },
  }),
  progressTask: call({
    summary: 'Say how far a task is that `workTasks` gave.',
    input: v.strictObject({
      ticket: settlementFields.ticket,
      share: v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('a number from 0 to 1')),
      note: v.exactOptional(v.string()),
    }),
    output: nothing,
    example: { ticket: 1, share: 0.5 },
    async run(_api, { ticket, share, note }, { caller }) {
      running.get(caller)?.get(ticket)?.progress(share, note);
      return {};
    },
  }),
  taskWorkers: call({
    summary: 'Every worker, those first that would take such a task now, and why each other one would not.',
    input: v.strictObject({ service: v.exactOptional(serviceName), ...needFields }),
    output: v.strictObject({ workers: v.array(workerSchema) }),
    example: { service: 'render', cores: 4 },
    async run({ tasks }, { service, ...needs }) {
      const workers = await tasks.workers(service, needs);
      return {
        workers: workers.map((worker) => ({
          ...worker,
          services: worker.services.map((each) => ({ ...each })),
          software: [...worker.software],
          resources: { ...worker.resources },
        })),
      };
    },
  }),
  taskServices: call({
    summary: 'Services of tasks: what waits, who has them, and how long their tasks wait and run.',
    input: v.strictObject({}),
    output: v.strictObject({ services: v.array(serviceSchema) }),
    example: {},
    async run({ tasks }) {
      const services = await tasks.services();
      return { services: services.map((each) => ({ ...each, workers: [...each.workers] })) };
    },
  }),
  drainWorker: call({
    summary: 'Have a worker finish what it has and take nothing new, give back what it has, or go on.',
    input: v.strictObject({ worker: nodeName, how: v.exactOptional(oneOf(['finish', 'now', 'off'])) }),
    output: nothing,
    example: { worker: 'b' },
    async run({ tasks }, { worker, how }) {
      await tasks.drain(worker, how);
      return {};
    },
  }),
};

function serviceOf(name: string, idempotent: boolean): TaskService<never, unknown> {
  return { name, input: undefined, output: undefined, idempotent };
}

function partOf({ service, idempotent = false, ...rest }: WirePart, bodies: Bodies): TaskPart {
  return {
    ...rest,
    ...(service === undefined ? {} : { service: serviceOf(service, idempotent) }),
    ...('input' in rest ? { input: bodies.fromWire(rest.input) } : {}),
  };
}

async function handed(
  job: Job,
  { caller, bodies }: Asking,
  hand: (itemOf: (ticket: number) => HandedJob) => Promise<unknown>,
  push: (item: HandedJob) => void,
): Promise<unknown> {
  let own = 0;
  const held = running.get(caller) ?? new Map<number, Job>();
  running.set(caller, held);
  try {
    return await hand((ticket) => {
      own = ticket;
      held.set(ticket, job);
      const leave = (): void => push({ type: 'left', ticket });
      if (job.signal.aborted) leave();
      else job.signal.addEventListener('abort', leave, { once: true });
      return handedJob(ticket, job, bodies);
    });
  } finally {
    held.delete(own);
  }
}

function handedJob(
  ticket: number,
  { id: task, service, from, attempt, fence, input }: Job,
  bodies: Bodies,
): HandedJob {
  return { type: 'job', ticket, id: task, service, from, attempt, fence, input: bodies.toWire(input) };
}
