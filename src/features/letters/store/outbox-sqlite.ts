/** The outbox of a node on SQLite. `outbox-model.ts` says what each operation means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { LettersShape, OutboxLetter } from '../core/letters-types.ts';

interface Row {
  readonly place: number;
  readonly id: string;
  readonly recipients: string;
  readonly is_to_all: number;
  readonly type: string;
  readonly key: string;
  readonly digest: string;
  readonly encoding: number;
  readonly body: Uint8Array;
  readonly sent_at: number;
  readonly delay_ms: number;
  readonly expires_ms: number;
  readonly allows_unknown: number;
  readonly copies: number;
  readonly stored_in: string;
}

export const outboxSqlite: SqlitePart<Omit<LettersShape['ownStore'], 'look'>> = {
  name: 'letters',
  frees: ['drop'],
  migrations: [
    `CREATE TABLE letters_outbox (
      -- The order in which they were sent.
      place INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      -- Names separated by spaces.
      recipients TEXT NOT NULL,
      is_to_all INTEGER NOT NULL,
      type TEXT NOT NULL,
      key TEXT NOT NULL,
      digest TEXT NOT NULL,
      encoding INTEGER NOT NULL,
      body BLOB NOT NULL,
      sent_at INTEGER NOT NULL,
      delay_ms INTEGER NOT NULL,
      expires_ms INTEGER NOT NULL,
      allows_unknown INTEGER NOT NULL,
      copies INTEGER NOT NULL,
      -- Id of the store that has it; empty: none.
      stored_in TEXT NOT NULL
    ) STRICT`,
  ],
  operations(database) {
    const insert = database.prepare(
      `INSERT INTO letters_outbox (place, id, recipients, is_to_all, type, key, digest, encoding, body, sent_at,
         delay_ms, expires_ms, allows_unknown, copies, stored_in)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    const stored = database.prepare('UPDATE letters_outbox SET stored_in = ? WHERE id = ?');
    const drop = database.prepare('DELETE FROM letters_outbox WHERE id = ?');
    const sizes = database.prepare(
      `SELECT place, length(body) AS bytes FROM letters_outbox
       WHERE place > ?1 AND (?2 IS NULL OR stored_in <> ?2) ORDER BY place LIMIT ?3`,
    );
    const read = database.prepare(
      `SELECT * FROM letters_outbox
       WHERE place > ?1 AND (?2 IS NULL OR stored_in <> ?2) ORDER BY place LIMIT ?3`,
    );
    return {
      keep(letters) {
        for (const letter of letters) insert.run(...valuesOf(letter));
      },
      stored({ ids, store }) {
        for (const id of ids) stored.run(store, id);
      },
      drop(ids) {
        for (const id of ids) drop.run(id);
      },
      load({ after, letters, bytes, notIn = null }) {
        const found = sizes.all(after, notIn, letters) as { readonly bytes: number }[];
        return read.all(after, notIn, fitting(found, bytes)).map((row) => letterOf(row as Row));
      },
    };
  },
};

/** How many fit, at least one. */
function fitting(sizes: readonly { readonly bytes: number }[], room: number): number {
  let left = room;
  for (const [i, { bytes }] of sizes.entries()) {
    if (i > 0 && bytes > left) return i;
    left -= bytes;
  }
  return sizes.length;
}

function valuesOf(letter: OutboxLetter) {
  const { place, id, recipients, type, key, digest, encoding, body, sentAt, delayMs, expiresMs } = letter;
  return [
    ...[
      place,
      id,
      recipients?.join(' ') ?? '',
      recipients === undefined ? 1 : 0,
      type,
      key,
      digest,
      encoding,
    ],
    ...[body, sentAt, delayMs, expiresMs, letter.allowsUnknown ? 1 : 0, letter.copies, letter.storedIn],
  ] as const;
}

function letterOf(row: Row): OutboxLetter {
  return {
    place: row.place,
    id: row.id,
    recipients: row.is_to_all === 1 ? undefined : row.recipients.split(' '),
    type: row.type,
    key: row.key,
    digest: row.digest,
    encoding: row.encoding,
    body: row.body,
    sentAt: row.sent_at,
    delayMs: row.delay_ms,
    expiresMs: row.expires_ms,
    allowsUnknown: row.allows_unknown === 1,
    copies: row.copies,
    storedIn: row.stored_in,
  };
}
