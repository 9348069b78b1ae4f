import { expect, test } from 'vitest';
import { codeOfThrown, isError, stackOfThrown, textOfThrown } from './thrown.ts';

const trap = (): never => {
  throw new Error('trap');
};
const hostile = new Proxy({}, { get: trap, getPrototypeOf: trap, has: trap });

test.each<readonly [string, unknown, string]>([
  ['an error', new Error('no beans'), 'no beans'],
  ['text', 'no beans', 'no beans'],
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['an object', { code: 5 }, '[object Object]'],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: 5 }), 'Error: 5'],
  ['an object without a prototype', Object.create(null), 'a thrown value that has no text'],
  [
    'one whose message throws',
    {
      get message() {
        return trap();
      },
    },
    'a thrown value that has no text',
  ],
  ['one whose toString throws', { toString: trap }, 'a thrown value that has no text'],
  ['a Proxy that throws', hostile, 'a thrown value that has no text'],
])('%s has a text, and nothing throws for it', (_what, thrown, text) => {
  expect(textOfThrown(thrown)).toBe(text);
  expect(stackOfThrown(thrown)).toContain(text);
  expect(codeOfThrown(thrown)).toBeUndefined();
  expect(isError(thrown)).toBe(thrown !== hostile && thrown instanceof Error);
});

test('a code counts where it is text', () => {
  const coded = (code: unknown) => codeOfThrown(Object.assign(new Error('x'), { code }));
  expect(['E1', 5, Object.create(null)].map(coded)).toEqual(['E1', undefined, undefined]);
});
