/**
 * Checks of what a program gives to the calls of tasks, and what the core makes of it. Who calls it: a node in this
 * process, and an attached one. Each throws a TypeError that names the option, the value and what is accepted.
 */
import { checkName } from '../../../kernel/identity.ts';
import { checkOneOf, checkOptions, checkText, checkWhole, shown } from '../../../kit/arguments.ts';
import type {
  ManyOrder,
  OrderOptions,
  TaskListFilter,
  TaskNeeds,
  TaskPart,
  TaskService,
  WorkOptions,
} from '../api.ts';
import { taskLimits } from '../core/limits.ts';
import { type Capacity, isWord, type Requirements, type Units } from '../core/requirements.ts';
import { taskIdPattern, taskStates } from '../core/tasks-types.ts';

const needNames = ['cores', 'memory', 'software', 'resources', 'node', 'not'];
const ownNames = [
  ...needNames,
  ...[
    'priority',
    'notBefore',
    'deadline',
    'timeoutMs',
    'attempts',
    'idempotencyKey',
    'after',
    'ifInfeasible',
    'reply',
    'parts',
  ],
];
const partNames = [...needNames, 'service', 'input', 'timeoutMs', 'attempts'];
const workNames = ['concurrency', 'queue', 'cores', 'memory', 'software', 'resources', 'signal'];
const filterNames = ['states', 'service', 'author', 'worker', 'since', 'until', 'after'];

/** What was given, as `service()` makes it. */
export function taskService(call: string, given: unknown): TaskService<never, unknown> {
  if (typeof given === 'string') {
    checkName(given, `${call}: service`);
    return { name: given, input: undefined, output: undefined, idempotent: false };
  }
  const made = given as TaskService<never, unknown> | null;
  if (typeof made === 'object' && typeof made?.name === 'string') return made;
  throw new TypeError(`${call}: a service is text, or made with service(), got ${shown(given)}`);
}

export function checkId(id: unknown): string {
  if (typeof id === 'string' && taskIdPattern.test(id)) return id;
  throw new TypeError(`the id of a task is 32 hexadecimal digits, got ${shown(id)}`);
}

export function checkOrder(options: OrderOptions & Pick<ManyOrder, 'parts'>): void {
  checkOptions('tasks.order', options, [...ownNames, 'signal']);
  checkOwn('tasks.order', options);
}

export function checkMany(orders: readonly ManyOrder[]): void {
  if (!Array.isArray(orders))
    throw new TypeError(`tasks.orderMany: give a list of orders, got ${shown(orders)}`);
  const { tasksPerOrderMax } = taskLimits;
  if (orders.length === 0 || orders.length > tasksPerOrderMax)
    throw new TypeError(`tasks.orderMany: give 1 to ${tasksPerOrderMax} orders, got ${orders.length}`);
  for (const order of orders) {
    checkOptions('tasks.orderMany', order, [...ownNames, 'service', 'input']);
    checkOwn('tasks.orderMany', order);
  }
  const count = orders.reduce((sum, { parts = [] }) => sum + 1 + parts.length, 0);
  if (count > tasksPerOrderMax)
    throw new TypeError(
      `tasks.orderMany: give at most ${tasksPerOrderMax} orders, each part counts as one, got ${count}`,
    );
}

function checkParts(call: string, parts: unknown, afterCount: number): void {
  const { taskPartsMax, taskPartWaitsMax } = taskLimits;
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > taskPartsMax)
    throw new TypeError(`${call}: parts is a list of 1 to ${taskPartsMax} parts, got ${shown(parts)}`);
  if (parts.length * afterCount > taskPartWaitsMax)
    throw new TypeError(
      `${call}: ${parts.length} parts that each wait for ${afterCount} tasks are over the limit of ${taskPartWaitsMax} together: have them wait for one task that waits for these`,
    );
  for (const [i, part] of parts.entries()) {
    const of = `${call}: parts[${i}]`;
    checkOptions(of, part, partNames);
    checkTries(of, part as TaskPart);
    requirements(of, part as TaskPart);
  }
}

function checkTries(call: string, { timeoutMs, attempts }: Pick<TaskPart, 'timeoutMs' | 'attempts'>): void {
  const { taskDelayMsMax, taskAttemptsMax } = taskLimits;
  if (timeoutMs !== undefined) checkWhole(`${call}: timeoutMs`, timeoutMs, 1, taskDelayMsMax);
  if (attempts !== undefined) checkWhole(`${call}: attempts`, attempts, 1, taskAttemptsMax);
}

function checkOwn(call: string, options: Omit<ManyOrder, 'service' | 'input'>): void {
  const { priority, notBefore, deadline, idempotencyKey, after, ifInfeasible, reply, parts } = options;
  if (priority !== undefined && ![1, 2, 3].includes(priority))
    throw new TypeError(`${call}: priority is 1 (front), 2 (middle) or 3 (end), got ${shown(priority)}`);
  const { taskAfterMax, taskKeyBytesMax } = taskLimits;
  checkDate(call, 'notBefore', notBefore);
  checkDate(call, 'deadline', deadline);
  if (deadline !== undefined && notBefore !== undefined && deadline <= notBefore)
    throw new TypeError(`${call}: the deadline ${deadline.toISOString()} is not after notBefore`);
  checkTries(call, options);
  checkText('idempotencyKey', idempotencyKey);
  if (idempotencyKey !== undefined && new TextEncoder().encode(idempotencyKey).length > taskKeyBytesMax)
    throw new TypeError(`${call}: idempotencyKey is at most ${taskKeyBytesMax} bytes of UTF-8`);
  checkOneOf(`${call}: ifInfeasible`, ifInfeasible, ['refuse', 'queue']);
  checkOneOf(`${call}: reply`, reply, ['letter']);
  if (after !== undefined && (!Array.isArray(after) || after.length > taskAfterMax))
    throw new TypeError(`${call}: after is a list of at most ${taskAfterMax} tasks, got ${shown(after)}`);
  for (const task of after ?? []) checkId(typeof task === 'string' ? task : (task as { id?: unknown }).id);
  requirements(call, options);
  if (parts !== undefined) checkParts(call, parts, after?.length ?? 0);
}

function checkDate(call: string, name: string, date: unknown): void {
  if (date === undefined || (date instanceof Date && Number.isFinite(date.getTime()))) return;
  throw new TypeError(`${call}: ${name} is a Date, got ${shown(date)}`);
}

/** @throws TypeError where they can fit nothing. */
export function requirements(call: string, needs: TaskNeeds): Requirements {
  const { cores, memory, software, resources, node, not = [] } = needs;
  if (cores !== undefined) checkWhole(`${call}: cores`, cores, 1, taskLimits.taskUnitsMax);
  if (node !== undefined) checkName(node, `${call}: node`);
  if (!Array.isArray(not) || not.length > taskLimits.taskNotNodesMax)
    throw new TypeError(
      `${call}: not is a list of at most ${taskLimits.taskNotNodesMax} nodes, got ${shown(not)}`,
    );
  for (const name of not) checkName(name, `${call}: not`);
  if (node !== undefined && not.includes(node))
    throw new TypeError(`${call}: it may run on ${node} alone, and not there: leave one of the two out`);
  return {
    cores: cores ?? 0,
    memory: memory === undefined ? 0 : bytesOf(call, memory),
    software: words(call, software),
    resources: units(call, resources),
    node: node ?? '',
    not: [...new Set(not)].sort(),
  };
}

/** What of it is said; the rest is what the machine has. */
export function checkWork(options: WorkOptions): Partial<Capacity> {
  const call = 'tasks.work';
  checkOptions(call, options, workNames);
  const { concurrency, queue, cores, memory } = options;
  if (concurrency !== undefined)
    checkWhole(`${call}: concurrency`, concurrency, 1, taskLimits.taskConcurrencyMax);
  if (queue !== undefined) checkWhole(`${call}: queue`, queue, 0, taskLimits.taskQueueMax);
  if (cores !== undefined) checkWhole(`${call}: cores`, cores, 1, taskLimits.taskUnitsMax);
  return {
    ...(cores === undefined ? {} : { cores }),
    ...(memory === undefined ? {} : { memory: bytesOf(call, memory) }),
    software: words(call, options.software),
    resources: units(call, options.resources),
  };
}

export function checkFilter(filter: TaskListFilter): void {
  checkOptions('tasks.list', filter, filterNames);
  const { states, service, author, worker, since, until, after } = filter;
  if (states !== undefined && !Array.isArray(states))
    throw new TypeError(`tasks.list: states is a list of states, got ${shown(states)}`);
  for (const state of states ?? []) checkOneOf('tasks.list: states', state, taskStates);
  if (service !== undefined) checkName(service, 'tasks.list: service');
  if (author !== undefined) checkName(author, 'tasks.list: author');
  if (worker !== undefined) checkName(worker, 'tasks.list: worker');
  checkDate('tasks.list', 'since', since);
  checkDate('tasks.list', 'until', until);
  if (after !== undefined) checkWhole('tasks.list: after', after, 0, Number.MAX_SAFE_INTEGER);
}

const bytesPer = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

/** Bytes, or text such as `512M`. */
function bytesOf(call: string, memory: unknown): number {
  const match = typeof memory === 'string' ? /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(memory) : null;
  const unit = (match?.[2] ?? '') as keyof typeof bytesPer;
  const bytes = match === null ? memory : Math.round(Number(match[1]) * bytesPer[unit]);
  if (Number.isSafeInteger(bytes) && (bytes as number) >= 1 && (bytes as number) <= taskLimits.taskMemoryMax)
    return bytes as number;
  throw new TypeError(
    `${call}: memory is a number of bytes from 1, or text such as 8G, got ${shown(memory)}`,
  );
}

function words(call: string, software: unknown): string[] {
  if (software === undefined) return [];
  const isList = Array.isArray(software) && software.length <= taskLimits.taskWordsMax;
  if (isList && software.every(isWord)) return [...new Set(software as string[])].sort();
  throw new TypeError(
    `${call}: software is a list of at most ${taskLimits.taskWordsMax} words of [A-Za-z0-9._-], got ${shown(software)}`,
  );
}

function units(call: string, resources: unknown): Units[] {
  if (resources === undefined) return [];
  const isObject = typeof resources === 'object' && resources !== null && !Array.isArray(resources);
  const entries = isObject ? Object.entries(resources) : [];
  if (!isObject || entries.length > taskLimits.taskWordsMax || !entries.every(([kind]) => isWord(kind)))
    throw new TypeError(`${call}: resources is an object such as { gpu: 1 }, got ${shown(resources)}`);
  for (const [kind, count] of entries)
    checkWhole(`${call}: resources.${kind}`, count as number, 1, taskLimits.taskUnitsMax);
  return (entries as [string, number][]).sort(([a], [b]) => (a < b ? -1 : 1));
}
