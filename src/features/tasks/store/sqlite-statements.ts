/**
 * The tables of tasks in a store on SQLite, and the statements on them.
 *
 * Used by `sqlite-rows.ts`. Invariant: a task is found by each of its keys without a scan; inputs and results have tables of
 * their own, so that a change of state never writes them again.
 */
import type { SqliteDatabase, SqliteStatement } from '../../../stores/sqlite/library.ts';

export const tables = `
  CREATE TABLE tasks_task (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    author TEXT NOT NULL,
    service TEXT NOT NULL,
    -- JSON.
    needs TEXT NOT NULL,
    priority INTEGER NOT NULL,
    -- Its place among the states.
    state INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    input_bytes INTEGER NOT NULL,
    -- Unix milliseconds, like all that ends with "at" or "until".
    ordered_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    deadline INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    is_idempotent INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    worker_life INTEGER NOT NULL,
    blockers INTEGER NOT NULL,
    doom TEXT NOT NULL,
    -- Its place; 0: it is part of none.
    parent INTEGER NOT NULL,
    parts_left INTEGER NOT NULL,
    since INTEGER NOT NULL,
    reason TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    part INTEGER NOT NULL,
    -- 0: wants none. 1: wanted. 2: owed. 3: sent.
    letter INTEGER NOT NULL,
    result_bytes INTEGER NOT NULL,
    -- 0: not known yet, or it goes with the task that it is a part of.
    kept_until INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- Ids separated by spaces.
    after TEXT NOT NULL,
    retry_of TEXT NOT NULL,
    attempts_ordered INTEGER NOT NULL
  ) STRICT;
  -- By the time that its end says: what was ordered together lies together.
  CREATE UNIQUE INDEX tasks_id ON tasks_task (substr(id, 21), id);
  CREATE UNIQUE INDEX tasks_key ON tasks_task (author, key) WHERE key <> '';
  CREATE INDEX tasks_state ON tasks_task (state, n);
  CREATE INDEX tasks_author ON tasks_task (author, n);
  CREATE INDEX tasks_service ON tasks_task (service, n);
  CREATE INDEX tasks_worker ON tasks_task (worker, n);
  CREATE INDEX tasks_part ON tasks_task (parent, part, n) WHERE parent > 0;
  CREATE INDEX tasks_kept ON tasks_task (kept_until, n) WHERE kept_until > 0;
  -- 6: done.
  CREATE INDEX tasks_done ON tasks_task (service, ended_at, n) WHERE state = 6;
  CREATE INDEX tasks_owed ON tasks_task (ended_at, n) WHERE letter = 2;
  CREATE TABLE tasks_input (n INTEGER PRIMARY KEY, encoding INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE tasks_result (n INTEGER PRIMARY KEY, encoding INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  -- Of those that have not ended, which wait for them.
  CREATE TABLE tasks_wait (
    before INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (before, n)
  ) STRICT, WITHOUT ROWID;
  -- The last place and the last fence that were given.
  CREATE TABLE tasks_last (
    one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, fence INTEGER NOT NULL
  ) STRICT;
  INSERT INTO tasks_last (one, n, fence) VALUES (1, 0, 0);
  CREATE TABLE tasks_worker_seen (
    name TEXT PRIMARY KEY,
    -- JSON.
    services TEXT NOT NULL,
    capacity TEXT NOT NULL,
    stall_tolerance_ms INTEGER NOT NULL,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tasks_worker_seen_at ON tasks_worker_seen (at, name);`;

/** Of a row, as `TaskRow` names them. */
const rowColumns = `n, id, author, service, needs, priority, state, rank, input_bytes AS inputBytes, ordered_at AS orderedAt,
  not_before AS notBefore, deadline, timeout_ms AS timeoutMs, attempts, is_idempotent AS isIdempotent, attempt, fence, worker,
  worker_life AS workerLife, blockers, doom, parent, parts_left AS partsLeft, since, reason, started_at AS startedAt,
  ended_at AS endedAt, part, letter, result_bytes AS resultBytes, kept_until AS keptUntil`;

const madeColumns = 'key, digest, after, retry_of AS retryOf, attempts_ordered AS attemptsOrdered';

const taskSelect = `SELECT ${rowColumns}`;

export function prepare(database: SqliteDatabase) {
  const make = (sql: string): SqliteStatement => database.prepare(sql);
  const from = 'FROM tasks_task WHERE';
  return {
    counters: make('SELECT n, fence FROM tasks_last'),
    setCounters: make('UPDATE tasks_last SET n = ?, fence = ?'),
    row: make(`${taskSelect} ${from} n = ?`),
    placeOf: make(`SELECT n ${from} substr(id, 21) = substr(?1, 21) AND id = ?1`),
    placeOfKey: make(`SELECT n ${from} author = ? AND key = ? AND key <> ''`),
    made: make(`SELECT ${madeColumns} ${from} n = ?`),
    insert: make(
      `INSERT INTO tasks_task (n, id, author, service, needs, priority, state, rank, input_bytes, ordered_at, not_before,
         deadline, timeout_ms, attempts, is_idempotent, attempt, fence, worker, worker_life, blockers, doom, parent, parts_left,
         since, reason, started_at, ended_at, part, letter, result_bytes, kept_until, key, digest, after, retry_of,
         attempts_ordered)
       VALUES (${Array(36).fill('?').join(', ')})`,
    ),
    insertInput: make('INSERT INTO tasks_input (n, encoding, body) VALUES (?, ?, ?)'),
    input: make('SELECT encoding, body FROM tasks_input WHERE n = ?'),
    deleteInput: make('DELETE FROM tasks_input WHERE n = ?'),
    insertResult: make('INSERT INTO tasks_result (n, encoding, body) VALUES (?, ?, ?)'),
    result: make('SELECT encoding, body FROM tasks_result WHERE n = ?'),
    deleteResult: make('DELETE FROM tasks_result WHERE n = ?'),
    insertWait: make('INSERT INTO tasks_wait (before, n) VALUES (?, ?)'),
    waiters: make('SELECT n FROM tasks_wait WHERE before = ? ORDER BY n'),
    deleteWaits: make('DELETE FROM tasks_wait WHERE before = ?'),
    parts: make(`SELECT n ${from} parent = ? AND parent > 0 ORDER BY part, n`),
    deleteTask: make('DELETE FROM tasks_task WHERE n = ?'),
    old: make(`SELECT n ${from} kept_until > 0 AND kept_until <= ? ORDER BY kept_until, n LIMIT ?`),
    ofState: make(`SELECT n ${from} state = ? AND n > ? ORDER BY n LIMIT ?`),
    ofWorker: make(`SELECT n ${from} worker = ? AND n > ? ORDER BY n LIMIT ?`),
    ofAuthor: make(`SELECT n ${from} author = ? AND n > ? ORDER BY n LIMIT ?`),
    ofService: make(`SELECT n ${from} service = ? AND n > ? ORDER BY n LIMIT ?`),
    all: make(`SELECT n ${from} n > ? ORDER BY n LIMIT ?`),
    done: make(`${taskSelect} ${from} service = ? AND state = 6 ORDER BY ended_at DESC, n DESC LIMIT ?`),
    owed: make(`${taskSelect} ${from} letter = 2 AND (ended_at, n) > (?, ?) ORDER BY ended_at, n LIMIT ?`),
    putWorker: make(
      `INSERT INTO tasks_worker_seen (name, services, capacity, stall_tolerance_ms, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET services = excluded.services, capacity = excluded.capacity,
         stall_tolerance_ms = excluded.stall_tolerance_ms, at = excluded.at`,
    ),
    countWorkers: make('SELECT count(*) AS count FROM tasks_worker_seen'),
    dropWorkers: make(
      `DELETE FROM tasks_worker_seen WHERE name IN
         (SELECT name FROM tasks_worker_seen ORDER BY at, name LIMIT ?)`,
    ),
    workers: make('SELECT * FROM tasks_worker_seen WHERE name > ? ORDER BY name LIMIT ?'),
  };
}
