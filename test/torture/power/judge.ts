/**
 * Whether a store that was found on a disk after a power cut keeps what was promised.
 *
 * Called by the replay. The store is opened as the product opens it, then read with its library alone. Invariant: what
 * was promised is what receipts say, never what the store says of itself.
 */
import { createHash } from 'node:crypto';
import { parts } from '../../../src/features/sqlite-parts.ts';
import { taskStates } from '../../../src/features/tasks/core/tasks-types.ts';
import { SqliteEngine } from '../../../src/stores/sqlite/engine.ts';
import { loadSqlite, type SqliteDatabase } from '../../../src/stores/sqlite/library.ts';
import type { Receipts } from './receipts.ts';

/**
 * `damaged`: it does not open, or its integrity check fails. `lost`: a letter or a task with a receipt is not there.
 * `changed`: the body of a letter is another one. `waiting`: it waits for a recipient that has settled it. `inconsistent`: its rows
 * do not fit. `unclaimed`: a task was begun under a claim that is not there. `unsettled`: one is not done that was.
 */
export type ProblemKind =
  | 'damaged'
  | 'lost'
  | 'changed'
  | 'waiting'
  | 'inconsistent'
  | 'unclaimed'
  | 'unsettled';

export interface Problem {
  readonly kind: ProblemKind;
  /** For people. */
  readonly text: string;
}

interface LetterRow {
  readonly id: string;
  readonly pending: number;
  readonly recipients: number;
  readonly copies: number;
  readonly ends: number;
  readonly body: Uint8Array;
}

interface TaskRow {
  readonly id: string;
  readonly state: number;
  readonly fence: number;
  readonly results: number;
}

const readLetters = `
  SELECT id, pending, body, 1 + length(recipients) - length(replace(recipients, ' ', '')) AS recipients,
    (SELECT count(*) FROM letters_copy c WHERE c.n = l.n) AS copies,
    (SELECT count(*) FROM letters_ends e WHERE e.n = l.n) AS ends
  FROM letters_letter l`;
const readWaiting = 'SELECT id, recipient FROM letters_copy c JOIN letters_letter l ON l.n = c.n';

const readTasks = `
  SELECT id, state, fence, (SELECT count(*) FROM tasks_result r WHERE r.n = t.n) AS results FROM tasks_task t`;
const doneState = taskStates.indexOf('done');

const library = loadSqlite();

/** What is wrong. Empty: nothing. @param path Of the store; its folder is there. */
export function problemsOf(path: string, receipts: Receipts): Problem[] {
  const opening = openingProblem(path);
  if (opening !== undefined) return [{ kind: 'damaged', text: opening }];
  const database = library.open(path);
  try {
    return [
      ...integrityProblems(database),
      ...letterProblems(database, receipts),
      ...taskProblems(database, receipts),
    ];
  } catch (error) {
    return [{ kind: 'damaged', text: `it cannot be read: ${(error as Error).message}` }];
  } finally {
    database.close();
  }
}

/** A warning counts as well: a store that was left alone has none. */
function openingProblem(path: string): string | undefined {
  const warnings: string[] = [];
  try {
    new SqliteEngine({ library, path, parts, warn: (text) => warnings.push(text) }).close();
  } catch (error) {
    return `it does not open: ${(error as Error).message}`;
  }
  return warnings[0];
}

function integrityProblems(database: SqliteDatabase): Problem[] {
  const rows = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  const texts = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  return texts.map((text) => ({ kind: 'damaged', text: `integrity_check: ${text}` }));
}

function letterProblems(database: SqliteDatabase, { stored, settled }: Receipts): Problem[] {
  const problems: Problem[] = [];
  const letters = new Map((database.prepare(readLetters).all() as LetterRow[]).map((row) => [row.id, row]));
  for (const { id, recipients, copies, ends, pending } of letters.values())
    if (pending !== copies || recipients !== copies + ends)
      problems.push({
        kind: 'inconsistent',
        text: `letter ${id} to ${recipients}: ${pending} pending, ${copies} copies, ${ends} ended`,
      });
  for (const [id, digest] of stored) {
    const letter = letters.get(id);
    if (letter === undefined) problems.push({ kind: 'lost', text: `letter ${id} is lost` });
    else if (letter.pending > 0 && digestOf(letter.body) !== digest)
      problems.push({ kind: 'changed', text: `the body of letter ${id} is not what was sent` });
  }
  const waiting = database.prepare(readWaiting).all() as { id: string; recipient: string }[];
  for (const { id, recipient } of waiting)
    if (settled.get(id) === recipient)
      problems.push({ kind: 'waiting', text: `letter ${id} waits for ${recipient}, who has handled it` });
  return problems;
}

function taskProblems(database: SqliteDatabase, { ordered, claimed, done }: Receipts): Problem[] {
  const problems: Problem[] = [];
  const tasks = new Map((database.prepare(readTasks).all() as TaskRow[]).map((row) => [row.id, row]));
  for (const id of ordered) if (!tasks.has(id)) problems.push({ kind: 'lost', text: `task ${id} is lost` });
  for (const [id, fence] of claimed) {
    const last = tasks.get(id)?.fence ?? 0;
    if (last < fence)
      problems.push({
        kind: 'unclaimed',
        text: `task ${id} was begun as claim ${fence}, and the last is ${last}`,
      });
  }
  for (const [id, fence] of done) {
    const task = tasks.get(id);
    if (task?.state !== doneState || task.fence !== fence || task.results !== 1)
      problems.push({
        kind: 'unsettled',
        text: `task ${id} was done as claim ${fence}, and has no such result`,
      });
  }
  return problems;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
