/** The judge of a fleet that was killed, on diaries that are made up. */
import { expect, test } from 'vitest';
import { judge, owed, type StoreContent } from './judge.ts';

const id = (n: number): string => n.toString(16).padStart(32, '0');
const diaries = (texts: Readonly<Record<string, string>>) => new Map(Object.entries(texts));
const empty: StoreContent = { integrity: ['ok'], ends: [], copies: [] };

const good = {
  ann: `sending k1\nstored k1 ${id(1)} bob,cat store\n`,
  bob: `begun ${id(1)} k1\nhandled ${id(1)} k1\n`,
  cat: `begun ${id(1)} k1\nbegun ${id(1)} k1\nhandled ${id(1)} k1\n`,
};

test('a letter that all its recipients have handled is as it should be, and one handed over after that is counted', () => {
  const ends = ['bob', 'cat'].map((recipient) => ({ id: id(1), recipient, state: 'delivered' }));
  const again = { ...good, bob: `${good.bob}begun ${id(1)} k1\n` };
  expect(judge(diaries(again), { ...empty, ends })).toEqual({
    ...{ stored: 1, handled: 2, repeats: new Map([['bob', 1]]), failed: new Map() },
    problems: [],
  });
  expect(owed(diaries(good))).toBe(0);
});

test('a letter that was stored and never handled, settled without its recipient, or has two ids is found', () => {
  const unhandled = diaries({ ...good, cat: `begun ${id(1)} k1\n` });
  expect(owed(unhandled)).toBe(1);
  expect(judge(unhandled, empty).problems).toEqual(['letter k1 was stored, and cat has never handled it']);
  const ends = [{ id: id(2), recipient: 'bob', state: 'delivered' }];
  expect(judge(diaries(good), { ...empty, ends }).problems).toEqual([
    `letter ${id(2)} is delivered, and bob has not handled it`,
  ]);
  const twice = { ...good, cat: `handled ${id(1)} k1\nhandled ${id(3)} k1\n` };
  expect(judge(diaries(twice), empty).problems).toEqual([`letter k1 has two ids, ${id(1)} and ${id(3)}`]);
});

test('a letter that is in an outbox may have another id in the store, one for all of its recipients', () => {
  const again = (where: string) => ({ ...good, ann: `sending k1\nstored k1 ${id(2)} bob,cat ${where}\n` });
  expect(judge(diaries(again('outbox')), empty).problems).toEqual([]);
  expect(owed(diaries(again('outbox')))).toBe(0);
  expect(judge(diaries(again('store')), empty).problems).toContain(
    `letter k1 has two ids, ${id(2)} and ${id(1)}`,
  );
  expect(owed(diaries(again('store')))).toBe(2);
  const unhandled = { ...again('outbox'), cat: '' };
  expect(judge(diaries(unhandled), empty).problems).toEqual([
    'letter k1 was stored, and cat has never handled it',
  ]);
  expect(owed(diaries(unhandled))).toBe(1);
  const handledTwice = { ...again('outbox'), cat: `handled ${id(2)} k1\n` };
  expect(judge(diaries(handledTwice), empty).problems).toContain(
    `letter k1 has two ids, ${id(1)} and ${id(2)}`,
  );
});

test('what ended otherwise, waits at the end, is damaged, or failed with a code that no kill explains is found', () => {
  const store = {
    integrity: ['row 7 missing from index'],
    ends: [{ id: id(1), recipient: 'bob', state: 'failed' }],
    copies: [{ id: id(1), recipient: 'cat' }],
  };
  const odd = {
    ...good,
    eve: 'sending k2\nfailed k2 SKEIN_TIMEOUT\nfailed k2 SKEIN_INVALID\nwhat is this\n',
  };
  expect(judge(diaries(odd), store).problems).toEqual([
    'eve has written what cannot be read: what is this',
    'a send has failed with SKEIN_INVALID',
    'integrity_check: row 7 missing from index',
    `letter ${id(1)} is failed for bob`,
    `letter ${id(1)} waits for cat at the end`,
  ]);
});

test('with dedup only what was handled last before a kill may be handed over again', () => {
  const handledOne = (n: number) => `begun ${id(n)} k${n}\nhandled ${id(n)} k${n}\n`;
  const many = Array.from({ length: 9 }, (_, n) => handledOne(n + 1)).join('');
  const dan = (again: number) =>
    judge(diaries({ dan: `started\n${many}started\nbegun ${id(again)} k${again}\n` }), empty, ['dan']);
  expect(dan(2).problems).toEqual([]);
  expect(dan(1).problems).toEqual([`letter ${id(1)} was handed to dan again, long after it had handled it`]);
});

test('a last line that was being written when its member was killed does not count', () => {
  expect(judge(diaries({ ...good, ann: `${good.ann}stored k2 ${id(9)} b` }), empty).problems).toEqual([]);
});
