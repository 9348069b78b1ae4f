/** The part of conversations of a store on SQLite. `model.ts` says what each operation means. */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { ConversationsShape, ConversationView, JoinOutcome } from '../core/conversation-types.ts';
import { conversationLimits } from '../core/limits.ts';
import { conversationsHandedOver } from './hand-over.ts';

interface Row {
  readonly id: string;
  readonly started_by: string;
  readonly started_at: number;
}

export const conversationsSqlite: SqlitePart<ConversationsShape['store']> = {
  name: 'conversations',
  frees: ['leave'],
  handOver: conversationsHandedOver,
  migrations: [
    `CREATE TABLE conversations_conversation (
      id TEXT PRIMARY KEY,
      started_by TEXT NOT NULL,
      started_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX conversations_begun ON conversations_conversation (started_by);
    CREATE TABLE conversations_participant (
      id TEXT NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX conversations_by_name ON conversations_participant (name, id)`,
  ],
  operations(database) {
    const rows = new Rows(database);
    return {
      begin({ id, by, names, now }) {
        const known = rows.conversation(id);
        if (known !== undefined)
          return known.started_by === by ? join(rows, id, by, names) : { type: 'other' };
        if (rows.begunBy(by) >= conversationLimits.conversationsBegunMax) return { type: 'many' };
        if (new Set([by, ...names]).size > conversationLimits.conversationParticipantsMax)
          return { type: 'crowded' };
        rows.add(id, by, now);
        return join(rows, id, by, names);
      },
      join: ({ id, by, names }) => join(rows, id, by, names),
      leave({ id, by }) {
        rows.removeParticipant(id, by);
        const view = rows.view(id);
        if (view === null || view.participants.length > 0) return view;
        rows.remove(id);
        return null;
      },
      read: (id) => rows.view(id),
      take: (views) =>
        views.map(({ id, startedBy, startedAt, participants }) => {
          if (rows.conversation(id) !== undefined) return 'known';
          if (rows.begunBy(startedBy) >= conversationLimits.conversationsBegunMax) return 'many';
          rows.add(id, startedBy, startedAt);
          for (const name of participants) rows.addParticipant(id, name);
          return 'taken';
        }),
      of: ({ name, after, limit }) =>
        rows.idsOf(name, after, limit).map((id) => rows.view(id) as ConversationView),
    };
  },
};

function join(rows: Rows, id: string, by: string, names: readonly string[]): JoinOutcome {
  const before = rows.view(id);
  if (before === null) return { type: 'unknown' };
  const missing = [...new Set([by, ...names])].filter((name) => !before.participants.includes(name));
  const count = before.participants.length + missing.length;
  if (count > conversationLimits.conversationParticipantsMax) return { type: 'crowded' };
  for (const name of missing) rows.addParticipant(id, name);
  return { type: 'done', view: rows.view(id) as ConversationView, isChanged: missing.length > 0 };
}

/** The statements, as what they do. */
class Rows {
  private readonly prepared;

  constructor(database: SqliteDatabase) {
    this.prepared = {
      conversation: database.prepare('SELECT * FROM conversations_conversation WHERE id = ?'),
      begunBy: database.prepare(
        'SELECT count(*) AS count FROM conversations_conversation WHERE started_by = ?',
      ),
      add: database.prepare(
        'INSERT INTO conversations_conversation (id, started_by, started_at) VALUES (?, ?, ?)',
      ),
      remove: database.prepare('DELETE FROM conversations_conversation WHERE id = ?'),
      names: database.prepare('SELECT name FROM conversations_participant WHERE id = ? ORDER BY name'),
      addName: database.prepare('INSERT INTO conversations_participant (id, name) VALUES (?, ?)'),
      removeName: database.prepare('DELETE FROM conversations_participant WHERE id = ? AND name = ?'),
      idsOf: database.prepare(
        'SELECT id FROM conversations_participant WHERE name = ? AND id > ? ORDER BY id LIMIT ?',
      ),
    };
  }

  conversation(id: string): Row | undefined {
    return this.prepared.conversation.get(id) as Row | undefined;
  }

  begunBy(name: string): number {
    return (this.prepared.begunBy.get(name) as { readonly count: number }).count;
  }

  add(id: string, by: string, now: number): void {
    this.prepared.add.run(id, by, now);
  }

  remove(id: string): void {
    this.prepared.remove.run(id);
  }

  view(id: string): ConversationView | null {
    const row = this.conversation(id);
    if (row === undefined) return null;
    const participants = this.prepared.names.all(id).map((each) => (each as { readonly name: string }).name);
    return { id, startedBy: row.started_by, startedAt: row.started_at, participants };
  }

  addParticipant(id: string, name: string): void {
    this.prepared.addName.run(id, name);
  }

  removeParticipant(id: string, name: string): void {
    this.prepared.removeName.run(id, name);
  }

  idsOf(name: string, after: string, limit: number): string[] {
    return this.prepared.idsOf.all(name, after, limit).map((each) => (each as { readonly id: string }).id);
  }
}
