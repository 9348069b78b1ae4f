/**
 * Queries of a node in another process, over its operations.
 *
 * Part of an attached node. Invariant: each query that is given here is answered once, or its failure becomes a warning.
 */
import { LateAbort } from '../../../kit/late-abort.ts';
import type { InputOf } from '../../../kit/operation.ts';
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
        const running = new Map<number, LateAbort>();
        const lost = (): void => {
          for (const left of running.values()) left.abort();
        };
        const stream = session.stream('answerQueries', { name, ...rest }, { signal, lost });
        void answerAll(session, handler as (query: Query) => unknown, stream, running).catch(() => {
          // What ended it is reported by `opened`, or by the `close` event.
        });
        return stream;
      },
    },
  };
}

async function answerAll(
  session: QueriesSession,
  handler: (query: Query) => unknown,
  stream: AsyncIterable<GivenQuery>,
  running: Map<number, LateAbort>,
): Promise<void> {
  const lost = (problem: Error): void =>
    session.warn('handler', `an answer to a query was lost: ${problem.message}`);
  try {
    for await (const given of stream) {
      const { ticket } = given;
      if (given.type === 'left') {
        running.get(ticket)?.abort();
        continue;
      }
      const left = new LateAbort(nobodyWaits);
      running.set(ticket, left);
      void answered(handler, given, left)
        .then((answer) => session.tell('answerQuery', answer, lost))
        .finally(() => running.delete(ticket));
    }
  } finally {
    for (const left of running.values()) left.abort();
  }
}

async function answered(
  handler: (query: Query) => unknown,
  { type: _type, ticket, ...rest }: Extract<GivenQuery, { type: 'query' }>,
  left: LateAbort,
): Promise<InputOf<(typeof operations)['answerQuery']>> {
  try {
    const query = {
      ...rest,
      get signal() {
        return left.signal;
      },
    };
    return { ticket, body: (await handler(query)) ?? null };
  } catch (problem) {
    const { code, message } = (problem ?? {}) as { code?: unknown; message?: unknown };
    const text = typeof message === 'string' ? message : String(problem);
    return { ticket, failure: typeof code === 'string' ? { code, message: text } : { message: text } };
  }
}

function nobodyWaits(): DOMException {
  return new DOMException('nobody waits for the answer any more', 'AbortError');
}
