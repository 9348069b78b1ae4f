/** What each feature keeps in a store on SQLite: a line for each that keeps something. Loaded by the store's thread. */
import type { AnySqlitePart } from '../stores/sqlite/part.ts';
import { conversationsSqlite } from './conversations/store/sqlite.ts';
import { lettersSqlite } from './letters/store/sqlite.ts';
import { logSqlite } from './log/store/sqlite.ts';
import { swarmSqlite } from './swarm/store/sqlite.ts';
import { tasksSqlite } from './tasks/store/sqlite.ts';

export const parts: readonly AnySqlitePart[] = [
  swarmSqlite,
  conversationsSqlite,
  lettersSqlite,
  logSqlite,
  tasksSqlite,
];
