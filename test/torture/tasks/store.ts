/**
 * What is in the store of a fleet at the end: its tasks, and what its log says of them.
 *
 * Used by the judge. Invariant: it is read with the library alone, after all members have ended.
 */
import { taskStates } from '../../../src/features/tasks/core/tasks-types.ts';
import { decodeBody } from '../../../src/kit/codec.ts';
import { unpack } from '../../../src/stores/log/packed-events.ts';
import { loadSqlite } from '../../../src/stores/sqlite/library.ts';

export interface StoredTask {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly attempts: number;
  /** Of its last claim. */
  readonly fence: number;
  /** Of the claim whose result it has; undefined: it has none. */
  readonly resultFence: number | undefined;
  readonly reason: string;
}

export interface StoreContent {
  readonly integrity: readonly string[];
  readonly tasks: readonly StoredTask[];
  /** Final states by task, in the order in which the log has them; of those whose order is in the log. */
  readonly ends: ReadonlyMap<string, readonly string[]>;
  /** Ends that were refused, as the log says. */
  readonly stale: number;
}

interface Row extends Omit<StoredTask, 'state' | 'resultFence'> {
  readonly state: number;
  readonly encoding: number | null;
  readonly body: Uint8Array | null;
}

const finals = new Set(['done', 'failed', 'cancelled', 'expired', 'lost'].map((state) => `task.${state}`));
const readTasks = `SELECT id, state, attempt, attempts, fence, reason, encoding, body
  FROM tasks_task t LEFT JOIN tasks_result r ON r.n = t.n`;

export function readStore(path: string): StoreContent {
  const database = loadSqlite().open(path);
  const rows = (sql: string) => database.prepare(sql).all();
  const integrity = (rows('PRAGMA integrity_check') as { integrity_check: string }[]).map(
    ({ integrity_check }) => integrity_check,
  );
  const tasks = (rows(readTasks) as Row[]).map(({ state, encoding, body, ...row }): StoredTask => {
    const result = encoding === null || body === null ? undefined : decodeBody(encoding, body);
    const resultFence = (result as { readonly fence: number } | undefined)?.fence;
    return { ...row, state: taskStates[state] as string, resultFence };
  });
  const ends = new Map<string, string[]>();
  let stale = 0;
  for (const { at, events } of rows('SELECT at, events FROM skein_log ORDER BY last') as {
    at: number;
    events: string;
  }[])
    for (const { type, subject } of unpack(at, events)) {
      if (type === 'task.ordered') ends.set(subject, []);
      else if (type === 'task.stale') stale++;
      else if (finals.has(type)) ends.get(subject)?.push(type.slice('task.'.length));
    }
  database.close();
  return { integrity, tasks, ends, stale };
}
