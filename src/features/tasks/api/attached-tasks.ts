/** Tasks of a node in another process, over its operations. */
import { checkBySchema } from '../../../kit/schema.ts';
import type { Session } from '../../../kit/session.ts';
import type {
  ManyOrder,
  OrderOptions,
  Task,
  TaskNeeds,
  TaskPart,
  TaskService,
  TasksApi,
  TasksNodeApi,
  WorkOptions,
} from '../api.ts';
import type { operations } from '../remote.ts';
import { attachedWork } from './attached-work.ts';
import { checkFilter, checkId, checkMany, checkOrder, requirements, taskService } from './check-options.ts';
import { LoopWatch } from './loop-watch.ts';
import { taskOf } from './wire-views.ts';

type TasksSession = Session<typeof operations>;
type AskedOptions = Omit<ManyOrder, 'service' | 'input'>;
type AnyTaskService = TaskService<never, unknown>;

export function attachedTasks(session: TasksSession): TasksNodeApi {
  const watch = new LoopWatch(session, (text) => session.warn('handler', text));
  const handle = (id: string, isRepeat: boolean, check: (result: unknown) => unknown): Task => ({
    id,
    isRepeat,
    async result({ signal, ...options } = {}) {
      await session.ready();
      const { result } = await session.call('taskResult', { id, ...options }, { signal });
      return check(result) as never;
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
    async order(given: unknown, input: unknown, options: AskedOptions & Pick<OrderOptions, 'signal'> = {}) {
      checkOrder(options);
      const service = taskService('tasks.order', given);
      const order = await wireOrder(service, input, options);
      await session.ready();
      const { id, isRepeat } = await session.call('orderTask', order, { signal: options.signal });
      return handle(id, isRepeat, resultCheck(service, options.parts));
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
      return ordered.map(({ id, isRepeat }, i) =>
        handle(id, isRepeat, resultCheck(services[i] as AnyTaskService, many[i]?.parts)),
      );
    },
    task: (id) => handle(checkId(id), false, (result) => result) as Task<never>,
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
    work: (given: unknown, handler: unknown, options: WorkOptions = {}) =>
      attachedWork(session, given, handler, options, watch),
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

function resultCheck(service: AnyTaskService, parts: readonly TaskPart[] | undefined) {
  const check = ({ name, output }: AnyTaskService, result: unknown) =>
    checkBySchema(output, result, `task ${name}: result`);
  if (parts === undefined) return (result: unknown) => check(service, result);
  const services = parts.map((part) => serviceOf(service, part));
  return (results: unknown) =>
    Promise.all((results as unknown[]).map((result, i) => check(services[i] as AnyTaskService, result)));
}

function serviceOf(service: AnyTaskService, part: TaskPart): AnyTaskService {
  return part.service === undefined ? service : taskService('tasks.order', part.service);
}

/** @param shared The input of parts that have none: it travels once with the task, for those of its own service. */
async function wirePart(service: AnyTaskService, shared: unknown, part: TaskPart) {
  const { service: given, input = given === undefined ? undefined : shared, timeoutMs, attempts } = part;
  const own = serviceOf(service, part);
  return {
    ...(given === undefined ? {} : { service: own.name }),
    ...(given !== undefined && own.idempotent ? { idempotent: true } : {}),
    ...(input === undefined
      ? {}
      : { input: await checkBySchema(own.input, input, `task ${own.name}: input`) }),
    ...wireNeeds('tasks.order', part),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(attempts === undefined ? {} : { attempts }),
  };
}

async function wireOrder(service: AnyTaskService, input: unknown, options: AskedOptions) {
  const {
    priority,
    notBefore,
    deadline,
    timeoutMs,
    attempts,
    idempotencyKey,
    after,
    ifInfeasible,
    reply,
    parts,
  } = options;
  const isUsed = parts?.some((part) => part.service === undefined && part.input === undefined) ?? true;
  return {
    service: service.name,
    ...(isUsed ? { input: await checkBySchema(service.input, input, `task ${service.name}: input`) } : {}),
    ...(parts === undefined
      ? {}
      : { parts: await Promise.all(parts.map((part) => wirePart(service, input, part))) }),
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
    ...(reply === undefined ? {} : { reply }),
  };
}
