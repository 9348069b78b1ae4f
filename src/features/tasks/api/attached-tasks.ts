/** Tasks of a node in another process, over its operations. */
import { checkBySchema } from '../../../kit/schema.ts';
import type { Session } from '../../../kit/session.ts';
import type {
  OrderOptions,
  Task,
  TaskNeeds,
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
type AnyTaskService = TaskService<never, unknown>;

export function attachedTasks(session: TasksSession): TasksNodeApi {
  const watch = new LoopWatch(session, (text) => session.warn('handler', text));
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
    work: (given: unknown, handler: unknown, options: WorkOptions = {}) =>
      attachedWork(session, given, handler, options, watch),
    async workers(service, needs = {}) {
      const wanted = wireNeeds('tasks.workers', needs);
      await session.ready();
      const input = { ...(service === undefined ? {} : { service }), ...wanted };
      return (await session.call('taskWorkers', input)).workers;
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
