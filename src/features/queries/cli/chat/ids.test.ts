/** What is said in a chat of an id that means nothing, or too much. */
import { expect, test } from 'vitest';
import { chooseId, idProblem } from '../../../../cli/kit/short-id.ts';
import { conversations, orders } from './ids.ts';

const known = ['4f1c20ab', '4f1c30ab', '5a6b'].map((digits) => digits.padEnd(32, '0'));

test('an id of a conversation that fits several or none of this node says which, and where they are listed', () => {
  expect(() => chooseId(conversations, '4f1c', known)).toThrow(
    /^the ids of 2 conversations begin with 4f1c: write more digits of one of 4f1c20ab.*, 4f1c30ab/,
  );
  expect(() => chooseId(conversations, '9999', known)).toThrow(
    /^this node takes part in no conversation 9999: `conversations` lists/,
  );
  expect(idProblem(conversations, 'b')).toMatch(/^"b" is not the id of a conversation: write 4 to 32/);
});

test('an id of an order is said to be one', () => {
  expect(() => chooseId(orders, '4f1c', known)).toThrow(/^the ids of 2 orders begin with 4f1c/);
  expect(() => chooseId(orders, '9999', known)).toThrow(/^the swarm has no order 9999: `order status` lists/);
  expect(idProblem(orders, 'b')).toMatch(/^"b" is not the id of an order: write 4 to 32/);
});
