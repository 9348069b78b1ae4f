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
  /** Attempts to send, by the code of their failure. */
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
  for (const line of readFileSync(diary, 'utf8').trimEnd().split('\n')) {
    const [what, key = '', value = ''] = line.split(' ');
    if (what === 'full') continue;
    if (what === 'handled') handled.add(key);
    else keys.add(key);
    if (what === 'stored') {
      if (ids.has(key)) problems.push(`key ${key} was stored twice`);
      ids.set(key, value);
    } else if (what === 'refused') refused.set(value, (refused.get(value) ?? 0) + 1);
  }
  for (const code of refused.keys()) if (!expected.has(code)) problems.push(`a send has failed with ${code}`);
  for (const key of keys) if (!ids.has(key)) problems.push(`letter ${key} could not be sent`);
  for (const [key, id] of ids)
    if (!handled.has(id)) problems.push(`letter ${key} (${id}) was stored, and was never handled`);
  problems.push(...problemsOfStore(store, handled));
  return { stored: ids.size, handled: handled.size, refused, problems };
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
