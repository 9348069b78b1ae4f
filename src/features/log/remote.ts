/**
 * What other processes may ask of the log: to list it, to follow it, and to keep it.
 *
 * `keepLog` is a stream of pages, each with a ticket; `settleLog` says that one is kept, or why it is not. Invariant: a
 * ticket is good once, and only in the session that it was given in; what was not settled when the stream ends was not
 * kept.
 */
import * as v from 'valibot';
import { listOf, nodeName, wholeNumber } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { PushStream } from '../../kit/stream.ts';
import { TicketsByCaller } from '../../kit/tickets.ts';
import { names, nothing } from '../../kit/view-schemas.ts';
import { type Settlers, withResolvers } from '../../kit/with-resolvers.ts';
import type { LogEntry, LogNodeApi } from './api.ts';
import { logLimits } from './core/limits.ts';
import { readCursor } from './core/log-types.ts';

/** Entries to keep. */
export interface HandedEntries {
  readonly ticket: number;
  readonly entries: readonly LogEntry[];
}

const tickets = new TicketsByCaller<Settlers<void>>();

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

const { call, stream } = operationsOf<
  LogNodeApi & { readonly events: Pick<EventTarget, 'addEventListener'> }
>();

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
    async run({ log, events }, input, { signal }) {
      const followed = log.follow({ ...withDates(input), signal });
      events.addEventListener('close', () => void followed.close(), { once: true, signal });
      await followed.opened;
      return followed;
    },
  }),
  keepLog: stream({
    summary: 'Get all events of the log, some at a time, each page to be settled by `settleLog`.',
    input: v.strictObject({ name: nodeName, ...filter }),
    output: v.strictObject({ ticket: v.number(), entries: v.array(entry) }),
    example: { name: 'audit' },
    async run({ log, events }, { name, ...rest }, { signal, caller }): Promise<AsyncIterable<HandedEntries>> {
      const held = tickets.of(caller);
      let given: number | undefined;
      const subscription = log.keep(
        name,
        (entries) => {
          const { promise, ...settle } = withResolvers();
          given = held.issue(settle);
          handed.push({ ticket: given, entries: entries.map(plain) });
          return promise;
        },
        withDates(rest),
      );
      const closed = (): void => {
        void subscription.close();
        if (given !== undefined)
          held.drop(given)?.reject(new Error('the program that was keeping it is gone'));
      };
      const handed = new PushStream<HandedEntries>({ closed }, subscription.opened, signal);
      await handed.opened;
      events.addEventListener('close', () => handed.end(), { once: true, signal });
      return handed;
    },
  }),
  settleLog: call({
    summary: 'Settle a page that `keepLog` gave: it is kept, or why it is not.',
    input: v.strictObject({
      ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      failure: v.exactOptional(v.strictObject({ message: v.string() })),
    }),
    output: nothing,
    example: { ticket: 1 },
    async run(_api, { ticket, failure }, { caller }) {
      const { resolve, reject } = tickets.of(caller).take(ticket);
      if (failure === undefined) resolve();
      else reject(new Error(failure.message));
      return {};
    },
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
