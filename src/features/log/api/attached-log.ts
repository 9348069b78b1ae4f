/** The log of a node in another process, over its operations. */
import { attachedHandler } from '../../../kit/attached-handler.ts';
import type { Session } from '../../../kit/session.ts';
import type { LogApi, LogFilter, LogNodeApi } from '../api.ts';
import type { operations } from '../remote.ts';
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
      return attachedHandler({
        open: (lost) => session.stream('keepLog', { name, ...wireFilter(rest) }, { signal, lost }),
        isOneByOne: true,
        async handle({ entries }) {
          await handler(entries);
          return {};
        },
        settle: (settlement, failed) => session.tell('settleLog', settlement, failed),
        unsettled: ({ message }) =>
          session.warn(
            'log',
            `that ${name} has kept events of the log was lost, and they come again: ${message}`,
          ),
      });
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
