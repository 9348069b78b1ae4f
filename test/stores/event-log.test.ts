/** The log of a store: what a plain list would say, in memory and on SQLite, while it is deleted from the front. */
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { LogEvent, LogFilter, LoggedEvent, LogPage, LogRequest } from '../../src/kernel/log-event.ts';
import { Table } from '../../src/stores/collections.ts';
import { Journal } from '../../src/stores/journal.ts';
import { storeLimits } from '../../src/stores/limits.ts';
import { EventLog, type LogLimits } from '../../src/stores/log/event-log.ts';
import { pack, unpack } from '../../src/stores/log/packed-events.ts';
import type { LogRow, LogRows } from '../../src/stores/log/rows.ts';
import { TableRows } from '../../src/stores/log/table-rows.ts';
import { loadSqlite, type SqliteDatabase } from '../../src/stores/sqlite/library.ts';
import { logRuns, logTable, SqliteLogRows } from '../../src/stores/sqlite/log-rows.ts';

const library = loadSqlite();
const databases: SqliteDatabase[] = [];

afterAll(() => {
  for (const database of databases) database.close();
});

function inMemory(): LogRows {
  const table = new Table<number, Omit<LogRow, 'last'>>();
  const journal = new Journal();
  table.attach(journal);
  journal.begin();
  return new TableRows(table);
}

function onSqlite(): LogRows {
  const database = library.open(':memory:');
  databases.push(database);
  database.exec(logTable + logRuns);
  return new SqliteLogRows(database);
}

const plenty: LogLimits = { keptMs: 1e12, bytesMax: 1e12 };

const name = fc.constantFrom('ann', 'bob', 'cy');
/** Clocks that differ by a little, by about as much as they may within one run of rows, and by far more. */
const time = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: -3, max: 3 }).map((off) => 60_050 + off),
  fc.integer({ min: 1, max: 15 }).map((n) => n * 20_000),
);
const event: fc.Arbitrary<LogEvent> = fc.record({
  type: fc.constantFrom('letter.stored', 'letter.failed', 'letters', 'node.joined'),
  at: time,
  author: name,
  subject: fc.constantFrom('1', '2', 'bob'),
  recipients: fc.uniqueArray(name),
  trace: fc.uniqueArray(name),
  note: fc.constantFrom('', 'why'),
});
const events = fc.array(event, { maxLength: 5 });
const filter: fc.Arbitrary<LogFilter> = fc.record(
  {
    types: fc.subarray(['letter', 'letter.failed', 'node'], { minLength: 1 }),
    author: name,
    recipient: name,
    subject: fc.constantFrom('1', 'bob'),
    node: name,
    since: time,
    until: time,
  },
  { requiredKeys: [] },
);

/** Shares nothing with the log: a list, and a filter that is written otherwise. */
function wanted(all: readonly LoggedEvent[], by: LogFilter): LoggedEvent[] {
  let found = [...all];
  if (by.types !== undefined)
    found = found.filter(
      ({ type }) => by.types?.includes(type) || by.types?.includes(type.split('.')[0] as string),
    );
  if (by.author !== undefined) found = found.filter(({ author }) => author === by.author);
  if (by.recipient !== undefined)
    found = found.filter(({ recipients }) => recipients.indexOf(by.recipient as string) >= 0);
  if (by.subject !== undefined) found = found.filter(({ subject }) => subject === by.subject);
  if (by.node !== undefined)
    found = found.filter((each) =>
      [each.author, each.subject, ...each.recipients].includes(by.node as string),
    );
  if (by.since !== undefined) found = found.filter(({ at }) => at >= (by.since as number));
  if (by.until !== undefined) found = found.filter(({ at }) => at < (by.until as number));
  return found;
}

/** All pages one after the other. */
function pages(log: EventLog, first: LogRequest, next: (page: LogPage) => LogRequest): LogPage[] {
  const found: LogPage[] = [];
  for (let request = first; ; request = next(found.at(-1) as LogPage)) {
    found.push(log.read(request));
    if (found.at(-1)?.isMore !== true) return found;
  }
}

describe.each([
  ['in memory', inMemory],
  ['on SQLite', onSqlite],
])('the log %s', (_where, rows) => {
  test('gives page by page what a list of all events gives, in both directions, whatever the filter', () => {
    void fc.assert(
      fc.property(fc.array(events), filter, fc.integer({ min: 1, max: 4 }), (groups, by, limit) => {
        const log = new EventLog(rows(), plenty);
        for (const group of groups) log.append(group);
        const all = groups.flat().map((each, i) => ({ n: i + 1, ...each }));
        const forward = pages(log, { after: 0, limit, filter: by }, ({ place: after }) => ({
          after,
          limit,
          filter: by,
        }));
        expect(forward.flatMap((page) => page.events)).toEqual(wanted(all, by));
        const back = pages(log, { limit, filter: by }, ({ place: before }) => ({
          before,
          limit,
          filter: by,
        }));
        expect(back.reverse().flatMap((page) => page.events)).toEqual(wanted(all, by));
        expect(Math.max(...forward.map((page) => page.events.length))).toBeLessThanOrEqual(limit);
      }),
    );
  });

  test('gives what is of these times, in whatever order they came', () => {
    const times = fc.record({ since: time, until: time }, { requiredKeys: [] });
    const timed = fc.array(fc.array(time.map(eventOf), { minLength: 1, maxLength: 2 }), { maxLength: 12 });
    void fc.assert(
      fc.property(timed, times, (groups, by) => {
        const log = new EventLog(rows(), plenty);
        for (const group of groups) log.append(group);
        const left = wanted(
          groups.flat().map((each, i) => ({ n: i + 1, ...each })),
          by,
        );
        const forward = pages(log, { after: 0, limit: 1, filter: by }, ({ place: after }) => ({
          after,
          limit: 1,
          filter: by,
        }));
        expect(forward.flatMap((page) => page.events)).toEqual(left);
        const back = pages(log, { limit: 1, filter: by }, ({ place: before }) => ({
          before,
          limit: 1,
          filter: by,
        }));
        expect(back.reverse().flatMap((page) => page.events)).toEqual(left);
      }),
      { numRuns: 1000 },
    );
  });

  test('gives what is kept of these times, also where what began a run was deleted', () => {
    void fc.assert(
      fc.property(fc.array(events, { minLength: 1 }), filter, (groups, by) => {
        const log = new EventLog(rows(), { ...plenty, bytesMax: 600 });
        for (const group of groups) log.append(group);
        const { oldest } = log.read({ after: 0, limit: 1, filter: {} });
        const all = groups.flat().map((each, i) => ({ n: i + 1, ...each }));
        const forward = pages(log, { after: 0, limit: 3, filter: by }, ({ place: after }) => ({
          after,
          limit: 3,
          filter: by,
        }));
        const left = all.filter(({ n }) => n >= oldest);
        expect(forward.flatMap((page) => page.events)).toEqual(wanted(left, by));
      }),
    );
  });

  test('deletes the oldest beyond its size, never the newest, and says how many a reader has missed', () => {
    const log = new EventLog(rows(), { ...plenty, bytesMax: 3000 });
    for (let i = 1; i <= 100; i++) log.append([eventOf(i), eventOf(i)]);
    const { events: kept, oldest, newest, lost } = log.read({ after: 0, limit: 1000, filter: {} });
    expect(newest).toBe(200);
    expect(kept.map(({ n }) => n)).toEqual(Array.from({ length: 200 - oldest + 1 }, (_, i) => oldest + i));
    expect(lost).toBe(oldest - 1);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.length).toBeLessThan(60);
    const huge = Array.from({ length: 100 }, (_, i) => ({ ...eventOf(1), note: `${i} ${'x'.repeat(200)}` }));
    log.append(huge);
    while (log.trim(0, 2));
    expect(log.read({ after: 0, limit: 1, filter: {} })).toMatchObject({ oldest: 201, newest: 300 });
    log.append([eventOf(1)]);
    expect(log.read({ limit: 1, filter: {} }).newest).toBe(301);
  });

  test('keeps what has exactly its size and its age, and deletes what is above by a byte or a millisecond', () => {
    const probe = rows();
    new EventLog(probe, plenty).append([eventOf(1)]);
    const each = (probe.newest() as LogRow).bytes;
    for (const [spare, oldest] of [
      [0, 1],
      [-1, 2],
    ] as const) {
      const log = new EventLog(rows(), { ...plenty, bytesMax: 10 * each + spare });
      for (let i = 0; i < 10; i++) log.append([eventOf(1)]);
      expect(log.read({ after: 0, limit: 1, filter: {} }).oldest).toBe(oldest);
    }
    for (const [age, oldest] of [
      [50, 1],
      [51, 2],
    ] as const) {
      const log = new EventLog(rows(), { ...plenty, keptMs: 50 });
      log.append([eventOf(100)]);
      log.append([eventOf(100 + age)]);
      log.trim(100 + age, 9);
      expect(log.read({ after: 0, limit: 1, filter: {} }).oldest).toBe(oldest);
    }
  });

  test('deletes what is too old when it is asked to, some rows at a time, and what is appended later is numbered on', () => {
    const log = new EventLog(rows(), { ...plenty, keptMs: 50 });
    for (let i = 1; i <= 20; i++) log.append([eventOf(i)]);
    expect(log.trim(61, 4)).toBe(true);
    expect(log.read({ after: 0, limit: 1, filter: {} })).toMatchObject({ lost: 4, oldest: 5 });
    expect(log.trim(61, 100)).toBe(false);
    expect(log.read({ after: 0, limit: 1, filter: {} })).toMatchObject({ oldest: 11, newest: 20 });
    expect(log.trim(1000, 100)).toBe(false);
    log.append([eventOf(1000)]);
    expect(log.trim(1000, 100)).toBe(false);
    expect(log.read({ after: 19, limit: 9, filter: {} }).events.map(({ n }) => n)).toEqual([21]);
  });

  test('deletes what a clock that was ahead has dated, once what was written after it is too old', () => {
    const log = new EventLog(rows(), { ...plenty, keptMs: 1000 });
    const year = 365 * 24 * 3_600_000;
    for (const at of [1, 2, year, year + 1, year - 90_000, 3, year, 4, 5]) log.append([eventOf(at)]);
    const oldestAt = (now: number) => {
      log.trim(now, 99);
      return log.read({ after: 0, limit: 1, filter: {} }).oldest;
    };
    expect([1002, 1003, 1004, 1005].map(oldestAt)).toEqual([2, 3, 7, 9]);
    // The newest stays.
    expect(oldestAt(3 * year)).toBe(9);
  });

  test('loses nothing by age to a clock that is set, ahead by a year or back by as much, while it is written to', () => {
    const year = 365 * 24 * 3_600_000;
    for (const set of [3 * year, year]) {
      const log = new EventLog(rows(), { ...plenty, keptMs: 1000 });
      for (let i = 0; i < 20; i++) log.append([eventOf(2 * year + i)]);
      for (let i = 0; i < 20; i++) log.append([eventOf(set + i)]);
      log.trim(2 * year + 40, 99);
      expect(log.read({ after: 0, limit: 1, filter: {} }).oldest).toBe(1);
    }
  });

  test('looks at a limited part of itself for one page, and goes on from there', () => {
    const log = new EventLog(rows(), plenty);
    const { logRowsPerReadMax } = storeLimits;
    for (let i = 1; i <= logRowsPerReadMax + 10; i++) log.append([eventOf(i)]);
    const none = { filter: { types: ['none'] }, limit: 10 };
    expect(log.read({ after: 0, ...none })).toMatchObject({
      place: logRowsPerReadMax,
      isMore: true,
      events: [],
    });
    expect(log.read({ after: logRowsPerReadMax, ...none })).toMatchObject({ isMore: false, events: [] });
    expect(log.read(none)).toMatchObject({ place: 11, isMore: true, events: [] });
  });

  test('fills a page with a limited number of bytes, also from one row', () => {
    const log = new EventLog(rows(), plenty);
    const text = 'x'.repeat(250);
    log.append(
      Array.from({ length: 2000 }, (_, i) => ({ ...eventOf(1), subject: `${i}`, note: `${i}${text}` })),
    );
    const page = log.read({ after: 0, limit: 2000, filter: {} });
    expect(JSON.stringify(page.events).length).toBeLessThan(2 * storeLimits.logBytesPerPageMax);
    expect(page.isMore).toBe(true);
    const next = log.read({ after: page.place, limit: 1, filter: {} });
    expect(next.events[0]?.n).toBe(page.place + 1);
  });
});

test('five hundred events that differ in their subject take little more than that', () => {
  const letters = Array.from({ length: 500 }, (_, i) => ({
    ...eventOf(7),
    subject: i.toString(16).padStart(32, '0'),
  }));
  expect(pack(7, letters).length).toBeLessThan(500 * 60);
  expect(unpack(7, pack(7, letters))).toEqual(letters);
});

test('of an event with many names the first are kept, and the note says how many there were; long texts are cut', () => {
  const recipients = Array.from({ length: 20 }, (_, i) => `node-${i}`);
  const [kept] = unpack(
    1,
    pack(1, [{ ...eventOf(1), recipients, note: 'because', subject: 'y'.repeat(9999) }]),
  );
  expect(kept?.recipients).toEqual(recipients.slice(0, 16));
  expect(kept?.note).toBe('because; and 4 more recipients');
  expect(kept?.subject).toBe('y'.repeat(256));
});

function eventOf(at: number): LogEvent {
  return {
    type: 'letter.stored',
    at,
    author: 'ann',
    subject: 'x',
    recipients: ['bob'],
    trace: ['ann'],
    note: '',
  };
}
