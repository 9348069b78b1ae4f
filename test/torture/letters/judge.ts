/**
 * Whether a fleet that was killed again and again has kept what letters promise, by what its members have written down.
 *
 * Called by the run. Invariant: no counter of the product is asked. The store is read with the library alone, after all
 * members have ended.
 */
import { loadSqlite } from '../../../src/stores/sqlite/library.ts';
import { type Diaries, linesOf } from '../diary.ts';
import { handlersAtWork } from './settings.ts';

/** What is in the store at the end. */
export interface StoreContent {
  readonly integrity: readonly string[];
  /** Copies that have ended. */
  readonly ends: readonly { readonly id: string; readonly recipient: string; readonly state: string }[];
  /** Copies that wait. */
  readonly copies: readonly { readonly id: string; readonly recipient: string }[];
}

export interface Findings {
  readonly stored: number;
  readonly handled: number;
  /** By recipient: handlers that were called for a letter that it had handled before. */
  readonly repeats: ReadonlyMap<string, number>;
  /** Attempts to send, by the code of their failure. */
  readonly failed: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** What may be reported to a sender whose broker dies: that it is unknown, or that nothing was stored. */
const expected = new Set(['SKEIN_TIMEOUT', 'SKEIN_LOST', 'SKEIN_BUSY', 'SKEIN_STORE_CLAIMED', 'SKEIN_STORE']);
const linePattern =
  /^(?:started|sending \S+|stored \S+ [0-9a-f]{32} \S+ (?:store|outbox)|failed \S+ .+|begun [0-9a-f]{32} \S+|handled [0-9a-f]{32} \S+)$/;

/** A send has resolved: with the id that the letter has in the store, or with the one that it has in the outbox. */
interface StoredLetter {
  readonly id: string;
  readonly to: readonly string[];
  readonly where: string;
}

/** @param deduping Names of recipients that handle with `dedup`. */
export function judge(diaries: Diaries, store: StoreContent, deduping: readonly string[] = []): Findings {
  const problems: string[] = [];
  const stored = new Map<string, StoredLetter>();
  const handled = new Map<string, Set<string>>();
  const idOf = new Map<string, string>();
  const failed = new Map<string, number>();
  const repeats = new Map<string, number>();
  /** One key is one letter, at all members; but a run of its sender that does not know of it may put it into its outbox under another id. */
  const named = (key: string, id: string): void => {
    const known = idOf.get(key);
    if (known !== undefined && known !== id) problems.push(`letter ${key} has two ids, ${known} and ${id}`);
    idOf.set(key, id);
  };
  for (const [name, text] of diaries) {
    const own = new Set<string>();
    handled.set(name, own);
    /** Of this incarnation, and those of earlier ones whose ids may not have been noted when they were killed. */
    const [latest, excused] = [[] as string[], new Set<string>()];
    for (const line of linesOf(text)) {
      if (!linePattern.test(line))
        problems.push(`${name} has written what cannot be read: ${line.slice(0, 80)}`);
      const [what, first = '', second = '', third = '', where = ''] = line.split(' ');
      if (what === 'stored') {
        if (where === 'store') named(first, second);
        stored.set(first, { id: second, to: third.split(','), where });
      } else if (what === 'failed') failed.set(second, (failed.get(second) ?? 0) + 1);
      else if (what === 'begun' || what === 'handled') named(second, first);
      if (what === 'started') for (const id of latest.splice(0).slice(-handlersAtWork)) excused.add(id);
      if (what === 'begun' && own.has(first)) {
        repeats.set(name, (repeats.get(name) ?? 0) + 1);
        if (deduping.includes(name) && !excused.has(first))
          problems.push(`letter ${first} was handed to ${name} again, long after it had handled it`);
      }
      if (what === 'handled') {
        own.add(first);
        latest.push(first);
      }
    }
  }
  for (const code of failed.keys()) if (!expected.has(code)) problems.push(`a send has failed with ${code}`);
  for (const { key, recipient } of owedOf(stored, handled, idOf))
    problems.push(`letter ${key} was stored, and ${recipient} has never handled it`);
  problems.push(...problemsOfStore(store, handled));
  const count = [...handled.values()].reduce((sum, { size }) => sum + size, 0);
  return { stored: stored.size, handled: count, repeats, failed, problems };
}

/** Letters that are stored, and not handled by a recipient. */
export function owed(diaries: Diaries): number {
  const stored = new Map<string, StoredLetter>();
  const handled = new Map<string, Set<string>>();
  const idOf = new Map<string, string>();
  for (const [name, text] of diaries) {
    const own = new Set<string>();
    handled.set(name, own);
    for (const line of linesOf(text)) {
      const [what, first = '', second = '', third = '', where = ''] = line.split(' ');
      if (what === 'handled') {
        own.add(first);
        idOf.set(second, first);
      } else if (what === 'stored') stored.set(first, { id: second, to: third.split(','), where });
    }
  }
  return [...owedOf(stored, handled, idOf)].length;
}

/** @param idOf The id under which a letter was handed over, by its key. */
function* owedOf(
  stored: ReadonlyMap<string, StoredLetter>,
  handled: ReadonlyMap<string, ReadonlySet<string>>,
  idOf: ReadonlyMap<string, string>,
): Iterable<{ readonly key: string; readonly recipient: string }> {
  for (const [key, { id, to, where }] of stored) {
    const known = where === 'outbox' ? (idOf.get(key) ?? id) : id;
    for (const recipient of to) if (handled.get(recipient)?.has(known) !== true) yield { key, recipient };
  }
}

function problemsOfStore(
  { integrity, ends, copies }: StoreContent,
  handled: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  return [
    ...integrity.flatMap((text) => (text === 'ok' ? [] : [`integrity_check: ${text}`])),
    ...ends
      .filter(({ state }) => state !== 'delivered')
      .map(({ id, recipient, state }) => `letter ${id} is ${state} for ${recipient}`),
    ...ends
      .filter(({ id, recipient, state }) => state === 'delivered' && handled.get(recipient)?.has(id) !== true)
      .map(({ id, recipient }) => `letter ${id} is delivered, and ${recipient} has not handled it`),
    ...copies.map(({ id, recipient }) => `letter ${id} waits for ${recipient} at the end`),
  ];
}

export function readStore(path: string): StoreContent {
  const database = loadSqlite().open(path);
  const rows = (sql: string) => database.prepare(sql).all();
  const content = {
    integrity: (rows('PRAGMA integrity_check') as { integrity_check: string }[]).map(
      ({ integrity_check }) => integrity_check,
    ),
    ends: rows(
      'SELECT id, recipient, state FROM letters_ends e JOIN letters_letter l ON l.n = e.n',
    ) as StoreContent['ends'],
    copies: rows(
      'SELECT id, recipient FROM letters_copy c JOIN letters_letter l ON l.n = c.n',
    ) as StoreContent['copies'],
  };
  database.close();
  return content;
}
