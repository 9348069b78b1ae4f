import { expect, test } from 'vitest';
import { LetterKeys } from './letter-keys.ts';
import type { Letter, Stored } from './letters-types.ts';
import { letterLimits } from './limits.ts';

const letter = (key: string, digest = 'd') => ({ key, digest }) as Letter;
const stored = (id: string): Stored => ({ ok: true, id, n: 1, isRepeat: false });

test('a key is of the letter that waits under it, until that one has ended', () => {
  const keys = new LetterKeys(() => 0);
  const [one, other] = [{ letter: letter('k') }, { letter: letter('k') }];
  keys.add(one);
  keys.add(other);
  keys.ended(one);
  expect(keys.waiting('k')).toBe(other);
  keys.ended(other);
  expect(keys.waiting('k')).toBeUndefined();
  keys.add({ letter: letter('') });
  expect(keys.waiting('')).toBeUndefined();
});

test('a letter that waits for longer than a day holds its key no more', () => {
  let now = 0;
  const keys = new LetterKeys(() => now);
  const one = { letter: letter('k') };
  keys.add(one);
  now = letterLimits.letterKeyMs - 1;
  expect(keys.waiting('k')).toBe(one);
  now = letterLimits.letterKeyMs;
  expect(keys.waiting('k')).toBeUndefined();
});

test('of stored letters the newest are remembered, each for a day, and for the same letter alone', () => {
  let now = 0;
  const keys = new LetterKeys(() => now);
  for (let i = 0; i <= letterLimits.letterKeysRemembered; i++)
    keys.remember(letter(`k${i}`), stored(`id${i}`));
  expect(keys.stored(letter('k0'))).toBeUndefined();
  expect(keys.stored(letter('k1'))).toEqual(stored('id1'));
  expect(keys.stored(letter('k1', 'other'))).toBeUndefined();
  now = letterLimits.letterKeyMs;
  expect(keys.stored(letter('k1'))).toBeUndefined();
});
