/**
 * What other processes may ask of queries: to ask, and to answer.
 *
 * `answerQueries` is a stream of queries, each with a ticket; `answerQuery` answers one. Invariant: a ticket is good for
 * one answer, and only in the session that it was given in; when the stream ends, what was not answered has failed.
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, nodeName, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import { operationsOf } from '../../kit/operation.ts';
import { PushStream } from '../../kit/stream.ts';
import { TicketsByCaller } from '../../kit/tickets.ts';
import { nothing } from '../../kit/view-schemas.ts';
import { type Settlers, withResolvers } from '../../kit/with-resolvers.ts';
import { concurrencyMax } from './api/check-options.ts';
import type { QueriesNodeApi, Query, QueryTarget } from './api.ts';

/** A query to answer, or one that nobody waits for any more. */
export type GivenQuery =
  | ({ readonly type: 'query'; readonly ticket: number } & Omit<Query, 'signal'>)
  | { readonly type: 'left'; readonly ticket: number };

const tickets = new TicketsByCaller<Settlers<unknown>>();
const { call, stream } = operationsOf<QueriesNodeApi>();

export const operations = {
  query: call({
    summary: 'Ask a node, or with "swarm" the broker of the swarm, by the name of a query.',
    input: v.strictObject({
      node: v.exactOptional(nodeName),
      swarm: v.exactOptional(flag),
      name: serviceName,
      body: v.exactOptional(v.unknown()),
      timeoutMs: v.exactOptional(timeoutMs),
    }),
    output: v.strictObject({ answer: v.unknown() }),
    example: { node: 'b', name: 'stats' },
    async run(api, { node, swarm = false, name, body = null, ...wait }, { signal, bodies }) {
      if (swarm === (node !== undefined))
        throw new SkeinError('SKEIN_INVALID', 'node: name a node, or set "swarm", and only one of them');
      const target: QueryTarget = node ?? { swarm: true };
      const answer = await api.query<unknown>(target, name, bodies.fromWire(body), { ...wait, signal });
      return { answer: bodies.toWire(answer) };
    },
  }),
  answerQueries: stream({
    summary: 'Get the queries of one name to this node, each to be answered by `answerQuery`.',
    input: v.strictObject({
      name: serviceName,
      concurrency: v.exactOptional(wholeNumber(1, concurrencyMax)),
      swarm: v.exactOptional(flag),
    }),
    output: v.variant('type', [
      v.strictObject({
        type: v.literal('query'),
        ticket: v.number(),
        name: v.string(),
        input: v.unknown(),
        from: v.string(),
        isToSwarm: v.boolean(),
        timeoutMs: v.number(),
      }),
      v.strictObject({ type: v.literal('left'), ticket: v.number() }),
    ]),
    example: { name: 'disk' },
    async run(api, { name, ...options }, { signal, caller, bodies }): Promise<AsyncIterable<GivenQuery>> {
      const held = tickets.of(caller);
      const open = new Set<number>();
      const subscription = api.queries.answer(
        name,
        (query) => {
          const { promise, resolve, reject } = withResolvers<unknown>();
          const ticket = held.issue({ resolve, reject });
          open.add(ticket);
          const { from, isToSwarm, timeoutMs: leftMs } = query;
          const input = bodies.toWire(query.input);
          given.push({ type: 'query', ticket, name, input, from, isToSwarm, timeoutMs: leftMs });
          query.signal.addEventListener('abort', () => given.push({ type: 'left', ticket }), { once: true });
          return promise.finally(() => open.delete(ticket));
        },
        options,
      );
      const closed = (): void => {
        void subscription.close();
        for (const ticket of [...open]) held.drop(ticket)?.reject(answererGone());
      };
      const given = new PushStream<GivenQuery>({ closed }, subscription.opened, signal);
      await given.opened;
      return given;
    },
  }),
  answerQuery: call({
    summary: 'Answer a query that `answerQueries` gave: with a value, or with a failure.',
    input: v.strictObject({
      ticket: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      body: v.exactOptional(v.unknown()),
      failure: v.exactOptional(v.strictObject({ code: v.exactOptional(v.string()), message: v.string() })),
    }),
    output: nothing,
    example: { ticket: 1, body: { freeBytes: 1024 } },
    async run(_api, input, { caller, bodies }) {
      const { ticket, body, failure } = input;
      if ('body' in input === (failure !== undefined))
        throw new SkeinError('SKEIN_INVALID', 'answerQuery: give a body or a failure, and only one of them');
      // Before the ticket is taken: what cannot be read may be given again.
      const value = failure === undefined ? bodies.fromWire(body) : undefined;
      const { resolve, reject } = tickets.of(caller).take(ticket);
      if (failure === undefined) resolve(value);
      else reject(failed(failure.message, failure.code));
      return {};
    },
  }),
};

function failed(message: string, code: string | undefined): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

function answererGone(): SkeinError {
  return new SkeinError('SKEIN_LOST', 'the program that was to answer it is gone');
}
