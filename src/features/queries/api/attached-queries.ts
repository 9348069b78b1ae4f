/** Queries of a node in another process, over its operations. */
import { attachedHandler } from '../../../kit/attached-handler.ts';
import type { LateAbort } from '../../../kit/late-abort.ts';
import type { Session } from '../../../kit/session.ts';
import type { AnswerOptions, QueriesNodeApi, Query, QueryOptions } from '../api.ts';
import type { GivenQuery, operations } from '../remote.ts';
import { checkAnswer, checkQuery } from './check-options.ts';

type QueriesSession = Session<typeof operations>;

export function attachedQueries(session: QueriesSession): QueriesNodeApi {
  return {
    async query(target: never, name: string, input: unknown = null, options: QueryOptions = {}) {
      checkQuery(target, name, options);
      await session.ready();
      const { signal, ...wait } = options;
      const asked = typeof target === 'string' ? { node: target } : { swarm: true as const };
      return (await session.call('query', { ...asked, name, body: input, ...wait }, { signal }))
        .answer as never;
    },
    queries: {
      answer<Input>(name: string, handler: (query: Query<Input>) => unknown, options: AnswerOptions = {}) {
        checkAnswer(name, handler, options);
        const { signal, ...rest } = options;
        return attachedHandler({
          open: (lost) => session.stream('answerQueries', { name, ...rest }, { signal, lost }),
          isTask: isQuery,
          handle: (given, left) => answered(handler as (query: Query) => unknown, given, left),
          settle: (answer, failed) => session.tell('answerQuery', answer, failed),
          unsettled: ({ message }) => session.warn('handler', `an answer to a query was lost: ${message}`),
        });
      },
    },
  };
}

type AskedQuery = Extract<GivenQuery, { type: 'query' }>;

function isQuery(given: GivenQuery): given is AskedQuery {
  return given.type === 'query';
}

async function answered(
  handler: (query: Query) => unknown,
  { type: _type, ticket: _ticket, ...rest }: AskedQuery,
  left: LateAbort,
): Promise<{ body: unknown }> {
  const query = {
    ...rest,
    get signal() {
      return left.signal;
    },
  };
  return { body: (await handler(query)) ?? null };
}
