/** A log of a million rows is read by time: what a page reads does not grow with what lies before it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogFilter, LogPage } from '../../src/kernel/log-event.ts';
import { storeLimits } from '../../src/stores/limits.ts';
import { EventLog } from '../../src/stores/log/event-log.ts';
import type { LogRows } from '../../src/stores/log/rows.ts';
import { loadSqlite, type SqliteDatabase } from '../../src/stores/sqlite/library.ts';
import { logRuns, logStatements, logTable, SqliteLogRows } from '../../src/stores/sqlite/log-rows.ts';

const rowCount = 1_000_000;
const begin = Date.UTC(2026, 10, 1);
/** One row each second. */
const timeOf = (n: number): number => begin + n * 1000;
const plenty = { keptMs: 1e15, bytesMax: 1e15 };
const event = JSON.stringify([['node.joined', 0, 'ann', 'ann', '', 'bob', '']]);

let database: SqliteDatabase;
let rowsRead = 0;
let lookups = 0;

/** Counts what is read. */
function counting(rows: LogRows): LogRows {
  return new Proxy(rows, {
    get: (target, name: keyof LogRows) => {
      const call = target[name].bind(target) as (...input: number[]) => unknown;
      return (...input: number[]) => {
        const found = call(...input);
        if (Array.isArray(found)) rowsRead += found.length;
        else lookups++;
        return found;
      };
    },
  });
}

function collect(log: EventLog, filter: LogFilter, how: 'forward' | 'backward'): number[] {
  const found: number[] = [];
  let place = how === 'forward' ? 0 : rowCount + 1;
  for (let isMore = true; isMore; ) {
    const from = how === 'forward' ? { after: place } : { before: place };
    const page: LogPage = log.read({ ...from, limit: 500, filter });
    const numbers = page.events.map(({ n }) => n);
    if (how === 'forward') found.push(...numbers);
    else found.unshift(...numbers);
    ({ place, isMore } = page);
  }
  return found;
}

beforeAll(() => {
  database = loadSqlite().open(':memory:');
  database.exec(logTable + logRuns);
  database.exec(`
    WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT ${rowCount})
    INSERT INTO skein_log (last, count, at, ahead, start, bytes, events)
    SELECT n, 1, ${begin} + n * 1000, iif(n = 1, -1, 0), n * 100, 100, '${event}' FROM count`);
});

afterAll(() => database.close());

describe.each(['forward', 'backward'] as const)('%s', (how) => {
  const read = (filter: LogFilter) => {
    const log = new EventLog(counting(new SqliteLogRows(database)), plenty);
    [rowsRead, lookups] = [0, 0];
    return collect(log, filter, how);
  };

  test.each([
    ['at the beginning', 1],
    ['in the middle', 500_000],
    ['near the end', 999_900],
  ])('ten seconds %s are found with the rows of one page and some lookups', (_where, from) => {
    const found = read({ since: timeOf(from), until: timeOf(from + 10) });
    expect(found).toEqual(Array.from({ length: 10 }, (_, i) => from + i));
    expect(rowsRead).toBeLessThanOrEqual(2 * storeLimits.logRowsPerReadMax);
    expect(lookups).toBeLessThan(150);
  });

  test('before the first event there is nothing, and nothing after the last one', () => {
    expect(read({ until: begin })).toEqual([]);
    expect(rowsRead).toBeLessThanOrEqual(storeLimits.logRowsPerReadMax);
    expect(read({ since: timeOf(rowCount + 1) })).toEqual([]);
    expect([rowsRead, lookups < 100]).toEqual([0, true]);
  });
});

test('where the clock was set back, what was written before and after it is found', () => {
  database.exec('SAVEPOINT back');
  const log = new EventLog(counting(new SqliteLogRows(database)), plenty);
  const back = { type: 'node.left', at: timeOf(700_000), author: 'ann', subject: 'ann' };
  for (let i = 0; i < 5; i++)
    log.append([{ ...back, at: back.at + i, recipients: [], trace: [], note: `${i}` }]);
  [rowsRead, lookups] = [0, 0];
  const filter = { since: timeOf(700_000), until: timeOf(700_002) };
  expect(collect(log, filter, 'forward')).toEqual([
    700_000,
    700_001,
    ...[1, 2, 3, 4, 5].map((n) => rowCount + n),
  ]);
  expect(rowsRead).toBeLessThanOrEqual(3 * storeLimits.logRowsPerReadMax);
  expect(database.prepare('SELECT count(*) AS runs FROM skein_log WHERE ahead = -1').get()).toEqual({
    runs: 2,
  });
  database.exec('ROLLBACK TO back');
});

test('every statement finds its rows by a key, and none goes through the table', () => {
  for (const [name, sql] of Object.entries(logStatements)) {
    const inputs = Array.from({ length: sql.split('?').length - 1 }, () => 1);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...inputs) as { detail: string }[];
    const details = plan.map(({ detail }) => detail).join('; ');
    // The first row and the last one are at the ends of the key.
    if (name === 'oldest' || name === 'newest') expect(details).toBe('SCAN skein_log');
    else if (name !== 'insert')
      expect(details).toMatch(/^SEARCH skein_log USING (INTEGER PRIMARY KEY|INDEX skein_log_run)/);
    expect(details).not.toContain('TEMP B-TREE');
  }
});
