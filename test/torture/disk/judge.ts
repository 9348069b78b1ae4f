/**
 * Whether a broker with a bad disk has kept what it promised, by what its members have written down.
 *
 * Called by the run. Invariant: no counter of the product is asked. The store is read with the library alone, after the
 * broker has ended.
 */
import { readFileSync } from 'node:fs';
import { loadSqlite } from '../../../src/stores/sqlite/library.ts';

export interface Findings {
  readonly stored: number;
  readonly handled: number;
  /** Tasks that were ordered, and of which their author has the result. */
  readonly ordered: number;
  readonly done: number;
  /** Attempts to send or to order, by the code of their failure. */
  readonly refused: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** What may be reported to a sender about a bad disk: that it is unknown, or that nothing was stored. */
const expected = new Set(['SKEIN_STORE', 'SKEIN_STORE_FULL', 'SKEIN_BUSY', 'SKEIN_TIMEOUT', 'SKEIN_LOST']);

export function judge(diary: string, store: string): Findings {
  const ids = new Map<string, string>();
  const handled = new Set<string>();
  const refused = new Map<string, number>();
  const keys = new Set<string>();
  const problems: string[] = [];
  const tasks = new TaskDiary(problems);
  for (const line of readFileSync(diary, 'utf8').trimEnd().split('\n')) {
    const [what, key = '', value = ''] = line.split(' ');
    if (what === 'full') continue;
    if (what === 'handled') handled.add(key);
    else if (what === 'stored' || what === 'refused') keys.add(key);
    else tasks.read(what, key, value);
    if (what === 'stored') {
      if (ids.has(key)) problems.push(`key ${key} was stored twice`);
      ids.set(key, value);
    } else if (what === 'refused' || what === 'denied') refused.set(value, (refused.get(value) ?? 0) + 1);
  }
  for (const code of refused.keys())
    if (!expected.has(code)) problems.push(`a send or an order has failed with ${code}`);
  for (const key of keys) if (!ids.has(key)) problems.push(`letter ${key} could not be sent`);
  for (const [key, id] of ids)
    if (!handled.has(id)) problems.push(`letter ${key} (${id}) was stored, and was never handled`);
  problems.push(...problemsOfStore(store, handled));
  tasks.conclude(store);
  const { ordered, done } = tasks;
  return {
    stored: ids.size,
    handled: handled.size,
    ordered: ordered.size,
    done: done.size,
    refused,
    problems,
  };
}

/** `done` in the store. */
const doneState = 6;

/** What authors and their worker know of tasks, each of which may be begun once. */
class TaskDiary {
  /** Ids, by their keys. */
  readonly ordered = new Map<string, string>();
  /** Fences, by ids. */
  readonly done = new Map<string, string>();
  private readonly begun = new Map<string, string>();
  private readonly keys = new Set<string>();
  private readonly problems: string[];

  constructor(problems: string[]) {
    this.problems = problems;
  }

  read(what: string | undefined, first: string, second: string): void {
    if (what === 'ordered' || what === 'denied') this.keys.add(first);
    if (what === 'ordered') this.ordered.set(first, second);
    else if (what === 'done') this.done.set(first, second);
    else if (what === 'failed') this.problems.push(`task ${first} has failed with ${second}`);
    else if (what === 'begun') {
      if (this.begun.has(first)) this.problems.push(`task ${first} was begun twice, and may be once`);
      this.begun.set(first, second);
    }
  }

  conclude(store: string): void {
    const { problems, ordered, done, begun } = this;
    const known = new Set(ordered.values());
    for (const key of this.keys) if (!ordered.has(key)) problems.push(`task ${key} could not be ordered`);
    for (const [key, id] of ordered) {
      if (!done.has(id)) problems.push(`task ${key} (${id}) was ordered, and its result never came`);
      else if (done.get(id) !== begun.get(id))
        problems.push(
          `task ${id} has the result of claim ${done.get(id)}, and was begun with ${begun.get(id)}`,
        );
    }
    for (const id of begun.keys())
      if (!known.has(id)) problems.push(`task ${id} was begun, and nobody has ordered it`);
    const rows = tasksIn(store);
    for (const id of known) if (!rows.has(id)) problems.push(`task ${id} is not in the store at the end`);
    for (const [id, { state, fence }] of rows) {
      if (!known.has(id)) problems.push(`task ${id} is in the store, and its author knows another one`);
      else if (state !== doneState || String(fence) !== begun.get(id))
        problems.push(
          `task ${id} has state ${state} and claim ${fence} in the store, and was begun with ${begun.get(id)}`,
        );
    }
  }
}

function tasksIn(store: string): ReadonlyMap<string, { readonly state: number; readonly fence: number }> {
  const database = loadSqlite().open(store);
  const rows = database.prepare('SELECT id, state, fence FROM tasks_task').all();
  database.close();
  return new Map((rows as { id: string; state: number; fence: number }[]).map(({ id, ...row }) => [id, row]));
}

function problemsOfStore(store: string, handled: ReadonlySet<string>): string[] {
  const database = loadSqlite().open(store);
  const integrity = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  const ended = database
    .prepare('SELECT id, state FROM letters_ends e JOIN letters_letter l ON l.n = e.n')
    .all();
  database.close();
  return [
    ...integrity.flatMap(({ integrity_check: text }) => (text === 'ok' ? [] : [`integrity_check: ${text}`])),
    ...(ended as { id: string; state: string }[])
      .filter(({ id }) => !handled.has(id))
      .map(({ id, state }) => `letter ${id} is ${state}, and its recipient has not handled it`),
  ];
}
