import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Delivery, LettersEvent } from './letters-types.ts';
import { Mailbox } from './mailbox.ts';

const delivery = (n: number, type: string): Delivery => ({
  ...{ n, id: n.toString(16).padStart(32, '0'), author: 'a', recipients: ['b'], type, sentAt: 1, attempt: 1 },
  ...{ encoding: 0, body: new Uint8Array(1), via: 'c' },
});

test('a letter that no handler selects is not handed over, whatever the broker sends', () => {
  const events: LettersEvent[] = [];
  const mailbox = new Mailbox({
    agent: { flushLater: () => undefined } as unknown as BehaviorAgent,
    send: () => true,
    deliver: (event) => void events.push(event),
  });
  mailbox.open({
    ...{ letters: 10, bytes: 1000 },
    selection: { types: ['order'], others: false, conversations: false },
  });
  mailbox.received(1, 7, [delivery(1, 'letter'), delivery(2, 'order'), delivery(3, 'conversation.x')]);
  expect(events).toMatchObject([{ type: 'letters', store: 7, deliveries: [{ n: 2, type: 'order' }] }]);
  expect(mailbox.inHandCount).toBe(1);
});
