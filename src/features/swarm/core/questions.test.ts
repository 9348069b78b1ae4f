/** Questions to the broker: whose answers count. */
import { expect, test } from 'vitest';
import { failure } from '../../../kernel/errors.ts';
import { Questions } from './questions.ts';

test('an answer of a node that is not the broker is no answer, nor is its failure', () => {
  let broker = 1;
  const ended: unknown[] = [];
  const questions = new Questions((node) => node === broker);
  const reply = {
    answer: (json: string) => void ended.push(json),
    fail: ({ code }: { code: string }) => void ended.push(code),
  };
  for (const verb of ['first', 'second']) questions.add(verb, {}, reply, 0);
  questions.answered(2, 1, '"lie"');
  questions.failed(2, 2, failure('SKEIN_INVALID', 'lie'));
  expect(ended).toEqual([]);
  questions.answered(1, 1, '"true"');
  broker = 3;
  questions.failed(1, 2, failure('SKEIN_INVALID', 'of the broker before it'));
  expect(ended).toEqual(['"true"']);
  questions.failed(3, 2, failure('SKEIN_BUSY', 'true'));
  expect(ended).toEqual(['"true"', 'SKEIN_BUSY']);
});
