/** Tasks of a node in another process, over its operations. */
import { attachedHandler } from '../../../kit/attached-handler.ts';
import type { LateAbort } from '../../../kit/late-abort.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import type { Session } from '../../../kit/session.ts';
import type {
  Job,
  OrderOptions,
  Task,
  TaskNeeds,
  TaskService,
  TasksApi,
  TasksNodeApi,
  WorkOptions,
} from '../api.ts';
import type { HandedJob, operations } from '../remote.ts';
import {
  checkFilter,
  checkId,
  checkMany,
  checkOrder,
  checkWork,
  requirements,
  taskService,
} from './check-options.ts';
import { taskOf } from './wire-views.ts';

type TasksSession = Session<typeof operations>;
type AnyTaskService = TaskService<never, unknown>;

export function attachedTasks(session: TasksSession): TasksNodeApi {
  const handle = (
    id: string,
    isRepeat: boolean,
    { name, output }: Pick<AnyTaskService, 'name' | 'output'>,
  ): Task => ({
    id,
    isRepeat,
    async result({ signal, ...options } = {}) {
      await session.ready();
      const { result } = await session.call('taskResult', { id, ...options }, { signal });
      return checkBySchema(output, result, `task ${name}: result`);
    },
    events: ({ signal } = {}) => session.stream('followTask', { id }, { signal }),
    async status() {
      await session.ready();
      const { task } = await session.call('task', { id });
      return task === null ? undefined : taskOf(task);
    },
    async cancel() {
      await session.ready();
      return (await session.call('cancelTask', { id })).outcome;
    },
  });
  const tasks = {
    async order(given: unknown, input: unknown, options: OrderOptions = {}) {
      checkOrder(options);
      const service = taskService('tasks.order', given);
      const order = await wireOrder(service, input, options);
      await session.ready();
      const { id, isRepeat } = await session.call('orderTask', order, { signal: options.signal });
      return handle(id, isRepeat, service);
    },
    async orderMany(many, { signal } = {}) {
      checkMany(many);
      const services = many.map(({ service }) => taskService('tasks.orderMany', service));
      const orders = await Promise.all(
        many.map(({ service: _, input, ...options }, i) =>
          wireOrder(services[i] as AnyTaskService, input, options),
        ),
      );
      await session.ready();
      const { tasks: ordered } = await session.call('orderTasks', { orders }, { signal });
      return ordered.map(({ id, isRepeat }, i) => handle(id, isRepeat, services[i] as AnyTaskService));
    },
    task: (id) => handle(checkId(id), false, { name: id, output: undefined }) as Task<never>,
    async list(filter = {}) {
      checkFilter(filter);
      await session.ready();
      const { since, until, states, ...rest } = filter;
      const page = await session.call('tasks', {
        ...rest,
        ...(states === undefined ? {} : { states: [...states] }),
        ...(since === undefined ? {} : { since: since.getTime() }),
        ...(until === undefined ? {} : { until: until.getTime() }),
      });
      return { ...page, tasks: page.tasks.map(taskOf) };
    },
    async retry(id) {
      await session.ready();
      return (await session.call('retryTask', { id: checkId(id) })).id;
    },
    async remove(id) {
      await session.ready();
      return (await session.call('removeTask', { id: checkId(id) })).isRemoved;
    },
    work(given: unknown, handler: (job: Job<never>) => unknown, options: WorkOptions = {}) {
      const service = taskService('tasks.work', given);
      return work(session, service, handler as (job: Job) => unknown, options);
    },
    async workers(service, needs = {}) {
      const wanted = wireNeeds('tasks.workers', needs);
      await session.ready();
      const input = { ...(service === undefined ? {} : { service }), ...wanted };
      return (await session.call('taskWorkers', input)).workers;
    },
    async services() {
      await session.ready();
      return (await session.call('taskServices', {})).services;
    },
    async drain(worker, how = 'finish') {
      await session.ready();
      await session.call('drainWorker', { worker, how });
    },
  } as TasksApi;
  return { tasks };
}

function wireNeeds(call: string, needs: TaskNeeds) {
  const { cores, memory, software, resources, node, not } = requirements(call, needs);
  return {
    ...(cores === 0 ? {} : { cores }),
    ...(memory === 0 ? {} : { memory }),
    ...(software.length === 0 ? {} : { software: [...software] }),
    ...(resources.length === 0 ? {} : { resources: Object.fromEntries(resources) }),
    ...(node === '' ? {} : { node }),
    ...(not.length === 0 ? {} : { not: [...not] }),
  };
}

async function wireOrder(service: AnyTaskService, input: unknown, options: Omit<OrderOptions, 'signal'>) {
  const { priority, notBefore, deadline, timeoutMs, attempts, idempotencyKey, after, ifInfeasible } = options;
  return {
    service: service.name,
    input: await checkBySchema(service.input, input, `task ${service.name}: input`),
    ...(service.idempotent ? { idempotent: true } : {}),
    ...wireNeeds('tasks.order', options),
    ...(priority === undefined ? {} : { priority }),
    ...(notBefore === undefined ? {} : { notBefore: notBefore.getTime() }),
    ...(deadline === undefined ? {} : { deadline: deadline.getTime() }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(after === undefined
      ? {}
      : { after: after.map((task) => (typeof task === 'string' ? task : task.id)) }),
    ...(ifInfeasible === undefined ? {} : { ifInfeasible }),
  };
}

type GivenJob = Extract<HandedJob, { type: 'job' }>;

function work(
  session: TasksSession,
  service: AnyTaskService,
  handler: (job: Job) => unknown,
  { signal, concurrency, queue, ...options }: WorkOptions,
) {
  const { cores, memory, software = [], resources = [] } = checkWork(options);
  if (typeof handler !== 'function') throw new TypeError('tasks.work: the handler is a function');
  const input = {
    service: service.name,
    ...(service.idempotent ? { idempotent: true } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queue === undefined ? {} : { queue }),
    ...(cores === undefined ? {} : { cores }),
    ...(memory === undefined ? {} : { memory }),
    ...(software.length === 0 ? {} : { software: [...software] }),
    ...(resources.length === 0 ? {} : { resources: Object.fromEntries(resources) }),
  };
  return attachedHandler({
    open: (lost) => session.stream('workTasks', input, { signal, lost }),
    isTask: isJob,
    handle: (given, left) => carryOut(session, service, handler, given, left),
    settle: (settlement, failed) => session.tell('settleTask', settlement, failed),
    unsettled: ({ message }) =>
      session.warn('handler', `${service.name}: what became of a task was lost: ${message}`),
  });
}

function isJob(handed: HandedJob): handed is GivenJob {
  return handed.type === 'job';
}

async function carryOut(
  session: TasksSession,
  { name, input: schema, output }: AnyTaskService,
  handler: (job: Job) => unknown,
  { type: _type, ticket, input: given, ...rest }: GivenJob,
  left: LateAbort,
): Promise<{ result: unknown }> {
  const input = await checkBySchema(schema, given, `task ${name}: input`);
  const job: Job = {
    ...rest,
    input,
    get signal() {
      return left.signal;
    },
    progress: (share, note) => {
      if (typeof share !== 'number' || !(share >= 0 && share <= 1))
        throw new TypeError(`progress is a number from 0 to 1, got ${String(share)}`);
      const said = { ticket, share, ...(note === undefined ? {} : { note }) };
      session.tell('progressTask', said, () => undefined);
    },
  };
  return { result: await checkBySchema(output, await handler(job), `task ${name}: result`) };
}
