/**
 * What other processes may ask of the log: to list it, to follow it, and to keep it.
 *
 * `keepLog` is a stream of pages, each with a ticket; `settleLog` says that one is kept, or why it is not
 * (`kit/handler-streams.ts`).
 */
import * as v from 'valibot';
import { listOf, nodeName, wholeNumber } from '../../kit/fields.ts';
import { HandlerStreams, settlementFields } from '../../kit/handler-streams.ts';
import { operationsOf } from '../../kit/operation.ts';
import { names, nothing } from '../../kit/view-schemas.ts';
import type { LogEntry, LogNodeApi } from './api.ts';
import { logLimits } from './core/limits.ts';
import { readCursor } from './core/log-types.ts';

/** Entries to keep. */
export interface HandedEntries {
  readonly ticket: number;
  readonly entries: readonly LogEntry[];
}

const keepers = new HandlerStreams(() => new Error('the program that was keeping it is gone'));

const word = v.pipe(
  v.string(),
  v.nonEmpty('expected text that is not empty'),
  v.maxLength(logLimits.logWordMax, `expected at most ${logLimits.logWordMax} characters`),
);
const time = wholeNumber(0, 8.64e15, 'Unix milliseconds');
const cursor = v.pipe(
  v.string(),
  v.check((text) => readCursor(text) !== undefined, 'expected the cursor of an entry or of a list'),
);
const filter = {
  type: v.exactOptional(listOf(word, 'types', logLimits.logTypesMax)),
  from: v.exactOptional(nodeName),
  to: v.exactOptional(nodeName),
  subject: v.exactOptional(word),
  node: v.exactOptional(nodeName),
  since: v.exactOptional(time),
  until: v.exactOptional(time),
};
const count = wholeNumber(1, logLimits.logListMax);

const entry = v.strictObject({
  cursor: v.string(),
  n: v.number(),
  at: v.number(),
  type: v.string(),
  from: v.string(),
  subject: v.string(),
  to: names,
  trace: names,
  note: v.string(),
  lost: v.exactOptional(v.number()),
});

const { call, stream } = operationsOf<LogNodeApi>();

export const operations = {
  log: call({
    summary: 'Events of the log of the swarm: the oldest, those after a place, or with "last" the newest.',
    input: v.strictObject({
      ...filter,
      after: v.exactOptional(cursor),
      last: v.exactOptional(count),
      limit: v.exactOptional(count),
    }),
    output: v.strictObject({ entries: v.array(entry), cursor: v.string(), isMore: v.boolean() }),
    example: { last: 10 },
    async run({ log }, input) {
      const { entries, ...rest } = await log.list(withDates(input));
      return { entries: entries.map(plain), ...rest };
    },
  }),
  followLog: stream({
    summary: 'Get every event of the log as it is stored, from now or from a place on.',
    input: v.strictObject({ ...filter, after: v.exactOptional(cursor) }),
    output: entry,
    example: {},
    async run({ log }, input, { signal, nodeEnded }) {
      const followed = log.follow({ ...withDates(input), signal });
      nodeEnded.addEventListener('abort', () => void followed.close(), { once: true, signal });
      await followed.opened;
      return followed;
    },
  }),
  keepLog: stream({
    summary: 'Get all events of the log, some at a time, each page to be settled by `settleLog`.',
    input: v.strictObject({ name: nodeName, ...filter }),
    output: v.strictObject({ ticket: v.number(), entries: v.array(entry) }),
    example: { name: 'audit' },
    run: ({ log }, { name, ...rest }, asking): Promise<AsyncIterable<HandedEntries>> =>
      keepers.open(asking, ({ hand }) =>
        log.keep(
          name,
          (entries) => hand((ticket) => ({ ticket, entries: entries.map(plain) })),
          withDates(rest),
        ),
      ),
  }),
  settleLog: call({
    summary: 'Settle a page that `keepLog` gave: it is kept, or why it is not.',
    input: v.strictObject(settlementFields),
    output: nothing,
    example: { ticket: 1 },
    run: async (_api, input, asking) => keepers.settle(asking, input),
  }),
  logReaders: call({
    summary: 'All durable readers of the log, and how far each has come.',
    input: v.strictObject({}),
    output: v.strictObject({
      readers: v.array(v.strictObject({ name: v.string(), cursor: v.string(), at: v.number() })),
    }),
    example: {},
    run: async ({ log }) => ({ readers: await log.readers() }),
  }),
  forgetLogReader: call({
    summary: 'Forget a durable reader of the log; one of that name begins again.',
    input: v.strictObject({ name: nodeName }),
    output: v.strictObject({ isForgotten: v.boolean() }),
    example: { name: 'audit' },
    run: async ({ log }, { name }) => ({ isForgotten: await log.forget(name) }),
  }),
};

function withDates<Input extends { readonly since?: number; readonly until?: number }>({
  since,
  until,
  ...rest
}: Input) {
  return {
    ...rest,
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
  };
}

function plain({ to, trace, ...rest }: LogEntry) {
  return { ...rest, to: [...to], trace: [...trace] };
}
