/** Wire samples of tasks: what members and the broker say of them. Lines carry it, whose frames are among those of the swarm. */
import type { FromBroker, FromMember } from '../../src/features/tasks/core/messages.ts';
import type { Requirements } from '../../src/features/tasks/core/requirements.ts';
import { tasksFeature } from '../../src/features/tasks/core/tasks.ts';
import type { Order } from '../../src/features/tasks/core/tasks-types.ts';
import { decodeTaskMessage, encodeFromBroker, encodeFromMember } from '../../src/features/tasks/core/wire.ts';
import { OrderFlag, TaskKind } from '../../src/features/tasks/core/wire-kinds.ts';
import { failure } from '../../src/kernel/errors.ts';
import { featureNumber } from '../../src/kernel/identity.ts';
import { LineType } from '../../src/kernel/lines/wire.ts';
import { type Codec, sample, type WireSamples } from './sample.ts';

const fromMember: Codec<FromMember> = { encode: encodeFromMember, decode: decodeTaskMessage };
const fromBroker: Codec<FromBroker> = { encode: encodeFromBroker, decode: decodeTaskMessage };

const id = '00112233445566778899aabbccddeeff';
const other = 'ffeeddccbbaa99887766554433221100';
const store = 0x123456789abc;
const none = { encoding: 0, body: new Uint8Array(0) };
const some = { encoding: 1, body: Uint8Array.of(1, 2, 3) };
const anywhere: Requirements = { cores: 0, memory: 0, software: [], resources: [], node: '', not: [] };
const demanding: Requirements = {
  ...{ cores: 4, memory: 2 ** 33, software: ['blender', 'ffmpeg'], resources: [['gpu', 1]] },
  ...{ node: 'b', not: ['c', 'd'] },
};
const order: Order = {
  ...{ id, service: 'render', input: some, needs: anywhere, priority: 3, delayMs: 0, deadlineMs: 0 },
  ...{ timeoutMs: 0, attempts: 0, isIdempotent: false, key: '', digest: '', after: [], isLetter: false },
  ...{ mayWaitForWorkers: false, parent: '', part: 0, retryOf: '' },
};
const second: Order = {
  ...order,
  ...{ id: other, needs: demanding, priority: 1, delayMs: 1000, deadlineMs: 60_000, timeoutMs: 5000 },
  ...{ attempts: 3, isIdempotent: true, key: 'order 7', digest: 'ff00', after: [id], isLetter: true },
  ...{ mayWaitForWorkers: true, parent: id, part: 1, retryOf: id },
};

export const memberMessages: readonly FromMember[] = [
  { type: 'order', number: 1, isTogether: true, orders: [order, second] },
  {
    type: 'work',
    opening: 3,
    services: [{ service: 'render', concurrency: 2, queue: 1, isIdempotent: true }],
    capacity: { cores: 8, memory: 2 ** 34, software: ['blender'], resources: [['gpu', 2]] },
    isDraining: true,
    stallToleranceMs: 12_000,
    store,
    inHand: [
      { n: 1, fence: 3, state: 'ended' },
      { n: 2, fence: 4, state: 'running' },
      { n: 300, fence: 500, state: 'assigned' },
    ],
  },
  {
    type: 'answers',
    store,
    answers: [
      { n: 7, offer: 1, declined: '' },
      { n: 8, offer: 2, declined: 'has 2 of 8 cores free' },
    ],
  },
  { type: 'started', store, attempts: [{ n: 7, fence: 300 }] },
  {
    type: 'progress',
    store,
    items: [
      { n: 7, fence: 300, share: 0.25, note: 'frame 10' },
      { n: 8, fence: 301, share: -1, note: '' },
    ],
  },
  {
    type: 'ended',
    store,
    items: [
      { n: 1, fence: 2, outcome: 'done', result: some, reason: '', isFinal: false },
      { n: 2, fence: 3, outcome: 'failed', result: none, reason: 'no such scene', isFinal: true, ranMs: 19 },
      { n: 3, fence: 4, outcome: 'stopped', result: none, reason: 'cancelled', isFinal: false },
      { n: 4, fence: 5, outcome: 'given-back', result: none, reason: 'is draining', isFinal: false },
    ],
  },
  {
    type: 'renew',
    number: 12,
    figures: { load: 0.5, freeMemory: 2 ** 33, done: 10, failed: 1, meanMs: 1500 },
  },
  { type: 'follow', ids: [id, other] },
  { type: 'unfollow', ids: [id] },
];

export const brokerMessages: readonly FromBroker[] = [
  {
    type: 'ordered',
    number: 1,
    outcomes: [
      { ok: true, id, isRepeat: false },
      { ok: true, id: other, isRepeat: true },
      { ok: false, failure: failure('SKEIN_INVALID', 'the key is in use') },
    ],
  },
  {
    type: 'offers',
    store,
    offers: [{ n: 7, offer: 300, service: 'render', needs: demanding, priority: 2 }],
  },
  { type: 'withdrawn', store, ns: [7, 300] },
  {
    type: 'assigned',
    store,
    opening: 3,
    tasks: [
      {
        ...{ n: 7, fence: 300, id, service: 'render', author: 'a', needs: demanding, priority: 3 },
        ...{ attempt: 2, timeoutMs: 5000, input: some },
      },
    ],
  },
  { type: 'stop', store, items: [{ n: 7, fence: 300, reason: 'cancelled by a' }] },
  {
    type: 'settled',
    store,
    items: [
      { n: 7, fence: 300, isAccepted: true },
      { n: 8, fence: 2, isAccepted: false },
    ],
  },
  { type: 'renewed', number: 12, leaseMs: 10_000 },
  { type: 'drain', how: 'now' },
  {
    type: 'news',
    news: [
      {
        ...{ id, state: 'running', attempt: 1, worker: 'b', reason: '', share: 0.25, note: 'frame 10' },
        ...{ isWhole: false, results: [] },
      },
      {
        ...{ id: other, state: 'done', attempt: 2, worker: 'c', reason: '', share: -1, note: '' },
        ...{ isWhole: true, results: [some, none] },
      },
      {
        ...{ id, state: 'unknown', attempt: 0, worker: '', reason: 'no such task', share: -1, note: '' },
        ...{ isWhole: false, results: [] },
      },
    ],
  },
];

export const tasksSamples: WireSamples = {
  name: tasksFeature,
  number: featureNumber(tasksFeature),
  // How lines acknowledge is among the samples of the swarm.
  types: { part: LineType.part },
  values: { TaskKind, OrderFlag },
  samples: [
    ...memberMessages.map((each) => sample(`part (${each.type})`, fromMember, each)),
    ...brokerMessages.map((each) => sample(`part (${each.type})`, fromBroker, each)),
  ],
};
