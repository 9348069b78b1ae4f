/** What each feature keeps in a node's own store on SQLite: a line for each. Loaded by that store's thread. */
import type { AnySqlitePart } from '../stores/sqlite/part.ts';
import { outboxSqlite } from './letters/store/outbox-sqlite.ts';
import { taskResultsSqlite } from './tasks/store/results-sqlite.ts';

export const parts: readonly AnySqlitePart[] = [outboxSqlite, taskResultsSqlite];
