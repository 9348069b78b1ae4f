/**
 * Finds tasks: all pages of a list, and the task that a shortened id means.
 *
 * Called by the commands of tasks. Invariant: a shortened id that fits several tasks is never guessed.
 */
import { UsageError } from '../../../cli/kit/exit.ts';
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

export const idHelp = 'its id, or the first digits of it (at least 4)';
const idDigits = 32;
const candidatesShown = 5;
const digitsShownMin = 8;

/** The oldest first. @param limit The newest ones, no more than this many. */
export async function listTasks(
  client: ControlClient,
  filter: ListFilter,
  limit = Number.POSITIVE_INFINITY,
): Promise<ListedTask[]> {
  const found: ListedTask[] = [];
  for (let after = 0; ; ) {
    const { tasks, place, isMore } = await client.call('tasks', { ...filter, after });
    found.push(...tasks);
    if (found.length > limit) found.splice(0, found.length - limit);
    // A page that does not get on would be asked for without end.
    if (!isMore || place <= after) return found;
    after = place;
  }
}

/** Its whole id. @throws UsageError for what is no id; Error where there is no such task, or more than one. */
export async function findTaskId(client: ControlClient, given: string): Promise<string> {
  const prefix = given.toLowerCase();
  if (!/^[0-9a-f]{4,32}$/.test(prefix))
    throw new UsageError(
      `${JSON.stringify(given)} is not the id of a task: write 4 to ${idDigits} hexadecimal digits, as \`skein task ls\` shows them`,
    );
  if (prefix.length === idDigits) return prefix;
  const ids = (await listTasks(client, {})).map(({ id }) => id).filter((id) => id.startsWith(prefix));
  const [only, ...others] = ids;
  if (only === undefined) throw unknownTask(given);
  if (others.length > 0) throw ambiguous(given, ids);
  return only;
}

/** @throws Error where there is no such task. */
export async function findTask(client: ControlClient, given: string): Promise<ShownTask> {
  const { task } = await client.call('task', { id: await findTaskId(client, given) });
  if (task === null) throw unknownTask(given);
  return task;
}

/** Of ids: the first digits, as many as tell them apart. */
export function digitsShown(all: readonly { readonly id: string }[]): number {
  for (let digits = digitsShownMin; digits < idDigits; digits++)
    if (new Set(all.map(({ id }) => id.slice(0, digits))).size === all.length) return digits;
  return idDigits;
}

function unknownTask(given: string): Error {
  return new Error(
    `the swarm has no task ${given}: \`skein task ls\` lists those that it has; one that is done is forgotten after 7 days, another one 30 days after its end`,
  );
}

function ambiguous(given: string, ids: readonly string[]): Error {
  const more = ids.length > candidatesShown ? ` and ${ids.length - candidatesShown} more` : '';
  return new Error(
    `the ids of ${ids.length} tasks begin with ${given}: write more digits of one of ${ids.slice(0, candidatesShown).join(', ')}${more}`,
  );
}
