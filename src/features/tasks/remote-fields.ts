/** What the operations of tasks share, as fields of their inputs and outputs. */
import * as v from 'valibot';
import { listOf, nodeName, oneOf, serviceName, wholeNumber } from '../../kit/fields.ts';
import { taskLimits } from './core/limits.ts';
import { taskIdPattern, taskStates } from './core/tasks-types.ts';

export const id = v.pipe(
  v.string(),
  v.regex(taskIdPattern, 'expected the id of a task, 32 hexadecimal digits'),
  v.description('the id of a task'),
);
const time = wholeNumber(0, Number.MAX_SAFE_INTEGER, 'Unix milliseconds');
const word = v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected a word of [A-Za-z0-9._-]'));
const count = wholeNumber(1, taskLimits.taskUnitsMax);

export const capacityFields = {
  cores: v.exactOptional(count),
  memory: v.exactOptional(wholeNumber(1, taskLimits.taskMemoryMax, 'bytes')),
  software: v.exactOptional(listOf(word, 'words', taskLimits.taskWordsMax)),
  resources: v.exactOptional(v.pipe(v.record(word, count), v.description('units by kind'))),
};

export const needFields = {
  ...capacityFields,
  node: v.exactOptional(nodeName),
  not: v.exactOptional(listOf(nodeName, 'node names', taskLimits.taskNotNodesMax)),
};

export const orderFields = {
  ...needFields,
  priority: v.exactOptional(v.pipe(v.picklist([1, 2, 3], 'expected 1, 2 or 3'), v.description('1, 2 or 3'))),
  notBefore: v.exactOptional(time),
  deadline: v.exactOptional(time),
  timeoutMs: v.exactOptional(wholeNumber(1, taskLimits.taskDelayMsMax, 'milliseconds of one attempt')),
  attempts: v.exactOptional(wholeNumber(1, taskLimits.taskAttemptsMax)),
  idempotencyKey: v.exactOptional(v.pipe(v.string(), v.nonEmpty('expected text that is not empty'))),
  after: v.exactOptional(listOf(id, 'ids of tasks', taskLimits.taskAfterMax)),
  ifInfeasible: v.exactOptional(oneOf(['refuse', 'queue'])),
  reply: v.exactOptional(oneOf(['letter'])),
};

export const partFields = {
  ...needFields,
  service: v.exactOptional(serviceName),
  input: v.exactOptional(v.unknown()),
  idempotent: v.exactOptional(v.boolean()),
  timeoutMs: orderFields.timeoutMs,
  attempts: orderFields.attempts,
};

export const filterFields = {
  states: v.exactOptional(listOf(oneOf(taskStates), 'states', taskStates.length)),
  service: v.exactOptional(serviceName),
  author: v.exactOptional(nodeName),
  worker: v.exactOptional(nodeName),
  since: v.exactOptional(time),
  until: v.exactOptional(time),
  after: v.exactOptional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
};

const state = v.picklist(taskStates);

export const eventSchema = v.strictObject({
  state,
  attempt: v.number(),
  worker: v.string(),
  reason: v.string(),
  progress: v.exactOptional(v.number()),
  note: v.exactOptional(v.string()),
});

const listedFields = {
  id: v.string(),
  n: v.number(),
  from: v.string(),
  service: v.string(),
  state,
  priority: v.number(),
  orderedAt: v.number(),
  startedAt: v.exactOptional(v.number()),
  endedAt: v.exactOptional(v.number()),
  attempt: v.number(),
  attempts: v.number(),
  fence: v.number(),
  worker: v.string(),
  reason: v.string(),
  retryOf: v.string(),
  parent: v.string(),
  inputBytes: v.number(),
  resultBytes: v.number(),
  progress: v.exactOptional(v.number()),
  note: v.exactOptional(v.string()),
};

export const listedSchema = v.strictObject(listedFields);
export const viewSchema = v.strictObject({
  ...listedFields,
  after: v.array(v.string()),
  parts: v.array(v.strictObject({ id: v.string(), service: v.string(), state })),
  why: v.array(v.string()),
});

export const workerSchema = v.strictObject({
  name: v.string(),
  services: v.array(v.strictObject({ service: v.string(), concurrency: v.number(), queue: v.number() })),
  isHere: v.boolean(),
  whyNot: v.string(),
  tasks: v.number(),
  waiting: v.number(),
  begins: v.exactOptional(
    v.strictObject({ p50Ms: v.number(), p90Ms: v.number(), count: v.number(), computedAt: v.number() }),
  ),
  cores: v.number(),
  freeCores: v.number(),
  memory: v.number(),
  freeMemory: v.number(),
  software: v.array(v.string()),
  resources: v.record(v.string(), v.number()),
  figures: v.exactOptional(
    v.strictObject({
      load: v.exactOptional(v.number()),
      freeMemory: v.number(),
      done: v.number(),
      failed: v.number(),
      meanMs: v.exactOptional(v.number()),
    }),
  ),
});

export const serviceSchema = v.strictObject({
  service: v.string(),
  depth: v.number(),
  oldestAt: v.exactOptional(v.number()),
  atWorkers: v.number(),
  workers: v.array(v.string()),
  workerCount: v.number(),
  durations: v.exactOptional(
    v.strictObject({
      waitedP50: v.number(),
      waitedP90: v.number(),
      ranP50: v.number(),
      ranP90: v.number(),
      count: v.number(),
      computedAt: v.number(),
    }),
  ),
});
