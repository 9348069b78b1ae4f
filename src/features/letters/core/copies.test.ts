import { expect, test } from 'vitest';
import { Copies, type CopiesPorts, endedOf } from './copies.ts';
import type { OutboxLetter } from './letters-types.ts';

test('an answer about what has ended gives up nothing that was not asked for, whatever it is', () => {
  const ids = ['a', 'b', 'c'];
  expect(endedOf('["c","x","a"]', ids)).toEqual(['a', 'c']);
  for (const json of ['', '{', 'null', '{"a":true}', '"a"', '7', '[7,null,["a"]]'])
    expect(endedOf(json, ids)).toEqual([]);
});

test('what another store had is sent again, also where the outbox could not note which, and nothing that is on its way', () => {
  let home = 'first';
  const again: string[] = [];
  const noted = { id: 'noted', storedIn: 'first' };
  const unnoted = { id: 'unnoted', storedIn: '' };
  const onItsWay = { id: 'on its way', storedIn: '' };
  const ports = {
    outbox: {
      load: (_notIn: string, read: (letters: readonly OutboxLetter[]) => void) =>
        read([noted, unnoted, onItsWay] as OutboxLetter[]),
      stored: () => undefined,
    },
    now: () => 0,
    home: () => home,
    sendAgain: (letters: readonly OutboxLetter[]) => again.push(...letters.map(({ id }) => id)),
  };
  const copies = new Copies(ports as unknown as CopiesPorts);
  for (const id of ['noted', 'unnoted']) copies.stored(id, home);
  copies.look();
  expect(again).toEqual([]);
  home = 'second';
  copies.look();
  copies.look();
  expect([again, copies.count]).toEqual([['noted', 'unnoted'], 0]);
});
