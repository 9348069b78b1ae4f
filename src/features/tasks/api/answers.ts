/** What the broker may answer to questions about tasks, and what programs see of it. */
import { fields, flag, listOf, number, oneOf, orNull, text } from '../../../kit/answers.ts';
import type { ListedTaskView, TaskListPage, TaskView } from '../api.ts';
import { taskStates } from '../core/tasks-types.ts';

/** See `CancelOutcome`. */
const cancelOutcomes = ['never-started', 'stopped', 'stopping', 'too-late', 'unknown'] as const;

const status = {
  id: text,
  n: number,
  from: text,
  service: text,
  state: oneOf(taskStates),
  priority: number,
  orderedAt: number,
  startedAt: number,
  endedAt: number,
  attempt: number,
  attempts: number,
  fence: number,
  worker: text,
  reason: text,
  retryOf: text,
  parent: text,
  inputBytes: number,
  resultBytes: number,
};
const said = { share: number, note: text };
const task = fields(status, said);
const part = fields({ id: text, service: text, state: oneOf(taskStates) });
const whole = fields({ ...status, why: listOf(text), after: listOf(text), parts: listOf(part) }, said);

export const statusAnswer = orNull(whole);
export const listAnswer = fields({ tasks: listOf(task), place: number, isMore: flag });
export const cancelAnswer = fields({ outcome: oneOf(cancelOutcomes) });
export const retryAnswer = fields({ id: text });
export const removeAnswer = fields({ isRemoved: flag });
export const drainAnswer = fields({ name: text, tasks: number });
export const workersAnswer = listOf(
  fields(
    {
      name: text,
      isHere: flag,
      whyNot: text,
      tasks: number,
      services: listOf(fields({ service: text, concurrency: number, queue: number })),
    },
    { beginsInMs: number },
  ),
);

type Answered = ReturnType<typeof task>;

export function viewOf({ why, after, parts, ...answered }: ReturnType<typeof whole>): TaskView {
  return { ...listed(answered), after, parts, why };
}

export function pageOf({ tasks, place, isMore }: ReturnType<typeof listAnswer>): TaskListPage {
  return { tasks: tasks.map(listed), place, isMore };
}

function listed({ orderedAt, startedAt, endedAt, share, note, ...rest }: Answered): ListedTaskView {
  return {
    ...rest,
    orderedAt: new Date(orderedAt),
    ...(startedAt > 0 ? { startedAt: new Date(startedAt) } : {}),
    ...(endedAt > 0 ? { endedAt: new Date(endedAt) } : {}),
    ...(share === undefined || share < 0 ? {} : { progress: share }),
    ...(note === undefined || note === '' ? {} : { note }),
  };
}
