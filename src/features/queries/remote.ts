/**
 * What other processes may ask of queries: to ask, and to answer.
 *
 * `answerQueries` is a stream of queries, each with a ticket; `answerQuery` answers one (`kit/handler-streams.ts`).
 */
import * as v from 'valibot';
import { SkeinError } from '../../kernel/errors.ts';
import { flag, nodeName, serviceName, timeoutMs, wholeNumber } from '../../kit/fields.ts';
import {
  answerIn,
  HandlerStreams,
  type Left,
  leftSchema,
  settlementFields,
} from '../../kit/handler-streams.ts';
import { operationsOf } from '../../kit/operation.ts';
import { nothing } from '../../kit/view-schemas.ts';
import { concurrencyMax } from './api/check-options.ts';
import type { QueriesNodeApi, Query, QueryTarget } from './api.ts';

/** A query to answer, or one that nobody waits for any more. */
export type GivenQuery = ({ readonly type: 'query'; readonly ticket: number } & Omit<Query, 'signal'>) | Left;

const answerers = new HandlerStreams<unknown>(
  () => new SkeinError('SKEIN_LOST', 'the program that was to answer it is gone'),
);
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
      leftSchema,
    ]),
    example: { name: 'disk' },
    run: (api, { name, ...options }, asking): Promise<AsyncIterable<GivenQuery>> =>
      answerers.open<GivenQuery>(asking, ({ hand, push }) =>
        api.queries.answer(
          name,
          ({ input, from, isToSwarm, timeoutMs: leftMs, signal }) =>
            hand((ticket) => {
              signal.addEventListener('abort', () => push({ type: 'left', ticket }), { once: true });
              const body = asking.bodies.toWire(input);
              return { type: 'query', ticket, name, input: body, from, isToSwarm, timeoutMs: leftMs };
            }),
          options,
        ),
      ),
  }),
  answerQuery: call({
    summary: 'Answer a query that `answerQueries` gave: with a value, or with a failure.',
    input: v.strictObject({
      ...settlementFields,
      body: v.exactOptional(v.unknown()),
    }),
    output: nothing,
    example: { ticket: 1, body: { freeBytes: 1024 } },
    async run(_api, input, asking) {
      const body = answerIn(asking, input, 'body', 'answerQuery: give a body or a failure');
      return answerers.settle(asking, input, body);
    },
  }),
};
