/** What a shortened id means, and what is said where it means nothing or too much. */
import { expect, test, vi } from 'vitest';
import { UsageError } from './exit.ts';
import { chooseId, digitsShown, findId, type IdKind, idProblem } from './short-id.ts';

const kind: IdKind = {
  noun: 'goose',
  shownBy: 'as `flock ls` shows them',
  unknown: (given) => `no goose ${given}`,
};
const whole = (digits: string): string => digits.padEnd(32, '0');
const known = ['abcd1', 'abcd2', 'ffff', 'abce'].map(whole);

test('an id may be shortened to four digits or more, in either case', () => {
  expect(chooseId(kind, 'ffff', known)).toBe(whole('ffff'));
  expect(chooseId(kind, 'ABCE', known)).toBe(whole('abce'));
  expect(chooseId(kind, 'abcd2', known)).toBe(whole('abcd2'));
});

test('an ambiguous id names the things that it fits, five at most, each once', () => {
  expect(() => chooseId(kind, 'abcd', known)).toThrow(
    `the ids of 2 gooses begin with abcd: write more digits of one of ${whole('abcd1')}, ${whole('abcd2')}`,
  );
  const many = Array.from({ length: 7 }, (_, i) => whole(`abcd${i}`));
  expect(() => chooseId(kind, 'abcd', many)).toThrow(`${many[4]} and 2 more`);
  expect(chooseId(kind, 'ffff', [...known, ...known])).toBe(whole('ffff'));
});

test('what is no id is wrong input; an id that nobody knows is not', () => {
  for (const wrong of ['abc', 'abcg', '', 'a'.repeat(33), 'ab\u001b[2J'])
    expect(() => chooseId(kind, wrong, known), wrong).toThrow(UsageError);
  const problem = catching(() => chooseId(kind, '0000', known));
  expect(problem).not.toBeInstanceOf(UsageError);
  expect(problem).toEqual(new Error('no goose 0000'));
});

test('what is wrong with an id is said with what shows the ids of that kind, where something does', () => {
  expect(idProblem(kind, 'abc')).toBe(
    '"abc" is not the id of a goose: write 4 to 32 hexadecimal digits, as `flock ls` shows them',
  );
  expect(idProblem({ noun: 'order', unknown: String }, 'x')).toBe(
    '"x" is not the id of an order: write 4 to 32 hexadecimal digits',
  );
  expect(idProblem(kind, 'ABCD')).toBeUndefined();
});

test('the known ids are asked for only where an id is shortened', async () => {
  const list = vi.fn(async () => known);
  expect(await findId(kind, whole('9999'), list)).toBe(whole('9999'));
  await expect(findId(kind, 'abc', list)).rejects.toThrow(UsageError);
  expect(list).not.toHaveBeenCalled();
  expect(await findId(kind, 'ABCE', list)).toBe(whole('abce'));
  expect(list).toHaveBeenCalledExactlyOnceWith('abce');
});

test('a table shows as many digits of the ids as tell them apart, and at least eight', () => {
  expect(digitsShown(known.map((id) => ({ id })))).toBe(8);
  expect(digitsShown([{ id: whole('1234567890a') }, { id: whole('1234567890b') }])).toBe(11);
});

function catching(act: () => unknown): unknown {
  try {
    return act();
  } catch (problem) {
    return problem;
  }
}
