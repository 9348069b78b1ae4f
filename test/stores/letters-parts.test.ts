/** The part of letters on SQLite does what its model says, for whatever is asked of it and in whatever order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type {
  ExpiringCopy,
  LetterStatus,
  NextLetters,
  Unheard,
} from '../../src/features/letters/core/letters-types.ts';
import { letterLimits } from '../../src/features/letters/core/limits.ts';
import { lettersModel } from '../../src/features/letters/store/model.ts';
import { outboxModel } from '../../src/features/letters/store/outbox-model.ts';
import { outboxSqlite } from '../../src/features/letters/store/outbox-sqlite.ts';
import { lettersSqlite } from '../../src/features/letters/store/sqlite.ts';
import { logLimits } from '../../src/features/log/core/limits.ts';
import { logModel } from '../../src/features/log/store/model.ts';
import { logSqlite } from '../../src/features/log/store/sqlite.ts';
import { swarmModel } from '../../src/features/swarm/store/model.ts';
import { swarmSqlite } from '../../src/features/swarm/store/sqlite.ts';
import type { LogEvent, LogPage } from '../../src/kernel/log-event.ts';
import { storeLimits } from '../../src/stores/limits.ts';
import type { AnyStoreModel } from '../../src/stores/model.ts';
import { type Outcome, StoreParts } from '../../src/stores/parts.ts';
import { SqliteEngine } from '../../src/stores/sqlite/engine.ts';
import { loadSqlite } from '../../src/stores/sqlite/library.ts';
import type { AnySqlitePart } from '../../src/stores/sqlite/part.ts';

const base = mkdtempSync(join(tmpdir(), 'skein-letters-'));
const library = loadSqlite();
let files = 0;

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Both stores; what is asked of one is asked of the other. */
function pair(model: AnyStoreModel, part: AnySqlitePart) {
  const memory = new StoreParts([model, logModel], new Map(), () => '0'.repeat(32));
  const engine = new SqliteEngine({
    library,
    path: join(base, `${++files}.sqlite`),
    parts: [part, logSqlite],
  });
  const askOf = (feature: string, verb: string, input: unknown): unknown => {
    const operation = { verb, input: input as never };
    const [outcome] = engine.carryOut([{ feature, operation }]);
    const expected = memory.execute(feature, operation);
    expect([verb, shown(outcome as Outcome)]).toEqual([verb, shown(expected)]);
    return expected.ok ? expected.value : undefined;
  };
  const ask = (verb: string, input: unknown): unknown => askOf(model.name, verb, input);
  /** The log of both, which must be the same. */
  const log = () => {
    const { events } = askOf('log', 'read', { after: 0, limit: 10_000, filter: {} }) as LogPage;
    return events;
  };
  const askLog = (verb: string, input: unknown): unknown => askOf('log', verb, input);
  /** In one commit. */
  const askLogTogether = (all: readonly (readonly [verb: string, input: unknown])[]): void => {
    const operations = all.map(([verb, input]) => ({ verb, input: input as never }));
    const outcomes = engine.carryOut(operations.map((operation) => ({ feature: 'log', operation })));
    const expected = operations.map((operation) => memory.execute('log', operation));
    expect(outcomes.map(shown)).toEqual(expected.map(shown));
  };
  return { ask, askLog, askLogTogether, log, close: () => engine.close() };
}

function shown(outcome: Outcome): unknown {
  return outcome.ok ? outcome.value : outcome.error.code;
}

const names = ['a', 'b', 'c', 'd'];
const someone = fc.constantFrom(...names);
const hex = (n: number) => n.toString(16).padStart(32, '0');
const anId = fc.integer({ min: 1, max: 12 }).map(hex);
const time = fc.integer({ min: 1, max: 60 });

const letter = fc.record({
  id: anId,
  author: someone,
  recipients: fc.uniqueArray(someone, { minLength: 1, maxLength: 4 }),
  type: fc.constantFrom('letter', 'note'),
  encoding: fc.constantFrom(0, 1),
  body: fc.uint8Array({ maxLength: 20 }),
  key: fc.constantFrom('', '', 'k1', 'k2'),
  digest: fc.constantFrom('x', 'y'),
  sentAt: fc.oneof(time, fc.constantFrom(letterLimits.letterKeyMs, 2 * letterLimits.letterKeyMs)),
  notBefore: fc.constantFrom(0, 0, 20, 40),
  expiresAt: fc.integer({ min: 5, max: 200 }),
  via: someone,
});
/** Of another store, where it has failed for some. */
const movedLetter = fc
  .record({
    made: letter,
    count: fc.integer({ min: 1, max: 3 }),
    expiresAt: fc.integer({ min: 5, max: 200 }),
  })
  .map(({ made, count, expiresAt }) => ({
    ...made,
    failed: made.recipients.slice(0, count).map((recipient, i) => ({
      ...{ recipient, attempts: i + 1, expiresAt, reason: i === 0 ? '' : 'no' },
    })),
  }));
const item = fc.record({
  n: fc.integer({ min: 0, max: 12 }),
  attempt: fc.constantFrom(1, 1, 1, 2, 3),
  outcome: fc.constantFrom('handled', 'handled', 'again', 'failed', 'refused'),
  due: fc.integer({ min: 1, max: 80 }),
  waitMs: fc.integer({ min: 1, max: 30 }),
  reason: fc.constantFrom('', 'no'),
});
const late = fc.constantFrom(
  ...[30, 60, 100, 250],
  ...[letterLimits.letterFailedKeptMs + 100, 2 * letterLimits.letterFailedKeptMs],
);
const commands = fc.oneof(
  fc.record({
    verb: fc.constant('put'),
    input: fc.record({
      now: time,
      time,
      before: fc.option(fc.record({ first: anId, last: anId, count: fc.integer({ min: 1, max: 3 }) })),
      letters: fc.array(fc.oneof(letter, movedLetter), { maxLength: 4 }),
    }),
  }),
  fc.record({
    verb: fc.constant('next'),
    input: fc.record({
      recipient: someone,
      time: fc.integer({ min: 1, max: 100 }),
      after: fc.integer({ min: 0, max: 6 }),
      afterDue: fc.record({ due: fc.integer({ min: 0, max: 40 }), n: fc.integer({ min: 0, max: 6 }) }),
      letters: fc.integer({ min: 1, max: 5 }),
      bytes: fc.integer({ min: 1, max: 40 }),
      firstBytes: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(Number.MAX_SAFE_INTEGER)),
    }),
  }),
  fc.record({
    verb: fc.constant('settle'),
    input: fc.record({
      recipient: someone,
      now: time,
      time,
      via: someone,
      items: fc.array(item, { maxLength: 4 }),
      isMoved: fc.constantFrom(false, false, true),
    }),
  }),
  fc.record({
    verb: fc.constant('returned'),
    input: fc.record({ recipient: someone, ns: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }) }),
  }),
  fc.record({
    verb: fc.constant('sweep'),
    input: fc.record({
      now: late,
      time: late,
      via: someone,
      copies: fc.array(
        fc.record({ expiresAt: time, n: fc.integer({ min: 0, max: 12 }), recipient: someone }),
      ),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  }),
  fc.record({
    verb: fc.constant('expiring'),
    input: fc.record({
      time: late,
      after: fc.record({
        expiresAt: fc.integer({ min: 0, max: 200 }),
        n: fc.integer({ min: 0, max: 12 }),
        recipient: someone,
      }),
      limit: fc.integer({ min: 1, max: 6 }),
    }),
  }),
  fc.record({
    verb: fc.constant('unheard'),
    input: fc.record({ author: someone, limit: fc.integer({ min: 1, max: 3 }) }),
  }),
  fc.record({
    verb: fc.constant('heard'),
    input: fc.record({
      author: someone,
      report: fc.integer({ min: 0, max: 6 }),
      dropped: fc.integer({ min: 0, max: 2 }),
    }),
  }),
  fc.record({ verb: fc.constantFrom('status', 'body'), input: anId }),
  fc.record({ verb: fc.constant('clockBack'), input: time }),
  fc.record({ verb: fc.constantFrom('known', 'ended'), input: fc.array(anId, { maxLength: 4 }) }),
  fc.record({
    verb: fc.constant('list'),
    input: fc.record(
      {
        from: someone,
        to: someone,
        state: fc.constantFrom('stored', 'delivered', 'failed', 'expired', 'refused', 'removed'),
        after: fc.integer({ min: 0, max: 6 }),
        limit: fc.integer({ min: 1, max: 4 }),
      },
      { requiredKeys: ['after', 'limit'] },
    ),
  }),
  fc.record({
    verb: fc.constant('retry'),
    input: fc.record({
      id: anId,
      now: time,
      time,
      expiresAt: fc.constant(300),
      trace: fc.constant(['x', 'y']),
    }),
  }),
  fc.record({
    verb: fc.constant('remove'),
    input: fc.record({ id: anId, now: time, trace: fc.constant(['x', 'y']) }),
  }),
);

test('letters on SQLite answer as their model does', () => {
  void fc.assert(
    fc.property(fc.array(commands, { minLength: 1, maxLength: 40 }), (list) => {
      const { ask, log, close } = pair(lettersModel, lettersSqlite);
      for (const { verb, input } of list) ask(verb, input);
      log();
      for (const name of names) {
        const all = { recipient: name, time: 10, after: 0, afterDue: { due: 0, n: 0 } };
        ask('next', { ...all, letters: 100, bytes: 10_000, firstBytes: 10_000 });
      }
      for (const author of names) ask('unheard', { author, limit: 100 });
      ask('list', { after: 0, limit: 100 });
      close();
    }),
    { numRuns: 150 },
  );
});

test('every operation on a letter notes what it did to whom, and what changes nothing notes nothing', () => {
  const { ask, log, close } = pair(lettersModel, lettersSqlite);
  const put = (id: number, recipients: string[], more = {}) =>
    ask('put', {
      now: 1,
      time: 1,
      before: null,
      letters: [{ ...drafted, id: hex(id), author: 'a', recipients, body: Uint8Array.of(7), ...more }],
    });
  const settle = (recipient: string, n: number, outcome: string, reason = '', attempt = 1) =>
    ask('settle', {
      recipient,
      now: 2,
      time: 2,
      via: 'x',
      items: [{ n, attempt, outcome, due: 9, waitMs: 7, reason }],
    });
  put(1, ['b', 'c', 'd']);
  put(1, ['b', 'c', 'd']);
  put(2, ['b'], { expiresAt: 50 });
  settle('b', 1, 'handled');
  settle('b', 1, 'handled');
  settle('c', 1, 'again', 'busy');
  settle('c', 1, 'again', 'said again, and not logged');
  settle('c', 1, 'failed', 'broken', 2);
  settle('d', 1, 'refused', 'no');
  ask('retry', { id: hex(1), now: 3, time: 3, expiresAt: 1000, trace: ['p', 'x'] });
  ask('retry', { id: hex(1), now: 3, time: 3, expiresAt: 1000, trace: ['p', 'x'] });
  sweep(ask, 60);
  ask('remove', { id: hex(1), now: 70, trace: ['p', 'x'] });
  ask('remove', { id: hex(1), now: 70, trace: ['p', 'x'] });
  expect(
    log().map(({ n, type, at, author, subject, recipients, trace, note }) =>
      [n, type, at, author, subject.at(-1), recipients.join('+'), trace.join('>'), note].join(' ').trim(),
    ),
  ).toEqual([
    '1 letter.stored 1 a 1 b+c+d a letter',
    '2 letter.stored 1 a 2 b a letter',
    '3 letter.delivered 2 a 1 b b>x',
    '4 letter.postponed 2 a 1 c c>x busy',
    '5 letter.failed 2 a 1 c c>x broken',
    '6 letter.refused 2 a 1 d d>x no',
    '7 letter.retried 3 a 1 c p>x',
    '8 letter.expired 60 a 2 b x',
    '9 letter.removed 70 a 1 c p>x',
  ]);
  close();
});

const joined = ({ name, at }: { name: string; at: number }) => ({
  type: 'node.joined',
  at,
  author: name,
  subject: name,
  recipients: [],
  trace: ['x'],
  note: '',
});

const drafted = {
  type: 'letter',
  encoding: 0,
  key: '',
  digest: '',
  sentAt: 1,
  notBefore: 0,
  expiresAt: 9e15,
  via: 'a',
};

test('a letter waits by the time of the store, whatever the clock says', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const day = 24 * 3_600_000;
  const letter = { ...drafted, author: 'a', recipients: ['b'], body: new Uint8Array(1), notBefore: 100 };
  const letters = [{ ...letter, id: hex(1), expiresAt: 1000 }];
  ask('put', { now: day, time: 40, before: null, letters });
  const room = { letters: 9, bytes: 99, firstBytes: 99 };
  const next = (time: number) => {
    const request = { recipient: 'b', time, after: 0, afterDue: { due: 0, n: 0 }, ...room };
    const { due, nextDue } = ask('next', request) as NextLetters;
    return [due.map(({ n }) => n), nextDue];
  };
  expect([next(99), next(100)]).toEqual([
    [[], 100],
    [[1], 0],
  ]);
  // It went back: nobody waits longer than was said.
  ask('clockBack', 10);
  expect(next(69)).toEqual([[], 70]);
  const items = [{ n: 1, attempt: 1, outcome: 'failed', due: 0, waitMs: 0, reason: '' }];
  ask('settle', { recipient: 'b', now: 2 * day, time: 70, via: 'x', items });
  ask('retry', { id: hex(1), now: 2 * day, time: 80, expiresAt: 1000, trace: ['a'] });
  expect(next(80)).toEqual([[1], 0]);
  close();
});

test('a key counts for a day after its letter was sent, also where that still waits', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const put = (id: number, sentAt: number, digest: string) => {
    const letter = { ...drafted, id: hex(id), author: 'a', recipients: ['b'], key: 'daily', digest, sentAt };
    return ask('put', { now: 1, time: 1, before: null, letters: [{ ...letter, body: new Uint8Array(1) }] });
  };
  const day = letterLimits.letterKeyMs;
  expect(put(1, 0, 'one')).toEqual([{ type: 'stored', n: 1 }]);
  expect(put(2, day - 1, 'one')).toEqual([{ type: 'repeat', id: hex(1), n: 1 }]);
  expect(put(3, day - 1, 'two')).toEqual([{ type: 'other', id: hex(1) }]);
  expect(put(4, day, 'two')).toEqual([{ type: 'stored', n: 2 }]);
  expect(put(5, day + 1, 'two')).toEqual([{ type: 'repeat', id: hex(4), n: 2 }]);
  // Each is itself by its id; and when the first is forgotten the key stays the second one's.
  expect(put(1, 0, 'one')).toEqual([{ type: 'repeat', id: hex(1), n: 1 }]);
  ask('remove', { id: hex(1), now: 1, trace: ['a'] });
  ask('sweep', { copies: [], limit: 9, now: 2 * day, time: 2 * day, via: 'x' });
  expect(ask('known', [hex(1), hex(4)])).toEqual([0, 2]);
  expect(put(6, day + 2, 'two')).toEqual([{ type: 'repeat', id: hex(4), n: 2 }]);
  close();
});

test('a mailbox that is full refuses the whole letter, and one that was settled makes room', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const body = new Uint8Array(letterLimits.letterBytes);
  const put = (id: number, recipients: string[]) =>
    ask('put', {
      now: 1,
      time: 1,
      before: null,
      letters: [{ ...drafted, id: hex(id), author: 'a', recipients, body }],
    });
  const fit = letterLimits.mailboxBytesMax / letterLimits.letterBytes;
  for (let i = 1; i <= fit; i++) expect(put(i, ['b'])).toEqual([{ type: 'stored', n: i }]);
  expect(put(fit + 1, ['c', 'b'])).toEqual([{ type: 'full', recipients: ['b'] }]);
  expect(ask('list', { to: 'c', after: 0, limit: 9 })).toEqual([]);
  ask('settle', {
    recipient: 'b',
    now: 2,
    time: 2,
    via: 'a',
    items: [{ n: 7, attempt: 1, outcome: 'handled', due: 0, waitMs: 0, reason: '' }],
  });
  expect(put(fit + 2, ['b', 'c'])).toEqual([{ type: 'stored', n: fit + 1 }]);
  close();
});

test('letters whose predecessors are not all there by one put are not stored', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const rest = { ...drafted, author: 'a', recipients: ['b'], body: new Uint8Array(1) };
  const put = (ids: readonly number[], before: [number, number, number] | null) =>
    ask('put', {
      now: 1,
      time: 1,
      before: before && { first: hex(before[0]), last: hex(before[1]), count: before[2] },
      letters: ids.map((id) => ({ ...rest, id: hex(id) })),
    });
  expect(put([1, 2], null)).toEqual([
    { type: 'stored', n: 1 },
    { type: 'stored', n: 2 },
  ]);
  expect(put([3], [1, 9, 2])).toBe(null);
  expect(put([3], [9, 2, 2])).toBe(null);
  expect(put([3], [1, 2, 3])).toBe(null);
  expect(ask('known', [hex(3)])).toEqual([0]);
  expect(put([3], [1, 2, 2])).toEqual([{ type: 'stored', n: 3 }]);
  expect(put([3], [1, 2, 2])).toEqual([{ type: 'repeat', id: hex(3), n: 3 }]);
  close();
});

test('what has expired is not handed out any more, and ends where it is swept, if it still has expired then', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const rest = { ...drafted, author: 'a', recipients: ['b'], body: new Uint8Array(1) };
  const letters = [1, 2, 3].map((n) => ({ ...rest, id: hex(n), expiresAt: 10 * n }));
  ask('put', { now: 1, time: 1, before: null, letters });
  const room = { letters: 9, bytes: 99, firstBytes: 99 };
  const next = (at: number) => {
    const request = { recipient: 'b', time: at, after: 0, afterDue: { due: 0, n: 0 } };
    const { fresh } = ask('next', { ...request, ...room }) as NextLetters;
    return fresh.map(({ n }) => n);
  };
  expect([next(9), next(10), next(25)]).toEqual([[1, 2, 3], [2, 3], [3]]);
  const copies = ask('expiring', { time: 20, after: beginning, limit: 9 }) as ExpiringCopy[];
  expect(copies.map(({ n }) => n)).toEqual([1, 2]);
  expect(ask('expiring', { time: 20, after: copies[0], limit: 9 })).toEqual([copies[1]]);
  // The first was in hand, and has failed: it is kept.
  const items = [{ n: 1, attempt: 1, outcome: 'failed', due: 0, waitMs: 0, reason: 'no' }];
  ask('settle', { recipient: 'b', now: 20, time: 20, via: 'x', items });
  const { expired } = ask('sweep', { now: 20, time: 20, via: 'x', copies, limit: 9 }) as { expired: unknown };
  expect(expired).toMatchObject([{ id: hex(2), state: 'expired' }]);
  expect(ask('status', hex(1))).toMatchObject({ recipients: [{ state: 'failed' }] });
  close();
});

const beginning: ExpiringCopy = { expiresAt: 0, n: 0, recipient: '' };

/** As a broker does of which no letter is in hand. */
function sweep(ask: (verb: string, input: unknown) => unknown, now: number): void {
  const copies = ask('expiring', { time: now, after: beginning, limit: 10 });
  ask('sweep', { now, time: now, via: 'x', copies, limit: 10 });
}

/** Letters of `a`, each to `b`, that have failed. */
function failing({ ask }: Pick<ReturnType<typeof pair>, 'ask'>, from: number, count: number): void {
  const rest = { ...drafted, author: 'a', recipients: ['b'], body: new Uint8Array(1) };
  const ns = Array.from({ length: count }, (_, i) => from + i);
  ask('put', { now: 1, time: 1, before: null, letters: ns.map((n) => ({ ...rest, id: hex(n) })) });
  const items = ns.map((n) => ({ n, attempt: 1, outcome: 'failed', due: 0, waitMs: 0, reason: 'no' }));
  ask('settle', { recipient: 'b', now: 2, time: 2, via: 'x', items });
}

test('what has ended without delivery waits for its author, in order, until it has heard of it', () => {
  const both = pair(lettersModel, lettersSqlite);
  const { ask, close } = both;
  const unheard = () => {
    const { reports } = ask('unheard', { author: 'a', limit: 9 }) as Unheard;
    return reports.map(({ report, id, recipient, state }) => [report, Number(`0x${id}`), recipient, state]);
  };
  failing(both, 1, 3);
  expect(unheard()).toEqual([
    [1, 1, 'b', 'failed'],
    [2, 2, 'b', 'failed'],
    [3, 3, 'b', 'failed'],
  ]);
  ask('heard', { author: 'a', report: 1, dropped: 0 });
  // It waits again: that it has failed is true no more.
  ask('retry', { id: hex(2), now: 3, time: 3, expiresAt: 1000, trace: ['a'] });
  expect(unheard()).toEqual([[3, 3, 'b', 'failed']]);
  sweep(ask, 1001);
  expect(unheard()).toEqual([
    [3, 3, 'b', 'failed'],
    [4, 2, 'b', 'expired'],
  ]);
  const later = 2 + letterLimits.letterFailedKeptMs;
  sweep(ask, later);
  expect(unheard()).toEqual([[3, 3, 'b', 'failed']]);
  const forgotten = later + letterLimits.letterSettledKeptMs;
  sweep(ask, forgotten);
  expect(unheard()).toEqual([]);
  close();
});

test('of a letter that another node has removed its author hears, where it had not failed; of its own removal it does not', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const put = (id: number, recipients: readonly string[]): void => {
    const letter = { ...drafted, id: hex(id), author: 'a', recipients, body: new Uint8Array(1) };
    ask('put', { now: 1, time: 1, before: null, letters: [letter] });
  };
  const removed = (id: number, by: string) => ask('remove', { id: hex(id), now: 3, trace: [by, 'x'] });
  put(1, ['b', 'c', 'd']);
  put(2, ['b']);
  const settle = (recipient: string, outcome: string): unknown => {
    const items = [{ n: 1, attempt: 1, outcome, due: 0, waitMs: 0, reason: '' }];
    return ask('settle', { recipient, now: 2, time: 2, via: '', items });
  };
  settle('c', 'failed');
  settle('d', 'handled');
  ask('heard', { author: 'a', report: 1, dropped: 0 });
  const end = { id: hex(1), author: 'a', recipient: 'b', state: 'removed', reason: 'removed by p' };
  expect(removed(1, 'p')).toEqual({ recipients: ['b', 'c'], undelivered: [end] });
  expect(removed(1, 'p')).toEqual({ recipients: [], undelivered: [] });
  expect(removed(2, 'a')).toEqual({ recipients: ['b'], undelivered: [] });
  expect(removed(3, 'p')).toEqual({ recipients: [], undelivered: [] });
  expect(ask('unheard', { author: 'a', limit: 9 })).toEqual({ reports: [{ ...end, report: 2 }], dropped: 0 });
  close();
});

test('a letter that was moved to another store is no end that its author hears of', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const rest = { ...drafted, author: 'a', recipients: ['b'], body: new Uint8Array(1) };
  ask('put', { now: 1, time: 1, before: null, letters: [{ ...rest, id: hex(1) }] });
  const items = [{ n: 1, attempt: 1, outcome: 'refused', due: 0, waitMs: 0, reason: 'moved' }];
  ask('settle', { recipient: 'b', now: 2, time: 2, via: '', items, isMoved: true });
  expect(ask('unheard', { author: 'a', limit: 9 })).toEqual({ reports: [], dropped: 0 });
  close();
});

test('of too many reports the oldest are dropped, and their author hears how many', () => {
  const both = pair(lettersModel, lettersSqlite);
  const { ask, close } = both;
  const { letterReportsMax: max, lettersPerPutMax: step } = letterLimits;
  for (let from = 1; from <= max; from += step) failing(both, from, step);
  expect(ask('unheard', { author: 'a', limit: 1 })).toMatchObject({ reports: [{ report: 1 }], dropped: 0 });
  failing(both, max + 1, 3);
  expect(ask('unheard', { author: 'a', limit: 1 })).toMatchObject({ reports: [{ report: 4 }], dropped: 3 });
  ask('heard', { author: 'a', report: 4, dropped: 2 });
  expect(ask('unheard', { author: 'a', limit: 1 })).toMatchObject({ reports: [{ report: 5 }], dropped: 1 });
  ask('heard', { author: 'a', report: max + 3, dropped: 1 });
  expect(ask('unheard', { author: 'a', limit: 1 })).toEqual({ reports: [], dropped: 0 });
  close();
});

test('numbers are given once, whatever is forgotten', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  const put = (id: number) =>
    ask('put', {
      now: 1,
      time: 1,
      before: null,
      letters: [{ ...drafted, id: hex(id), author: 'a', recipients: ['b'], body: new Uint8Array(1) }],
    });
  expect(put(1)).toEqual([{ type: 'stored', n: 1 }]);
  ask('remove', { id: hex(1), now: 1, trace: ['a'] });
  const day = letterLimits.letterSettledKeptMs + 1;
  sweep(ask, day);
  expect(ask('status', hex(1))).toBe(null);
  expect(put(2)).toEqual([{ type: 'stored', n: 2 }]);
  close();
});

test('an outbox on SQLite is as its model says', () => {
  const kept = fc.record({
    place: fc.integer({ min: 1, max: 9 }),
    id: anId,
    recipients: fc.option(fc.uniqueArray(someone, { minLength: 1 }), { nil: undefined }),
    type: fc.constant('letter'),
    key: fc.constantFrom('', 'k1'),
    digest: fc.constantFrom('', 'x'),
    encoding: fc.constantFrom(0, 1),
    body: fc.uint8Array({ maxLength: 20 }),
    sentAt: time,
    delayMs: time,
    expiresMs: time,
    allowsUnknown: fc.boolean(),
    copies: fc.constantFrom(1, 2),
    storedIn: fc.constantFrom('', hex(1)),
  });
  const ids = fc.array(anId, { maxLength: 3 });
  const asked = fc.oneof(
    fc.record({ verb: fc.constant('stored'), input: fc.record({ ids, store: anId }) }),
    fc.record({ verb: fc.constant('drop'), input: ids }),
    fc.record({
      verb: fc.constant('load'),
      input: fc.record(
        {
          after: fc.integer({ min: 0, max: 9 }),
          letters: fc.integer({ min: 1, max: 4 }),
          bytes: fc.integer({ min: 1, max: 40 }),
          notIn: fc.constantFrom('', hex(1)),
        },
        { requiredKeys: ['after', 'letters', 'bytes'] },
      ),
    }),
  );
  void fc.assert(
    fc.property(
      fc.uniqueArray(kept, { maxLength: 6, selector: ({ place }) => place }),
      fc.array(asked, { maxLength: 8 }),
      (letters, all) => {
        const { ask, close } = pair(outboxModel, outboxSqlite);
        ask('keep', letters);
        // Kept twice, it is there once.
        ask(
          'keep',
          letters.map((letter) => ({ ...letter, place: letter.place + 10 })),
        );
        for (const { verb, input } of all) ask(verb, input);
        ask('load', { after: 0, letters: 99, bytes: 999 });
        close();
      },
    ),
    { numRuns: 60 },
  );
});

test('the log on SQLite is as its model says: envelopes, times, durable readers and what is forgotten of both', () => {
  const at = fc.integer({ min: 1, max: 9 }).map((n) => n * 30_000);
  const small = fc.integer({ min: 1, max: 3 });
  const append = fc.record({
    events: fc.array(at.map(envelopeAt), { minLength: 1, maxLength: 4 }),
    mark: fc.option(fc.record({ author: someone, incarnation: small, number: small, at })),
  });
  const read = fc.record({
    after: fc.nat({ max: 30 }),
    limit: fc.integer({ min: 1, max: 5 }),
    filter: fc.record({ since: at, until: at, author: someone }, { requiredKeys: [] }),
  });
  const asked = fc.oneof(
    append.map((input) => ['append', input] as const),
    read.map((input) => ['read', input] as const),
    read.map(({ after: before, ...rest }) => ['read', { before, ...rest }] as const),
    fc.record({ name: someone, n: fc.nat({ max: 30 }), at }).map((input) => ['acknowledge', input] as const),
    someone.map((name) => ['reader', name] as const),
    someone.map((name) => ['forget', name] as const),
    fc.constant(['readers', undefined] as const),
    at.map((now) => ['trim', { now: now + storeLimits.logKeptMs, rows: 2 }] as const),
  );
  void fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (all) => {
      const { askLog, log, close } = pair(swarmModel, swarmSqlite);
      for (const [verb, input] of all) askLog(verb, input);
      log();
      close();
    }),
    { numRuns: 30 },
  );
});

test('a batch of envelopes that comes again is logged once, and of too many authors the one heard of longest ago is forgotten', () => {
  const { askLog, askLogTogether, close } = pair(swarmModel, swarmSqlite);
  const batch = (author: string, incarnation: number, number: number, at = 9) => ({
    events: [{ ...envelopeAt(at), author }],
    mark: { author, incarnation, number, at },
  });
  const appended = (...marked: Parameters<typeof batch>) => askLog('append', batch(...marked));
  expect([appended('z', 7, 1), appended('z', 7, 1), appended('z', 7, 2)]).toEqual([true, false, true]);
  // What comes late was counted by its author, which has gone on.
  expect([appended('z', 7, 1), appended('z', 8, 1, 5), appended('b', 8, 1)]).toEqual([false, true, true]);
  const many = Array.from({ length: logLimits.logMarksMax - 1 }, (_, i) => batch(`n${i}`, 1, 1));
  askLogTogether(many.map((input) => ['append', input]));
  expect([appended('b', 8, 1), appended('z', 8, 1), appended('n0', 1, 1)]).toEqual([false, true, false]);
  close();
});

function envelopeAt(at: number): LogEvent {
  const type = 'message.sent';
  return { type, at, author: 'a', subject: 'kind', recipients: ['b'], trace: ['a', 'c'], note: '' };
}

test('who was seen on SQLite is as its model says', () => {
  const sights = fc.array(
    fc.record({
      name: someone,
      at: time,
      services: fc.uniqueArray(fc.constantFrom('echo', 'add')),
      addresses: fc.uniqueArray(fc.constantFrom('127.0.0.1:1', '[::1]:2')),
    }),
    { maxLength: 5 },
  );
  const clock = fc.record({
    correctionMs: fc.integer(),
    wallNow: fc.nat(),
    boot: fc.constantFrom('', 'this', 'that'),
    elapsedMs: fc.nat(),
  });
  void fc.assert(
    fc.property(
      fc.array(sights, { maxLength: 5 }),
      fc.constantFrom('', 'a', 'b'),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.record({ name: someone, identity: fc.constantFrom('aa', 'bb') }), { maxLength: 5 }),
      someone,
      fc.array(clock, { maxLength: 3 }),
      fc.uniqueArray(
        fc.record({
          name: someone,
          firstSeen: time,
          lastSeen: time,
          services: fc.constant(['x']),
          addresses: fc.constant([]),
        }),
        { selector: ({ name }) => name },
      ),
      fc.uniqueArray(fc.record({ name: someone, identity: fc.constantFrom('aa', 'bb') }), {
        selector: ({ name }) => name,
      }),
      (all, after, limit, pins, forgotten, clocks, others, otherPins) => {
        const { ask, log, close } = pair(swarmModel, swarmSqlite);
        for (const each of all) ask('saw', { sights: each, events: each.map(joined) });
        expect(log()).toHaveLength(all.flat().length);
        for (const each of pins) ask('pin', each);
        ask('unite', { nodes: others.map((each) => ({ ...each, identity: '' })), pins: otherPins });
        ask('forget', forgotten);
        ask('names', { after, limit });
        ask('nodes', { after, limit });
        ask('pins', { after, limit });
        ask('clock', null);
        for (const each of clocks) ask('keepClock', each);
        ask('clock', null);
        close();
      },
    ),
    { numRuns: 30 },
  );
});

test('what is said again of an attempt that is over changes nothing, unless the letter has ended with it', () => {
  const { ask, close } = pair(lettersModel, lettersSqlite);
  ask('put', {
    now: 1,
    time: 1,
    before: null,
    letters: [1, 2].map((id) => ({
      ...drafted,
      id: hex(id),
      author: 'a',
      recipients: ['b'],
      body: Uint8Array.of(1),
    })),
  });
  const settle = (n: number, attempt: number, outcome: string, due = 0) =>
    ask('settle', {
      ...{ recipient: 'b', now: 2, time: 2, via: 'x' },
      items: [{ n, attempt, outcome, due, waitMs: due, reason: outcome }],
    });
  const standing = (id: number) => {
    const { recipients } = ask('status', hex(id)) as LetterStatus;
    return [recipients[0]?.state, recipients[0]?.attempts, recipients[0]?.due];
  };
  settle(1, 1, 'again', 20);
  for (const outcome of ['again', 'failed']) {
    expect(settle(1, 1, outcome, 40)).toEqual([]);
    expect(standing(1)).toEqual(['stored', 1, 20]);
  }
  // Whose incarnation was taken for gone has not given it back.
  ask('returned', { recipient: 'b', ns: [2] });
  settle(2, 1, 'handled');
  expect(standing(2)).toEqual(['delivered', 2, undefined]);
  expect(settle(1, 2, 'failed')).toMatchObject([{ state: 'failed' }]);
  ask('retry', { id: hex(1), now: 3, time: 3, expiresAt: 1000, trace: [] });
  expect(settle(1, 2, 'failed')).toEqual([]);
  expect(standing(1)).toEqual(['stored', 0, 3]);
  close();
});
