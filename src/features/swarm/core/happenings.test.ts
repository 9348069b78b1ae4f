/** What a broker keeps for the log: while nobody uses its store, and of what members cause again and again. */
import { expect, test } from 'vitest';
import type { LogEvent } from '../../../kernel/log-event.ts';
import { Happenings } from './happenings.ts';
import { swarmLimits } from './limits.ts';
import { Repeats } from './repeats.ts';

const { swarmEventsKeptMax, swarmRepeatMs, swarmRepeatsMax } = swarmLimits;
const by = { wallNow: 5000.5, self: { name: 'b' } } as Parameters<Happenings['tookOver']>[1];

function all(happenings: Happenings): readonly LogEvent[] {
  const taken: LogEvent[] = [];
  while (happenings.hasUnwritten) taken.push(...happenings.takeUnwritten());
  return taken;
}

test('more than is kept while nobody uses the store is counted, and what is written begins again', () => {
  const happenings = new Happenings();
  happenings.tookOver(7, by);
  for (let i = 1; i < swarmEventsKeptMax; i++) happenings.joined(`n${i}`, by, false);
  expect(happenings.mustBeginAgain).toBe(false);
  for (let i = 0; i < 10; i++) happenings.left(`n${i}`, 'lost', by, false);
  expect(happenings.mustBeginAgain).toBe(true);
  happenings.tookOver(7, by);
  happenings.present('b', by);
  const events = all(happenings);
  expect(events.map(({ type }) => type)).toEqual(['broker.changed', 'node.present', 'log.missed']);
  expect(events.at(-1)?.note).toBe(`${swarmEventsKeptMax + 10} events were not logged`);
  happenings.joined('c', by, true);
  expect(all(happenings).map(({ type }) => type)).toEqual(['node.joined']);
});

test('as many as are kept are written as they were', () => {
  const happenings = new Happenings();
  happenings.tookOver(7, by);
  for (let i = 1; i < swarmEventsKeptMax; i++) happenings.joined(`n${i}`, by, false);
  expect(all(happenings)).toHaveLength(swarmEventsKeptMax);
  expect(happenings.mustBeginAgain).toBe(false);
});

const event = (author: string): LogEvent => ({
  ...{ type: 'letter.rejected', at: 1, author, subject: 'id', recipients: ['x'], trace: ['b'] },
  note: 'SKEIN_BUSY',
});

test('what comes again within a minute is counted, and the count is given once it is over', () => {
  const repeats = new Repeats();
  expect(repeats.isFirst('a', event('a'), 0)).toBe(true);
  expect(repeats.isFirst('c', event('c'), 10)).toBe(true);
  for (let i = 0; i < 5; i++) expect(repeats.isFirst('a', event('a'), 20)).toBe(false);
  expect(repeats.nextDeadline()).toBe(swarmRepeatMs);
  expect(repeats.ended(swarmRepeatMs - 1, 9)).toEqual([]);
  expect(repeats.ended(swarmRepeatMs + 10, 9.7)).toEqual([
    { ...event('a'), at: 9, subject: '', recipients: [], note: 'SKEIN_BUSY: 5 more within 60 s' },
  ]);
  expect(repeats.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  expect(repeats.isFirst('a', event('a'), 99_999)).toBe(true);
});

test('of more kinds than are counted apart, the others are counted together', () => {
  const repeats = new Repeats();
  const firsts = Array.from({ length: swarmRepeatsMax + 500 }, (_, i) =>
    repeats.isFirst(`${i}`, event(`${i}`), 0),
  );
  expect(firsts.filter(Boolean)).toHaveLength(swarmRepeatsMax);
  expect(repeats.ended(swarmRepeatMs, 1)).toEqual([
    { ...event(''), subject: '', recipients: [], note: 'others: 500 more within 60 s' },
  ]);
});
