import { expect, test } from 'vitest';
import { UsageError } from '../../../cli/kit/exit.ts';
import type { ControlClient } from '../../../remote/client.ts';
import { digitsShown, findTask, findTaskId, type ListedTask, listTasks } from './find-task.ts';

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

test('a page that does not get on ends the list', async () => {
  const stuck = {
    call: async () => ({ tasks: [tasks[0]], place: 0, isMore: true }),
  } as unknown as ControlClient;
  expect(await listTasks(stuck, {})).toHaveLength(1);
});

test('an id may be shortened to four digits or more, in either case', async () => {
  const client = clientOf(tasks);
  expect(await findTaskId(client, 'ffff')).toBe(tasks[2]?.id);
  expect(await findTaskId(client, 'ABCE')).toBe(tasks[3]?.id);
  expect((await findTask(client, 'abcd2')).n).toBe(2);
});

test('an ambiguous id names the tasks that it fits, five at most', async () => {
  await expect(findTaskId(clientOf(tasks), 'abcd')).rejects.toThrow(
    `the ids of 2 tasks begin with abcd: write more digits of one of ${tasks[0]?.id}, ${tasks[1]?.id}`,
  );
  const many = Array.from({ length: 7 }, (_, i) => taskOf(i + 1, `abcd${i}`));
  await expect(findTaskId(clientOf(many), 'abcd')).rejects.toThrow(`${many[4]?.id} and 2 more`);
});

test('what is no id is wrong input; an id that nobody knows is not', async () => {
  const client = clientOf(tasks);
  for (const wrong of ['abc', 'abcg', '', 'a'.repeat(33), 'ab\u001b[2J'])
    await expect(findTask(client, wrong)).rejects.toThrow(UsageError);
  for (const unknown of ['0000', '0'.repeat(32)]) {
    const problem = await findTask(client, unknown).catch((error: unknown) => error);
    expect(problem).not.toBeInstanceOf(UsageError);
    expect(String(problem)).toContain(`the swarm has no task ${unknown}`);
  }
});

test('a table shows as many digits of the ids as tell them apart', () => {
  expect(digitsShown(tasks)).toBe(8);
  expect(digitsShown([taskOf(1, '1234567890a'), taskOf(2, '1234567890b')])).toBe(11);
});
