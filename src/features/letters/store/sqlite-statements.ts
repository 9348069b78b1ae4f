/**
 * The tables of letters in a store on SQLite, and the statements on them.
 *
 * Used by `sqlite.ts`, which says when each is run. Invariant: a letter is found by each of its keys without a scan.
 */
import type { SqliteDatabase, SqliteStatement } from '../../../stores/sqlite/library.ts';

export const tables = `
  CREATE TABLE letters_letter (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    author TEXT NOT NULL,
    -- Names separated by spaces.
    recipients TEXT NOT NULL,
    type TEXT NOT NULL,
    digest TEXT NOT NULL,
    via TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    encoding INTEGER NOT NULL,
    -- Empty once the last copy has ended.
    body BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    -- When the last copy ended; 0: not yet.
    ended_at INTEGER NOT NULL,
    -- Attempts, once the only recipient has handled it: that end is no row of its own. 0: otherwise.
    delivered INTEGER NOT NULL
  ) STRICT;
  -- By the time that its end says: what was sent together lies together.
  CREATE UNIQUE INDEX letters_id ON letters_letter (substr(id, 21), id);
  CREATE INDEX letters_ended ON letters_letter (ended_at, n) WHERE ended_at > 0;
  CREATE TABLE letters_last (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL) STRICT;
  INSERT INTO letters_last (one, n) VALUES (1, 0);
  CREATE TABLE letters_key (
    author TEXT NOT NULL, key TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (author, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX letters_key_of ON letters_key (n);
  CREATE TABLE letters_copy (
    recipient TEXT NOT NULL,
    n INTEGER NOT NULL,
    -- 0: waits for no time.
    due INTEGER NOT NULL,
    -- How long that was when it was said.
    wait_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    has_failed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    -- Of the body: how much fits is known without reading letters.
    bytes INTEGER NOT NULL,
    PRIMARY KEY (recipient, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX letters_due ON letters_copy (recipient, due, n) WHERE due > 0;
  CREATE INDEX letters_expiring ON letters_copy (expires_at, n, recipient);
  CREATE TABLE letters_end (
    n INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (n, recipient)
  ) STRICT, WITHOUT ROWID;
  CREATE VIEW letters_ends AS
    SELECT n, recipient, state, at, attempts, reason FROM letters_end
    UNION ALL
    SELECT n, recipients, 'delivered', ended_at, delivered, '' FROM letters_letter WHERE delivered > 0;
  CREATE TABLE letters_mailbox (
    recipient TEXT PRIMARY KEY, letters INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

export function prepare(database: SqliteDatabase) {
  const make = (sql: string): SqliteStatement => database.prepare(sql);
  const size = 'SELECT c.due, c.bytes FROM letters_copy c';
  // `+`: what expires is no reason to read in another order.
  const isId = 'substr(id, 21) = substr(?1, 21) AND id = ?1';
  const reading = `SELECT l.n, l.id, l.author, l.recipients, l.type, l.via, l.sent_at, l.encoding, l.body, c.due, c.attempts
    FROM letters_copy c JOIN letters_letter l ON l.n = c.n`;
  return {
    last: make('SELECT n FROM letters_last'),
    setLast: make('UPDATE letters_last SET n = ?'),
    placeOf: make(`SELECT n FROM letters_letter WHERE ${isId}`),
    byId: make(`SELECT * FROM letters_letter WHERE ${isId}`),
    byN: make('SELECT * FROM letters_letter WHERE n = ?'),
    byKey: make(
      'SELECT l.* FROM letters_key k JOIN letters_letter l ON l.n = k.n WHERE k.author = ? AND k.key = ?',
    ),
    after: make('SELECT * FROM letters_letter WHERE n > ? ORDER BY n LIMIT ?'),
    insertLetter: make(
      `INSERT INTO letters_letter
       (n, id, author, recipients, type, digest, via, sent_at, encoding, body, bytes, pending, ended_at, delivered)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
       ON CONFLICT (substr(id, 21), id) DO NOTHING`,
    ),
    insertKey: make(
      'INSERT INTO letters_key (author, key, n) VALUES (?, ?, ?) ON CONFLICT (author, key) DO UPDATE SET n = excluded.n',
    ),
    insertCopy: make(
      `INSERT INTO letters_copy (recipient, n, due, wait_ms, attempts, expires_at, has_failed, reason, bytes)
       VALUES (?, ?, ?, ?, 0, ?, 0, '', ?)`,
    ),
    mailbox: make('SELECT letters, bytes FROM letters_mailbox WHERE recipient = ?'),
    fillMailbox: make(
      `INSERT INTO letters_mailbox (recipient, letters, bytes) VALUES (?, ?, ?)
       ON CONFLICT (recipient) DO UPDATE SET letters = letters + excluded.letters, bytes = bytes + excluded.bytes`,
    ),
    freshSizes: make(
      `${size} WHERE c.recipient = ? AND c.n > ? AND c.due = 0 AND c.has_failed = 0 AND +c.expires_at > ? ORDER BY c.n LIMIT ?`,
    ),
    dueSizes: make(
      `${size} WHERE c.recipient = ? AND c.due > 0 AND (c.due, c.n) > (?, ?) AND +c.expires_at > ? ORDER BY c.due, c.n LIMIT ?`,
    ),
    freshLetters: make(
      `${reading} WHERE c.recipient = ? AND c.n > ? AND c.due = 0 AND c.has_failed = 0 AND +c.expires_at > ? ORDER BY c.n LIMIT ?`,
    ),
    dueLetters: make(
      `${reading} WHERE c.recipient = ? AND c.due > 0 AND (c.due, c.n) > (?, ?) AND +c.expires_at > ? ORDER BY c.due, c.n LIMIT ?`,
    ),
    copy: make('SELECT * FROM letters_copy WHERE recipient = ? AND n = ?'),
    changeCopy: make(
      `UPDATE letters_copy SET due = ?, wait_ms = ?, attempts = ?, expires_at = ?, has_failed = ?, reason = ?
       WHERE recipient = ? AND n = ?`,
    ),
    clockBack: make('UPDATE letters_copy SET due = ?1 + wait_ms WHERE due > 0 AND due > ?1 + wait_ms'),
    takeCopy: make(
      'DELETE FROM letters_copy WHERE recipient = ? AND n = ? AND has_failed = 0 RETURNING attempts',
    ),
    deleteCopy: make('DELETE FROM letters_copy WHERE recipient = ? AND n = ?'),
    raiseAttempts: make(
      'UPDATE letters_copy SET attempts = attempts + 1 WHERE recipient = ? AND n = ? AND has_failed = 0',
    ),
    insertEnd: make(
      'INSERT INTO letters_end (n, recipient, state, at, attempts, reason) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    endOne: make(
      `UPDATE letters_letter SET pending = pending - 1,
         body = CASE WHEN pending = 1 THEN x'' ELSE body END,
         ended_at = CASE WHEN pending = 1 THEN ? ELSE 0 END
       WHERE n = ? RETURNING bytes, id, author`,
    ),
    endDelivered: make(
      `UPDATE letters_letter SET pending = pending - 1,
         body = CASE WHEN pending = 1 THEN x'' ELSE body END,
         ended_at = CASE WHEN pending = 1 THEN ? ELSE 0 END,
         delivered = CASE WHEN instr(recipients, ' ') = 0 THEN ? ELSE 0 END
       WHERE n = ? RETURNING bytes, id, author, delivered`,
    ),
    ends: make('SELECT * FROM letters_ends WHERE n = ?'),
    expiring: make(
      `SELECT expires_at AS expiresAt, n, recipient FROM letters_copy
       WHERE (expires_at, n, recipient) > (?, ?, ?) AND expires_at <= ? ORDER BY expires_at, n, recipient LIMIT ?`,
    ),
    old: make(
      'SELECT n FROM letters_letter WHERE ended_at > 0 AND ended_at <= ? ORDER BY ended_at, n LIMIT ?',
    ),
    deleteEnds: make('DELETE FROM letters_end WHERE n = ?'),
    deleteKeys: make('DELETE FROM letters_key WHERE n = ?'),
    deleteLetter: make('DELETE FROM letters_letter WHERE n = ?'),
  };
}
