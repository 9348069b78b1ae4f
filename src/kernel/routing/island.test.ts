/** The size of an island is that of a second ago. */
import { expect, test } from 'vitest';
import type { Directory, NodeEntry } from '../contracts.ts';
import { limits } from '../limits.ts';
import { islandNodes, isSettled } from './island.ts';
import { Records } from './records.ts';

const settledMs = limits.islandSettledMs;

const announcementOf = (id: number) => ({
  id,
  name: `n${id}`,
  namespace: 'test',
  instance: '0123456789abcdef',
  epoch: 1,
  sequence: 1,
  left: false,
  version: '1',
  addresses: [],
  links: [],
  services: [],
  sections: new Map(),
});

function known(id: number): { records: Records; record: ReturnType<Records['get']> & object } {
  const records = new Records();
  records.put(announcementOf(id), new Uint8Array(1), 0);
  const record = records.get(id);
  if (record === undefined) throw new Error('not put');
  return { records, record };
}

test('a node counts once it has been within reach for a second, and for a second after', () => {
  const { records, record } = known(1);
  expect(isSettled(record, 10_000)).toBe(false);
  records.setReachable(record, true, 10_000);
  expect([isSettled(record, 10_000 + settledMs - 1), isSettled(record, 10_000 + settledMs)]).toEqual([
    false,
    true,
  ]);
  records.setReachable(record, false, 20_000);
  expect([isSettled(record, 20_000 + settledMs - 1), isSettled(record, 20_000 + settledMs)]).toEqual([
    true,
    false,
  ]);
});

test('a node that was out of reach for a moment counts all the time, one that was for longer begins anew', () => {
  const { records, record } = known(1);
  records.setReachable(record, true, 0);
  records.setReachable(record, false, 10_000);
  records.setReachable(record, true, 10_000 + settledMs - 1);
  expect(isSettled(record, 10_000 + settledMs)).toBe(true);
  records.setReachable(record, false, 20_000);
  records.setReachable(record, true, 20_000 + settledMs);
  expect(isSettled(record, 20_000 + settledMs)).toBe(false);
});

test('a node that was unreachable for long, and is another life when it comes back, counts after a second', () => {
  const { records, record } = known(1);
  records.setReachable(record, true, 0);
  records.setReachable(record, false, 10_000);
  // What another island says of it comes before the way to it.
  records.put({ ...announcementOf(1), instance: 'fedcba9876543210', epoch: 2 }, new Uint8Array(2), 20_000);
  records.setReachable(record, true, 20_200);
  expect([isSettled(record, 20_200), isSettled(record, 20_200 + settledMs)]).toEqual([false, true]);
});

test('the node itself counts once, whether it has a record of itself or not', () => {
  const settled = (id: number) => ({ id, reachable: true, since: 0, steadySince: 0 }) as NodeEntry;
  const directoryOf = (...ids: number[]) => ({ entries: () => ids.map(settled) }) as unknown as Directory;
  expect(islandNodes(directoryOf(), 7, settledMs)).toBe(1);
  expect(islandNodes(directoryOf(7, 8, 9), 7, settledMs)).toBe(3);
});
