/** What the log's operations on the store mean: reading it, and how far each keeper has come. */
import { SkeinError } from '../../../kernel/errors.ts';
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import { logLimits } from '../core/limits.ts';
import type { KeeperState, LogShape } from '../core/log-types.ts';

interface LogState {
  readonly keepers: Table<string, Omit<KeeperState, 'name'>>;
}

export const logModel = storeModel<LogShape['store'], LogState>({
  name: 'log',
  frees: ['trim', 'forget'],
  initial: () => ({ keepers: new Table() }),
  operations: {
    read: (_state, request, log) => log.read(request),
    keeper: ({ keepers }, name, log) => keepers.get(name)?.n ?? beginning(log),
    acknowledge({ keepers }, { name, n, at }) {
      const known = keepers.get(name);
      if (known === undefined && keepers.size >= logLimits.logKeepersMax) throw tooMany();
      if (known === undefined || n > known.n) keepers.put(name, { n, at });
    },
    keepers: ({ keepers }) => [...keepers.rows()].map(([name, state]) => ({ name, ...state })),
    forget: ({ keepers }, name) => keepers.delete(name),
    trim: (_state, { now, rows }, log) => log.trim(now, rows),
  },
});

/** Before the oldest event that is kept. */
export function beginning(log: { read: LogShape['store']['read'] }): number {
  const { oldest } = log.read({ after: 0, limit: 1, filter: {} });
  return Math.max(0, oldest - 1);
}

export function tooMany(): SkeinError {
  return new SkeinError(
    'SKEIN_BUSY',
    `the log has ${logLimits.logKeepersMax} keepers already: forget one that is used no more`,
  );
}
