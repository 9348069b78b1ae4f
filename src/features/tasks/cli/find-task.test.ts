import { expect, test } from 'vitest';
import { UsageError } from '../../../cli/kit/exit.ts';
import type { ControlClient } from '../../../remote/client.ts';
import { findTask, findTaskId, type ListedTask, listTasks } from './find-task.ts';

function taskOf(n: number, id: string): ListedTask {
  return {
    ...{ id: id.padEnd(32, '0'), n, from: 'a', service: 'render', state: 'queued', priority: 3 },
    ...{ orderedAt: 0, attempt: 0, attempts: 0, fence: 0, worker: '', reason: '', retryOf: '', parent: '' },
    ...{ inputBytes: 1, resultBytes: 0 },
  };
}

/** Answers as a node with these tasks does: it looks at two places at a time, and wants those of even places alone. */
function clientOf(tasks: readonly ListedTask[], isWanted: (task: ListedTask) => boolean = () => true) {
  const page = (after: number) => {
    const seen = tasks.filter(({ n }) => n > after).slice(0, 2);
    const place = seen.at(-1)?.n ?? after;
    return { tasks: seen.filter(isWanted), place, isMore: tasks.some(({ n }) => n > place) };
  };
  const answer = (operation: string, { after = 0, id = '' }: { after?: number; id?: string }): unknown => {
    if (operation === 'tasks') return page(after);
    const task = tasks.find((each) => each.id === id);
    return { task: task === undefined ? null : { ...task, why: [] } };
  };
  return { call: async (name: string, input: object) => answer(name, input) } as unknown as ControlClient;
}

const tasks = [taskOf(1, 'abcd1'), taskOf(2, 'abcd2'), taskOf(5, 'ffff'), taskOf(6, 'abce'), taskOf(8, '1')];

test('all pages of a list are asked for, also behind one that has nothing, and a limit keeps the newest', async () => {
  expect(await listTasks(clientOf(tasks), {})).toEqual(tasks);
  expect(await listTasks(clientOf([]), {})).toEqual([]);
  const last = (task: ListedTask): boolean => task.n === 8;
  expect(await listTasks(clientOf(tasks, last), {})).toEqual([tasks[4]]);
  expect(await listTasks(clientOf(tasks), {}, 3)).toEqual(tasks.slice(-3));
});

test('a page that does not get on is an error', async () => {
  const stuck = {
    call: async () => ({ tasks: [], place: 0, isMore: true }),
  } as unknown as ControlClient;
  await expect(listTasks(stuck, {})).rejects.toThrow('tasks.list: a list that does not get on was answered');
});

test('a task is found by the first digits of its id; one that nobody knows is no wrong input', async () => {
  const client = clientOf(tasks);
  expect(await findTaskId(client, 'ABCE')).toBe(tasks[3]?.id);
  expect((await findTask(client, 'abcd2')).n).toBe(2);
  await expect(findTaskId(client, 'abcd')).rejects.toThrow('the ids of 2 tasks begin with abcd');
  await expect(findTask(client, 'abc')).rejects.toThrow(UsageError);
  for (const unknown of ['0000', '0'.repeat(32)])
    await expect(findTask(client, unknown)).rejects.toThrow(`the swarm has no task ${unknown}: `);
});
