/** Tasks in a store on SQLite: the rules of `operations.ts` on rows in SQLite. */
import type { StoreLog } from '../../../kernel/log-event.ts';
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { TasksShape } from '../core/tasks-shape.ts';
import { tasksHandedOver } from './hand-over.ts';
import { freeing, taskOperations } from './operations.ts';
import { SqliteRows } from './sqlite-rows.ts';
import { tables } from './sqlite-statements.ts';

type Part = SqlitePart<TasksShape['store']>;

export const tasksSqlite: Part = {
  name: 'tasks',
  frees: freeing,
  migrations: [tables],
  handOver: tasksHandedOver,
  operations: onSqlite,
};

function onSqlite(database: SqliteDatabase, log: StoreLog): ReturnType<Part['operations']> {
  const rows = new SqliteRows(database);
  const bound = Object.entries(taskOperations).map(([verb, operate]) => [
    verb,
    (input: never) => operate(rows, log, input),
  ]);
  return Object.fromEntries(bound);
}
