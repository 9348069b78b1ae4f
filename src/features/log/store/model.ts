/** What the log's operations on the store mean: reading it, and how far each durable reader has come. */
import { SkeinError } from '../../../kernel/errors.ts';
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import { logLimits } from '../core/limits.ts';
import type { LogShape, ReaderState } from '../core/log-types.ts';

interface LogState {
  readonly readers: Table<string, Omit<ReaderState, 'name'>>;
}

export const logModel = storeModel<LogShape['store'], LogState>({
  name: 'log',
  frees: ['trim', 'forget'],
  initial: () => ({ readers: new Table() }),
  operations: {
    read: (_state, request, log) => log.read(request),
    append: (_state, events, log) => log.append(events),
    reader: ({ readers }, name, log) => readers.get(name)?.n ?? beginning(log),
    acknowledge({ readers }, { name, n, at }) {
      const known = readers.get(name);
      if (known === undefined && readers.size >= logLimits.logReadersMax) throw tooMany();
      if (known === undefined || n > known.n) readers.put(name, { n, at });
    },
    readers: ({ readers }) => [...readers.rows()].map(([name, state]) => ({ name, ...state })),
    forget: ({ readers }, name) => readers.delete(name),
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
    `the log has ${logLimits.logReadersMax} durable readers already: forget one that is used no more`,
  );
}
