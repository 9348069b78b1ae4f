import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Delivery, LettersEvent } from './letters-types.ts';
import { Mailbox } from './mailbox.ts';
import { decodeLetterMessage } from './wire.ts';

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

test('what was said of a letter is said again to the next broker, with its attempt, and not to one that was away', () => {
  const said: string[] = [];
  const mailbox = new Mailbox({
    agent: { flushLater: () => undefined, random: { next: () => 0.5 } } as unknown as BehaviorAgent,
    send: (bytes) => {
      const message = decodeLetterMessage(bytes);
      if (message?.type === 'open') said.push(`open ${message.inHand.join(' ')}`);
      if (message?.type !== 'settle') return true;
      for (const { n, attempt, settlement } of message.items)
        said.push(`${n} ${settlement.outcome} ${attempt}`);
      return true;
    },
    deliver: () => undefined,
  });
  mailbox.open({
    ...{ letters: 10, bytes: 1000 },
    selection: { types: [], others: true, conversations: true },
  });
  mailbox.received(1, 7, [{ ...delivery(3, 'letter'), attempt: 2 }]);
  mailbox.again(7, 3, 2, 'busy');
  mailbox.flush();
  mailbox.announce();
  mailbox.flush();
  expect(said).toEqual(['open ', '3 again 2', 'open 3']);
  mailbox.brokerChanged();
  expect(said.slice(3)).toEqual(['open 3', '3 again 2']);
});

test('a second outcome of a letter is none, and one of another store or of a letter that is not in hand neither', () => {
  const said: string[] = [];
  const mailbox = new Mailbox({
    agent: { flushLater: () => undefined, random: { next: () => 0.5 } } as unknown as BehaviorAgent,
    send: (bytes) => {
      const message = decodeLetterMessage(bytes);
      if (message?.type === 'settle')
        for (const { n, settlement } of message.items) said.push(`${n} ${settlement.outcome}`);
      return true;
    },
    deliver: () => undefined,
  });
  mailbox.open({
    ...{ letters: 10, bytes: 1000 },
    selection: { types: [], others: true, conversations: true },
  });
  mailbox.received(1, 7, [delivery(1, 'letter'), delivery(2, 'letter')]);
  mailbox.handled(8, 1);
  mailbox.handled(7, 3);
  mailbox.handled(7, 1);
  mailbox.end(7, 1, 'failed', 'too late');
  mailbox.again(7, 1, 1, 'too late');
  mailbox.flush();
  mailbox.end(7, 1, 'refused', 'too late');
  mailbox.flush();
  expect(said).toEqual(['1 handled']);
  expect(mailbox.inHandCount).toBe(1);
  mailbox.end(7, 2, 'refused', 'no');
  mailbox.handled(7, 2);
  mailbox.flush();
  expect(said).toEqual(['1 handled', '2 refused']);
});
