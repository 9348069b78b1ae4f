/**
 * Questions about tasks and workers, answered by the broker: how they are, which there are, cancel, again, away with it.
 *
 * Made by the office. Invariant: a cancel, a retry or a removal can be asked for again without another effect.
 */
import { type Failure, failure } from '../../../../kernel/errors.ts';
import type { Answer, Questioner } from '../../../swarm/core/shared.ts';
import { taskLimits } from '../limits.ts';
import type { DrainHow } from '../messages.ts';
import { requirementsOf } from '../requirements.ts';
import {
  type Cancelled,
  isFinal,
  type ListedStatus,
  type NewTask,
  type Ordered,
  type TaskFilter,
  type TaskHead,
  type TaskPage,
  type TaskState,
  type TaskStatus,
  taskIdPattern,
  taskStates,
} from '../tasks-types.ts';
import { answerPage } from './answer-page.ts';
import type { Dispatch } from './dispatch.ts';
import type { Endings } from './endings.ts';
import type { Desk } from './errand.ts';
import type { OpenTasks } from './open-tasks.ts';
import type { WorkerHere, WorkersHere } from './workers-here.ts';

export interface InquiriesPorts {
  readonly desk: Desk;
  readonly tasks: OpenTasks;
  readonly workers: WorkersHere;
  readonly dispatch: Dispatch;
  readonly endings: Endings;
  /** Draws the id of a task. */
  newId(): string;
  /** @param tasks A task, and then its parts. @param then Called with what became of the first. */
  repeat(
    tasks: readonly NewTask[],
    author: string,
    then: (ordered: Ordered) => void,
    failed: (why: Failure) => void,
  ): void;
  drain(worker: WorkerHere, how: DrainHow): void;
}

type Input = Readonly<Record<string, unknown>>;

export function answerInquiries(ports: InquiriesPorts): void {
  const { desk, tasks, workers, dispatch, endings } = ports;
  const { swarm } = desk;
  const failed = (reply: Answer, why: Failure): void => {
    desk.failed(why);
    reply.fail(why);
  };
  const by = (verb: string, act: (input: Input, reply: Answer, from: Questioner) => void): void =>
    swarm.answerBy(`tasks.${verb}`, (from, input, reply) => act((input ?? {}) as Input, reply, from));
  const withId = (
    verb: string,
    act: (id: string, reply: Answer, from: Questioner, input: Input) => void,
  ): void =>
    by(verb, (input, reply, from) => {
      if (isTaskId(input.id)) return act(input.id, reply, from, input);
      reply.fail(failure('SKEIN_INVALID', `a task's id is 32 hexadecimal digits, got "${shown(input.id)}"`));
    });
  /** A task waits by the time of the store; people read the clock. */
  const view = <Status extends ListedStatus>(status: Status): Status => {
    const aheadMs = desk.by().now - swarm.time;
    const byClock = (at: number): number => (at === 0 ? 0 : at + aheadMs);
    const { n, state, notBefore, deadline } = status;
    const isOffered = state === 'queued' && dispatch.isOffered(n);
    return {
      ...status,
      state: isOffered ? 'offered' : state,
      notBefore: byClock(notBefore),
      deadline: byClock(deadline),
      ...tasks.progressOf(n),
    };
  };

  withId('status', (id, reply) =>
    desk.ask('status', id, (completion) => {
      if (!completion.ok) return failed(reply, completion.failure);
      const status = completion.value as TaskStatus | null;
      if (status === null) return reply.answer('null');
      const head = tasks.byId(id);
      reply.answer(
        JSON.stringify({ ...view(status), why: head === undefined ? [] : dispatch.whyWaits(head) }),
      );
    }),
  );

  by('list', (input, reply) => {
    const after = Number.isSafeInteger(input.after) ? (input.after as number) : 0;
    const filter = filterOf(input);
    const request = { filter: filterOfStore(filter), after, limit: taskLimits.tasksPerPage };
    desk.ask('list', request, (completion) => {
      if (!completion.ok) return failed(reply, completion.failure);
      const page = completion.value as TaskPage;
      const views = page.tasks.map(view);
      const wanted = views.filter(({ state }) => filter.states?.includes(state) ?? true);
      reply.answer(JSON.stringify({ ...page, tasks: wanted }));
    });
  });

  withId('cancel', (id, reply, from) => {
    const { now, via } = desk.by();
    const reason = `cancelled by ${from.name}`;
    desk.ask('cancel', { id, now, trace: [from.name, via], reason }, (completion) => {
      if (!completion.ok) return failed(reply, completion.failure);
      const cancelled = completion.value as Cancelled;
      endings.cancelled(cancelled, reason);
      reply.answer(JSON.stringify(cancelAnswer(cancelled)));
    });
  });

  withId('retry', (id, reply, from, { newId }) => {
    if (!isTaskId(newId))
      return reply.fail(failure('SKEIN_INVALID', 'tasks.retry: newId is the id of no task'));
    desk.ask('ordered', id, (completion) => {
      if (!completion.ok) return failed(reply, completion.failure);
      const all = completion.value as readonly NewTask[];
      const open = tasks.byId(id);
      if (open !== undefined) return reply.fail(notEnded(open));
      if (all.length === 0) return reply.fail(unknownTask(id, 'or it is done'));
      ports.repeat(
        all.map((task, i) =>
          again(task, i === 0 ? { id: newId, retryOf: id } : { id: ports.newId(), parent: newId }),
        ),
        from.name,
        (ordered) =>
          ordered.ok ? reply.answer(JSON.stringify({ id: ordered.id })) : reply.fail(ordered.failure),
        (why) => reply.fail(why),
      );
    });
  });

  withId('remove', (id, reply, from) => {
    const { now, via } = desk.by();
    desk.ask('remove', { id, now, trace: [from.name, via] }, (completion) => {
      if (!completion.ok) return failed(reply, completion.failure);
      reply.answer(JSON.stringify({ isRemoved: completion.value }));
    });
  });

  by('workers', ({ service, needs, after }, reply) => {
    const wanted = typeof service === 'string' ? service : '';
    const requirements = requirementsOf(needs);
    if (requirements === undefined)
      return reply.fail(
        failure('SKEIN_INVALID', `tasks.workers: these are no requirements: ${shown(needs)}`),
      );
    reply.answer(answerPage(dispatch.standingsAfter(nameOf(after), wanted, requirements)));
  });

  by('services', ({ after }, reply) => {
    const behind = nameOf(after);
    reply.answer(answerPage(dispatch.services().filter(({ service }) => service > behind)));
  });

  by('drain', ({ name, how }, reply) => {
    const worker = typeof name === 'string' ? workers.byName(name) : undefined;
    if (worker === undefined)
      return reply.fail(failure('SKEIN_UNKNOWN_NODE', `no worker of the name "${shown(name)}" is here`));
    if (how !== 'finish' && how !== 'now' && how !== 'off')
      return reply.fail(failure('SKEIN_INVALID', `tasks.drain: how is "finish", "now" or "off"`));
    ports.drain(worker, how);
    reply.answer(JSON.stringify({ name: worker.name, tasks: tasks.claimedBy(worker.name).length }));
  });
}

/** The last one that is known; empty: none is. */
function nameOf(after: unknown): string {
  return typeof after === 'string' ? after : '';
}

/** At once, whatever it had waited for. */
function again(task: NewTask, how: Partial<NewTask>): NewTask {
  const plain = { key: '', after: [], parent: '', retryOf: '', notBefore: 0, deadline: 0 };
  return { ...task, ...plain, ...how };
}

function cancelAnswer(cancelled: Cancelled): object {
  switch (cancelled.type) {
    case 'unknown':
      return { outcome: 'unknown' };
    case 'cancelled':
      return cancelledAnswer(cancelled.change.head);
    case 'cancelling':
      return { outcome: 'stopping', state: 'cancelling', worker: cancelled.head.worker };
    case 'too-late':
      return { outcome: 'too-late', state: cancelled.state };
  }
}

/** What a worker was given before may have been begun there, whatever has become of that. */
function cancelledAnswer({ state, fence }: TaskHead): object {
  if (!isFinal(state)) return { outcome: 'stopping', state };
  return { outcome: fence === 0 ? 'never-started' : 'stopped', state };
}

function notEnded({ id, state }: TaskHead): Failure {
  return failure('SKEIN_REFUSED', `task ${id} is ${state}: order it again once it has ended`);
}

function unknownTask(id: string, otherwise: string): Failure {
  return failure(
    'SKEIN_UNKNOWN_TASK',
    `the swarm has no task ${id}: it was never ordered, is forgotten, ${otherwise}`,
  );
}

function isTaskId(id: unknown): id is string {
  return typeof id === 'string' && taskIdPattern.test(id);
}

/** What does not fit is left out: the questioner's own node has checked it. */
function filterOf({ states, service, author, worker, since, until }: Input): TaskFilter {
  const known = Array.isArray(states)
    ? states.filter((state) => taskStates.includes(state as TaskState))
    : [];
  return {
    ...(known.length > 0 ? { states: known as TaskState[] } : {}),
    ...(typeof service === 'string' ? { service } : {}),
    ...(typeof author === 'string' ? { author } : {}),
    ...(typeof worker === 'string' ? { worker } : {}),
    ...(Number.isSafeInteger(since) ? { since: since as number } : {}),
    ...(Number.isSafeInteger(until) ? { until: until as number } : {}),
  };
}

/** What is offered is queued for the store. */
function filterOfStore(filter: TaskFilter): TaskFilter {
  if (filter.states === undefined) return filter;
  const states = new Set(filter.states.map((state) => (state === 'offered' ? 'queued' : state)));
  return { ...filter, states: [...states] };
}

function shown(value: unknown): string {
  return String(value)
    .replace(/\p{Cc}/gu, '?')
    .slice(0, 80);
}
