import { expect, test } from 'vitest';
import { Outbox } from '../outbox.ts';
import type { Link } from './link.ts';
import { Polls } from './polls.ts';

function silentLink(name: string, told: string[]): Link {
  return { polled: () => told.push(name) } as unknown as Link;
}

test('a link that asks while phases pass already gets phases of its own', () => {
  const told: string[] = [];
  const outbox = new Outbox();
  const polls = new Polls(outbox);
  polls.want(silentLink('first', told));
  expect(outbox.drain()).toHaveLength(1);
  polls.want(silentLink('second', told));
  expect(outbox.drain()).toEqual([]);
  polls.polled(10);
  expect(told).toEqual(['first']);
  expect(outbox.drain()).toHaveLength(1);
  polls.polled(20);
  expect(told).toEqual(['first', 'second']);
  expect(outbox.drain()).toEqual([]);
});
