/** Results that a worker keeps on its own disk, on SQLite. `results-model.ts` says what each operation means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import type { Ending, KeptResult } from '../core/tasks-types.ts';

interface Row {
  readonly store: number;
  readonly n: number;
  readonly id: string;
  readonly fence: number;
  readonly outcome: Ending['outcome'];
  readonly reason: string;
  readonly retry_at: number;
  readonly rank: number;
  readonly is_final: number;
  readonly encoding: number;
  readonly body: Uint8Array;
}

export const taskResultsSqlite: SqlitePart<TasksShape['ownStore']> = {
  name: 'tasks',
  frees: ['dropResult'],
  migrations: [
    `CREATE TABLE tasks_kept_result (
      -- First 48 bits of the id of the store that the task is in, and its place there.
      store INTEGER NOT NULL,
      n INTEGER NOT NULL,
      id TEXT NOT NULL,
      fence INTEGER NOT NULL,
      outcome TEXT NOT NULL,
      reason TEXT NOT NULL,
      retry_at INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      is_final INTEGER NOT NULL,
      encoding INTEGER NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY (store, n)
    ) STRICT`,
  ],
  operations(database) {
    const keep = database.prepare(
      `INSERT INTO tasks_kept_result (store, n, id, fence, outcome, reason, retry_at, rank, is_final, encoding, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (store, n) DO UPDATE SET id = excluded.id, fence = excluded.fence, outcome = excluded.outcome,
         reason = excluded.reason, retry_at = excluded.retry_at, rank = excluded.rank, is_final = excluded.is_final,
         encoding = excluded.encoding, body = excluded.body
       WHERE fence <= excluded.fence`,
    );
    const drop = database.prepare('DELETE FROM tasks_kept_result WHERE store = ? AND n = ? AND fence = ?');
    const read = database.prepare(
      'SELECT * FROM tasks_kept_result WHERE (store, n) > (?, ?) ORDER BY store, n LIMIT ?',
    );
    return {
      keepResult({ store, n, id, fence, ending }) {
        const { outcome, reason, retryAt, rank, isFinal, result } = ending;
        keep.run(
          ...[store, n, id, fence, outcome, reason, retryAt, rank, isFinal ? 1 : 0],
          ...[result.encoding, result.body],
        );
      },
      dropResult({ store, n, fence }) {
        drop.run(store, n, fence);
      },
      keptResults: ({ after, limit }) => (read.all(after.store, after.n, limit) as Row[]).map(keptOf),
    };
  },
};

function keptOf(row: Row): KeptResult {
  const { store, n, id, fence, outcome, reason, rank, encoding, body } = row;
  const result = { encoding, body };
  const isFinal = row.is_final === 1;
  const ending: Ending = { n, fence, outcome, result, reason, retryAt: row.retry_at, rank, isFinal };
  return { store, n, id, fence, ending };
}
