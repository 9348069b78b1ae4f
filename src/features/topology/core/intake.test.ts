import { beforeEach, expect, test } from 'vitest';
import type { SelfView } from '../../../kernel/contracts.ts';
import { idOf } from '../../../kernel/identity.ts';
import { type Announcement, encodeAnnouncement } from '../../../kernel/routing/announcement.ts';
import { Records } from '../../../kernel/routing/records.ts';
import { Intake } from './intake.ts';
import { topologyLimits } from './limits.ts';

const self = { id: idOf('me'), name: 'me', instance: 'aaaaaaaaaaaaaaaa' } as SelfView;
let records: Records;
let intake: Intake;

beforeEach(() => {
  records = new Records();
  intake = new Intake(records);
});

function announcement(name: string, sequence: number, changes: Partial<Announcement> = {}): Uint8Array {
  return encodeAnnouncement({
    id: idOf(name),
    name,
    namespace: 'n',
    instance: '0123456789abcdef',
    epoch: 1,
    sequence,
    left: false,
    version: '1',
    addresses: [],
    links: [],
    services: [],
    sections: new Map(),
    ...changes,
  });
}

const take = (bytes: Uint8Array, now = 0, from = 1): string => intake.take(bytes, 0, from, self, now).outcome;
const sequenceOf = (name: string): number | undefined => records.get(idOf(name))?.sequence;

test('a newer record is accepted, the same one and an older one said to be so', () => {
  expect([take(announcement('a', 5)), take(announcement('a', 5)), take(announcement('a', 4))]).toEqual([
    'accepted',
    'same',
    'older',
  ]);
  expect(sequenceOf('a')).toBe(5);
});

test('of two records of one version the same one wins everywhere, whichever came first', () => {
  const [one, other] = [announcement('a', 1), announcement('a', 1, { links: [7] })];
  const winnerOf = (first: Uint8Array, second: Uint8Array): Uint8Array | undefined => {
    const fresh = new Records();
    for (const bytes of [first, second]) new Intake(fresh).take(bytes, 0, 1, self, 0);
    return fresh.get(idOf('a'))?.bytes;
  };
  expect(winnerOf(one, other)).toEqual(winnerOf(other, one));
});

test('what is no record is ignored', () => {
  expect([
    take(new Uint8Array(0)),
    take(Uint8Array.of(1, 2, 3)),
    take(announcement('a', 1, { links: [9, 3] })),
  ]).toEqual(['ignored', 'ignored', 'ignored']);
  expect(records.size).toBe(0);
});

test("a record of this node's own name is never taken for another node's", () => {
  expect(take(announcement('me', 99))).toBe('own');
  expect(records.size).toBe(0);
});

test('the bytes kept are a copy: the received chunk may change', () => {
  const bytes = announcement('a', 1);
  take(bytes);
  bytes.fill(0);
  expect(records.get(idOf('a'))?.bytes).toEqual(announcement('a', 1));
});

test('one origin gets its allowance, and another is not held back by it', () => {
  for (let i = 1; i <= topologyLimits.recordsBurst; i++) expect(take(announcement('a', i))).toBe('accepted');
  expect([take(announcement('a', 100)), take(announcement('b', 1))]).toEqual(['deferred', 'accepted']);
});

test('what exceeds the allowance waits, the newest of it, in whatever order it came', () => {
  for (let i = 1; i <= topologyLimits.recordsBurst; i++) take(announcement('a', i));
  for (const late of [30, 50, 40]) take(announcement('a', late), 0, late);
  expect(intake.due(0)).toEqual([]);
  const at = intake.nextDeadline(0);
  expect(at).toBeLessThanOrEqual(1000 / topologyLimits.recordsPerSecond);
  const due = intake.due(at);
  expect(due).toMatchObject([{ from: 50 }]);
  expect(take(due[0]?.received.bytes ?? new Uint8Array(0), at)).toBe('accepted');
  expect([sequenceOf('a'), intake.nextDeadline(at)]).toEqual([50, Number.POSITIVE_INFINITY]);
});

test('a record with the last possible epoch or sequence cannot make a name unusable', () => {
  const last = 2 ** 32 - 1;
  expect([take(announcement('a', 1, { epoch: last })), take(announcement('b', last))]).toEqual([
    'ignored',
    'ignored',
  ]);
});
