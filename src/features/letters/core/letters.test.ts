/** What a member does with words of a node that it does not follow. */
import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { Member, SwarmCore } from '../../swarm/core/shared.ts';
import { Letters } from './letters.ts';
import type { LettersEvent, LettersShape } from './letters-types.ts';
import type { OwnReports } from './own-reports.ts';
import { decodeLetterMessage, encodeReport, type LetterMessage } from './wire.ts';

const report = { id: 'a'.repeat(32), recipient: 'b', state: 'refused', reason: 'no', report: 3 } as const;
const sender: Member = { node: 2, life: 5, run: 1, name: 'c' };

/** A node that knows nobody but its sender, and may follow it. */
function rig() {
  const events: LettersEvent[] = [];
  const swarm = {
    broker: undefined as { readonly node: number } | undefined,
    office: { state: 'elsewhere' },
    follow: () => undefined,
    answerBy: () => undefined,
    depositBy: () => undefined,
  };
  const agent = {
    ...{ now: 0, wallNow: 0, self: { id: 1, name: 'a', instance: '0123456789abcdef' } },
    directory: { get: () => ({ name: 'c', instance: 'fedcba9876543210' }) },
    ...{ uptime: () => undefined, ownStore: () => 1, flushLater: () => undefined, log: () => undefined },
    deliver: (event: LettersEvent) => void events.push(event),
  };
  const letters = new Letters(swarm as unknown as SwarmCore);
  letters.lifecycle.started?.(agent as unknown as BehaviorAgent<LettersShape>);
  // As its facade does for a program that listens.
  (letters as unknown as { reports: OwnReports }).reports.listening();
  let processed = 0;
  const hears = (): void => {
    const message = decodeLetterMessage(encodeReport(7, 0, [report])) as LetterMessage;
    // As its lines would call it.
    const { received } = letters as unknown as { received: Received };
    received.call(letters, sender, message, () => processed++);
  };
  return { swarm, events, hears, processed: () => processed };
}

type Received = (from: Member, message: LetterMessage, done: () => void) => void;

test('a report of a node that is not followed is neither believed nor processed, so that it comes again', () => {
  const { swarm, events, hears, processed } = rig();
  hears();
  expect([events, processed()]).toEqual([[], 0]);
  swarm.broker = { node: 9 };
  hears();
  expect([events, processed()]).toEqual([[], 0]);
  swarm.broker = { node: 2 };
  hears();
  expect(processed()).toBe(1);
  expect(events).toMatchObject([{ type: 'undelivered', letters: [{ recipient: 'b', state: 'refused' }] }]);
});
