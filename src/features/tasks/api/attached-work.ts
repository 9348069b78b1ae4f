/**
 * `tasks.work` of a program whose node is in another process.
 *
 * The node knows the worker and holds its lease; the program is handed each task with a ticket. Invariant: what becomes of a
 * task is said once, by its ticket.
 */

import { attachedHandler } from '../../../kit/attached-handler.ts';
import { checkShare } from '../../../kit/handler-threads.ts';
import type { LateAbort } from '../../../kit/late-abort.ts';
import { checkBySchema } from '../../../kit/schema.ts';
import type { Session } from '../../../kit/session.ts';
import { subscription } from '../../../kit/subscription.ts';
import type { Job, TaskService, Work, WorkOptions } from '../api.ts';
import type { HandedJob, operations } from '../remote.ts';
import { checkWork, taskService } from './check-options.ts';
import type { LoopWatch } from './loop-watch.ts';
import { type GivenHandler, handlerOf } from './module-handler.ts';

type TasksSession = Session<typeof operations>;
type AnyTaskService = TaskService<never, unknown>;
type Capacity = ReturnType<typeof checkWork>;

export function attachedWork(
  session: TasksSession,
  given: unknown,
  givenHandler: unknown,
  options: WorkOptions,
  watch: LoopWatch,
): Work {
  const service = taskService('tasks.work', given);
  const capacity = checkWork(options);
  session.checkOpen();
  const handler = handlerOf(givenHandler, session, watch);
  if (handler.module === undefined) return work(session, service, handler, capacity, options);
  return workInThreads(handler.module, () => work(session, service, handler, capacity, options));
}

/** Nothing is offered before the module is loaded. */
function workInThreads(module: NonNullable<GivenHandler['module']>, begin: () => Work): Work {
  let begun: Work | undefined;
  let isClosed = false;
  const open = async (): Promise<void> => {
    await module.loaded;
    if (isClosed) return;
    begun = begin();
    await begun.opened;
  };
  const opened = open();
  opened.catch(() => module.close());
  const close = async (): Promise<void> => {
    isClosed = true;
    await begun?.close();
    module.close();
  };
  return { opened, close, [Symbol.asyncDispose]: close };
}

type GivenJob = Extract<HandedJob, { type: 'job' }>;

function work(
  session: TasksSession,
  service: AnyTaskService,
  handler: GivenHandler,
  { cores, memory, software = [], resources = [] }: Capacity,
  { signal, concurrency, queue }: WorkOptions,
): Work {
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
  const atWork = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;
  const open = (lost: () => void): ReturnType<typeof session.stream<'workTasks'>> =>
    session.stream('workTasks', input, {
      signal: signal?.aborted === true ? signal : undefined,
      lost: () => {
        lost();
        // It is not to be opened in the next session.
        if (closing !== undefined) void handling.close();
      },
    });
  const handling = attachedHandler({
    open,
    isTask: isJob,
    handle(given, left) {
      const run = carryOut(session, service, handler, given, left);
      const ended: Promise<unknown> = run.catch(() => undefined).then(() => atWork.delete(ended));
      atWork.add(ended);
      return run;
    },
    ended: () => handler.module?.close(),
    settle: (settlement, failed) => session.tell('settleTask', settlement, failed),
    unsettled: ({ message }) =>
      session.warn('handler', `${service.name}: what became of a task was lost: ${message}`),
  });
  /** The stream is there until all is settled: what runs hears of a cancel, and its tickets are good. */
  const leave = async (): Promise<void> => {
    // Where the node is away, what runs has failed there.
    await session.call('leaveTasks', { service: service.name }).catch(() => undefined);
    await handling.close();
    await Promise.all(atWork);
  };
  const close = (): Promise<void> => {
    closing ??= leave();
    return closing;
  };
  return subscription(handling.opened, close, signal);
}

function isJob(handed: HandedJob): handed is GivenJob {
  return handed.type === 'job';
}

async function carryOut(
  session: TasksSession,
  { name, input: schema, output }: AnyTaskService,
  handler: GivenHandler,
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
      checkShare(share);
      const said = { ticket, share, ...(note === undefined ? {} : { note }) };
      session.tell('progressTask', said, () => undefined);
    },
  };
  return { result: await checkBySchema(output, await handler.run(job), `task ${name}: result`) };
}
