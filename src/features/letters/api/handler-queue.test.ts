/** What a handler's queue does with letters that are given back. */
import { expect, test } from 'vitest';
import type { Delivery } from '../core/letters-types.ts';
import { HandlerQueue } from './handler-queue.ts';

const delivery = (n: number, author: string): Delivery => ({
  ...{ n, id: n.toString(16).padStart(32, '0'), author, recipients: ['b'], type: 'letter', sentAt: 1 },
  ...{ attempt: 1, encoding: 0, body: new Uint8Array(1), via: 'c' },
});

test('with ordered an author whose letter was given back while it waited for a free handler is handled again', async () => {
  const timers: (() => void)[] = [];
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const mailbox = { retryWaitMs: () => 1, handled: () => undefined };
  const ports = {
    after: (ms: number, callback: () => void) => {
      if (ms === 1) timers.push(callback);
      return () => undefined;
    },
    ...{ warn: () => undefined, tryEnter: () => true, behavior: { mailbox } },
  };
  const handle = ({ from, attempt }: { from: string; attempt: number }) => {
    begun.push(`${from} ${attempt}`);
    if (begun.length === 1) throw new Error('as planned');
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const handler = { handle, concurrency: 1, attempts: 10, ordered: true } as never;
  const queue = new HandlerQueue(ports as never, handler, () => undefined);
  queue.received(1, delivery(1, 'ann'));
  queue.received(1, delivery(2, 'cat'));
  queue.open();
  await expect.poll(() => begun).toEqual(['ann 1', 'cat 1']);
  // Its time comes while the only handler is at work for another author.
  timers[0]?.();
  expect(queue.forget()).toEqual([1]);
  queue.received(1, delivery(1, 'ann'));
  ends[0]?.();
  await expect.poll(() => begun).toEqual(['ann 1', 'cat 1', 'ann 1']);
});
