/** Questions at the broker while its store is another one's for a moment. */
import { expect, test } from 'vitest';
import { failure } from '../../../kernel/errors.ts';
import { Answering } from './answering.ts';
import type { Answer, Office } from './shared.ts';

const claimed = failure('SKEIN_STORE_CLAIMED', 'another broker has claimed the store');
const from = { node: 1, life: 2 };

function broker(answer: (reply: Answer) => void) {
  let office: Office = { state: 'open', store: 1 };
  const replies: Uint8Array[] = [];
  const answering = new Answering({
    reply: (_end, message) => void replies.push(message),
    nameOf: () => 'a',
    office: () => office,
    use: () => undefined,
    admit: (_from, act) => act(undefined),
  });
  answering.by('verb', (_from, _input, reply) => answer(reply));
  const become = (next: Office): void => {
    office = next;
    answering.officeChanged();
  };
  const ask = () => answering.question(from, { type: 'question', number: 7, verb: 'verb', json: '{}' });
  return { become, ask, replies };
}

test('a question that comes while another broker has claimed the store waits until this one has it again', () => {
  const { become, ask, replies } = broker((reply) => reply.answer('1'));
  become({ state: 'failed', failure: claimed });
  ask();
  become({ state: 'failed', failure: claimed });
  become({ state: 'opening' });
  expect(replies).toHaveLength(0);
  become({ state: 'open', store: 1 });
  expect(replies).toHaveLength(1);
});

test('a question whose operation another claim of the store has undone is answered once this broker has it again', () => {
  let times = 0;
  const { become, ask, replies } = broker((reply) => {
    if (++times > 1) return reply.answer('1');
    become({ state: 'failed', failure: claimed });
    reply.fail(claimed);
  });
  ask();
  expect([times, replies.length]).toEqual([1, 0]);
  become({ state: 'opening' });
  become({ state: 'open', store: 1 });
  expect([times, replies.length]).toEqual([2, 1]);
});

test('a question that waits for a store that cannot be opened fails, and at a node that is not the broker any more it is dropped', () => {
  const { become, ask, replies } = broker((reply) => reply.answer('1'));
  become({ state: 'failed', failure: claimed });
  ask();
  become({ state: 'failed', failure: failure('SKEIN_STORE', 'damaged') });
  expect(replies).toHaveLength(1);
  become({ state: 'failed', failure: claimed });
  ask();
  become({ state: 'elsewhere' });
  become({ state: 'open', store: 1 });
  expect(replies).toHaveLength(1);
});
