/** What the log's operations on the store mean: reading it, and how far each durable reader has come. */
import { SkeinError } from '../../../kernel/errors.ts';
import { Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import { logLimits } from '../core/limits.ts';
import type { BatchMark, LogShape, ReaderState } from '../core/log-types.ts';

interface LogState {
  readonly readers: Table<string, Omit<ReaderState, 'name'>>;
  /** The last batch of each author. */
  readonly marks: Table<string, Omit<BatchMark, 'author'>>;
}

export const logModel = storeModel<LogShape['store'], LogState>({
  name: 'log',
  frees: ['trim', 'forget'],
  initial: () => ({ readers: new Table(), marks: new Table() }),
  operations: {
    read: (_state, request, log) => log.read(request),
    append({ marks }, { events, mark }, log) {
      if (mark !== null) {
        const { author, ...last } = mark;
        const known = marks.get(author);
        if (isAppended(mark, known)) return false;
        if (known === undefined && marks.size >= logLimits.logMarksMax) marks.delete(oldestOf(marks));
        marks.put(author, last);
      }
      log.append(events);
      return true;
    },
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

/** @param known The last one of its author. */
export function isAppended(mark: BatchMark, known: Omit<BatchMark, 'author'> | undefined): boolean {
  return known?.incarnation === mark.incarnation && mark.number <= known.number;
}

function oldestOf(marks: LogState['marks']): string {
  let oldest = { author: '', at: Number.POSITIVE_INFINITY };
  for (const [author, { at }] of marks.rows())
    if (at < oldest.at || (at === oldest.at && author < oldest.author)) oldest = { author, at };
  return oldest.author;
}

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
