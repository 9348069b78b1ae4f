/**
 * The log of a node in another process, over its operations.
 *
 * Part of an attached node. Invariant: each page that is given here is settled once, after its handler has.
 */
import type { InputOf } from '../../../kit/operation.ts';
import type { Session } from '../../../kit/session.ts';
import type { LogApi, LogEntry, LogFilter, LogNodeApi } from '../api.ts';
import type { HandedEntries, operations } from '../remote.ts';
import { checkFollow, checkKeep, checkList, checkReader } from './check-options.ts';

type LogSession = Session<typeof operations>;

export function attachedLog(session: LogSession): LogNodeApi {
  const log: LogApi = {
    async list(options = {}) {
      checkList(options);
      await session.ready();
      return session.call('log', wireFilter(options));
    },
    follow(options = {}) {
      checkFollow(options);
      const { signal, ...rest } = options;
      return session.stream('followLog', wireFilter(rest), { signal });
    },
    keep(name, handler, options = {}) {
      checkKeep(name, handler, options);
      const { signal, ...rest } = options;
      const stream = session.stream('keepLog', { name, ...wireFilter(rest) }, { signal });
      void keepAll(session, name, handler, stream).catch(() => {
        // What ended it is reported by `opened`, or by the `close` event.
      });
      return stream;
    },
    async readers() {
      await session.ready();
      return (await session.call('logReaders', {})).readers;
    },
    async forget(name) {
      checkReader(name);
      await session.ready();
      return (await session.call('forgetLogReader', { name })).isForgotten;
    },
  };
  return { log };
}

function wireFilter<Options extends LogFilter>({ type, since, until, ...rest }: Options) {
  return {
    ...rest,
    ...(type === undefined ? {} : { type: typeof type === 'string' ? [type] : [...type] }),
    ...(since === undefined ? {} : { since: since.getTime() }),
    ...(until === undefined ? {} : { until: until.getTime() }),
  };
}

async function keepAll(
  session: LogSession,
  name: string,
  handler: (entries: readonly LogEntry[]) => unknown,
  stream: AsyncIterable<HandedEntries>,
): Promise<void> {
  const lost = (problem: Error): void =>
    session.warn(
      'log',
      `that ${name} has kept events of the log was lost, and they come again: ${problem.message}`,
    );
  for await (const { ticket, entries } of stream)
    session.tell('settleLog', { ticket, ...(await kept(handler, entries)) }, lost);
}

async function kept(
  handler: (entries: readonly LogEntry[]) => unknown,
  entries: readonly LogEntry[],
): Promise<Omit<InputOf<(typeof operations)['settleLog']>, 'ticket'>> {
  try {
    await handler(entries);
    return {};
  } catch (problem) {
    return { failure: { message: problem instanceof Error ? problem.message : String(problem) } };
  }
}
