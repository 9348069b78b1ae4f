/**
 * Finds tasks: all pages of a list, and the task that a shortened id means.
 *
 * Called by the commands of tasks. Invariant: a shortened id that fits several tasks is never guessed.
 */
import { findId, type IdKind } from '../../../cli/kit/short-id.ts';
import { ListPages } from '../../../kit/list-pages.ts';
import type { InputOf, OutputOf } from '../../../kit/operation.ts';
import type { ControlClient } from '../../../remote/client.ts';
import type { TaskState } from '../api.ts';
import type { operations } from '../remote.ts';

export type ListedTask = OutputOf<(typeof operations)['tasks']>['tasks'][number];
export type ShownTask = NonNullable<OutputOf<(typeof operations)['task']>['task']>;
export type ListFilter = Omit<InputOf<(typeof operations)['tasks']>, 'after'>;

/** In which order they follow each other, and whether a task has ended with it. */
const isEndedBy: Readonly<Record<TaskState, boolean>> = {
  ...{ waiting: false, queued: false, offered: false, assigned: false, running: false, cancelling: false },
  ...{ done: true, failed: true, cancelled: true, expired: true, lost: true },
};

export const taskStates = Object.keys(isEndedBy) as TaskState[];

export function hasEnded({ state }: { readonly state: TaskState }): boolean {
  return isEndedBy[state];
}

const task: IdKind = {
  noun: 'task',
  shownBy: 'as `skein task ls` shows them',
  unknown: (given) =>
    `the swarm has no task ${given}: \`skein task ls\` lists those that it has; one that is done is forgotten after 7 days, another one 30 days after its end`,
};

/** The oldest first. @param limit The newest ones, no more than this many. */
export async function listTasks(
  client: ControlClient,
  filter: ListFilter,
  limit = Number.POSITIVE_INFINITY,
): Promise<ListedTask[]> {
  const found: ListedTask[] = [];
  const pages = new ListPages<number>({ what: 'tasks.list', begin: 0 });
  for (;;) {
    const { tasks, place, isMore } = await client.call('tasks', { ...filter, after: pages.place });
    const places = tasks.map(({ n }) => n);
    const isNext = pages.take(places, { isMore, end: place });
    found.push(...tasks);
    if (found.length > limit) found.splice(0, found.length - limit);
    if (!isNext) return found;
  }
}

/** Its whole id. @throws UsageError for what is no id; Error where there is no such task, or more than one. */
export async function findTaskId(client: ControlClient, given: string): Promise<string> {
  return findId(task, given, async () => (await listTasks(client, {})).map(({ id }) => id));
}

/** @throws Error where there is no such task. */
export async function findTask(client: ControlClient, given: string): Promise<ShownTask> {
  const found = await client.call('task', { id: await findTaskId(client, given) });
  if (found.task === null) throw new Error(task.unknown(given));
  return found.task;
}
