/** Tasks of a node in this process: ordering, following, working and questions over the core. */
import type { Facade } from '../../../kit/feature.ts';
import { allPages } from '../../../kit/list-pages.ts';
import type { NodePorts } from '../../../kit/node-ports.ts';
import { readAnswer } from '../../swarm/api/answers.ts';
import type { ServiceView, Task, TaskService, TasksApi, WorkerView } from '../api.ts';
import type { Tasks } from '../core/tasks.ts';
import type { TasksFeatureShape } from '../shape.ts';
import {
  cancelAnswer,
  drainAnswer,
  listAnswer,
  pageOf,
  removeAnswer,
  retryAnswer,
  servicesAnswer,
  statusAnswer,
  viewOf,
  workersAnswer,
} from './answers.ts';
import { checkFilter, checkId, requirements } from './check-options.ts';
import { Following, type ResultService } from './following.ts';
import { Ordering } from './ordering.ts';
import { ranked } from './ranked.ts';
import { Working } from './working.ts';

const workersOrder = { what: 'tasks.workers', begin: '', placeOf: ({ name }: WorkerView) => name };
const servicesOrder = { what: 'tasks.services', begin: '', placeOf: ({ service }: ServiceView) => service };

export function tasksFacade(node: NodePorts<TasksFeatureShape, Tasks>): Facade<TasksFeatureShape> {
  const ordering = new Ordering(node);
  const following = new Following(node);
  const working = new Working(node);
  const ask = async <Value>(verb: string, input: unknown, check: (value: unknown) => Value): Promise<Value> =>
    readAnswer(verb, await node.ask('ask', { verb, input }), check);
  const taskOf = (id: string, isRepeat: boolean, services: readonly ResultService[]): Task => ({
    id,
    isRepeat,
    result: async (options = {}) => following.result(id, services, options),
    events: (options = {}) => following.events(id, options),
    async status() {
      const answered = await ask('tasks.status', { id }, statusAnswer);
      return answered === undefined ? undefined : viewOf(answered);
    },
    cancel: async () => (await ask('tasks.cancel', { id }, cancelAnswer)).outcome,
  });
  const api = {
    async order(service: TaskService<never, unknown> | string, input: unknown, options = {}) {
      const { id, isRepeat, services } = await ordering.order(service, input, options);
      return taskOf(id, isRepeat, services);
    },
    async orderMany(orders, { signal } = {}) {
      const stored = await ordering.orderMany(orders, signal);
      return stored.map(({ id, isRepeat, services }) => taskOf(id, isRepeat, services));
    },
    task(id) {
      return taskOf(checkId(id), false, []) as Task<never>;
    },
    async list(filter = {}) {
      checkFilter(filter);
      const { since, until, ...rest } = filter;
      const input = {
        ...rest,
        ...(since === undefined ? {} : { since: since.getTime() }),
        ...(until === undefined ? {} : { until: until.getTime() }),
      };
      return pageOf(await ask('tasks.list', input, listAnswer));
    },
    async retry(id) {
      const newId = node.behavior.newId();
      return (await ask('tasks.retry', { id: checkId(id), newId }, retryAnswer)).id;
    },
    remove: async (id) => (await ask('tasks.remove', { id: checkId(id) }, removeAnswer)).isRemoved,
    work: (service: unknown, handler: unknown, options = {}) => working.work(service, handler, options),
    async workers(service = '', needs = {}) {
      const input = { service, needs: requirements('tasks.workers', needs) };
      const page = (after: string) => ask('tasks.workers', { ...input, after }, workersAnswer);
      return ranked(await allPages(workersOrder, page));
    },
    services: () => allPages(servicesOrder, (after) => ask('tasks.services', { after }, servicesAnswer)),
    async drain(worker, how = 'finish') {
      await ask('tasks.drain', { name: worker, how }, drainAnswer);
    },
  } as TasksApi;
  return {
    api: { tasks: api },
    shared: {
      workers: (service, needs) => api.workers(service, needs),
      ownStanding(service, needs) {
        node.enter();
        return node.behavior.workbench.standing(service, requirements('availability', needs));
      },
    },
    event(event) {
      switch (event.type) {
        case 'ordered':
          return ordering.ordered(event);
        case 'news':
          return following.received(event.news);
        case 'settled':
          return working.settled();
        default:
          return working.handle(event);
      }
    },
    resumed() {
      following.resume();
      working.resume();
    },
    drain: (idle) => working.drain(idle),
    end(error) {
      ordering.end(error);
      following.end(error);
      working.end();
    },
  };
}
