import { expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import type { LetterReport, LettersEvent } from '../core/letters-types.ts';
import { OwnReports } from '../core/own-reports.ts';
import { decodeLetterMessage, type Heard } from '../core/wire.ts';
import { UndeliveredLetters } from './undelivered-letters.ts';

/** Letters of `a`: what its program hears, and what the broker is asked. */
function opened() {
  const asked: Heard[] = [];
  const warnings: string[] = [];
  const events: Extract<LettersEvent, { type: 'undelivered' }>[] = [];
  const agent = {
    self: { name: 'a' },
    log: (_level: string, text: string) => warnings.push(text),
  } as unknown as BehaviorAgent;
  const reports = new OwnReports({
    agent,
    send(message) {
      const decoded = decodeLetterMessage(message);
      if (decoded?.type === 'heard') asked.push(decoded);
      else asked.push(nothing);
      return true;
    },
    deliver: (event) => event.type === 'undelivered' && events.push(event),
  });
  const program = { left: Number.POSITIVE_INFINITY, heard: [] as string[] };
  const undelivered = new UndeliveredLetters({
    behavior: { reports } as never,
    tell: () => reports.listening(),
    tryEnter: () => true,
    isListenedTo: () => program.left > 0,
    emit(_type, { id }) {
      program.left--;
      program.heard.push(id);
    },
  });
  const report = (...numbers: readonly number[]) => {
    const all = numbers.map((number) => ({ report: number, id: `${number}` }) as LetterReport);
    reports.received({ type: 'report', store: 5, dropped: 3, reports: all });
  };
  const deliver = (): void => {
    for (const event of events.splice(0)) undelivered.ended(event.letters);
  };
  return { reports, undelivered, program, asked, warnings, report, deliver };
}

const nothing: Heard = { store: 0, report: 0, dropped: 0 };

test('reports that came twice before the program has heard of them are said once', () => {
  const { undelivered, program, asked, report, deliver } = opened();
  undelivered.listening();
  report(1, 2);
  report(1, 2);
  deliver();
  expect(program.heard).toEqual(['1', '2']);
  report(2, 3);
  deliver();
  expect(program.heard).toEqual(['1', '2', '3']);
  expect(asked.map((heard) => heard.report)).toEqual([0, 2, 3]);
});

test('what counts as heard ends where the program has listened last, and nothing is asked before it listens again', () => {
  const { undelivered, program, asked, reports, report, deliver } = opened();
  program.left = 1;
  undelivered.listening();
  report(1, 2);
  deliver();
  expect([program.heard, asked]).toMatchObject([['1'], [nothing, { store: 5, report: 1, dropped: 3 }]]);
  report(2);
  reports.brokerChanged();
  deliver();
  expect([program.heard.length, asked.length]).toEqual([1, 2]);
  program.left = 1;
  undelivered.listening();
  report(2);
  deliver();
  expect(program.heard).toEqual(['1', '2']);
});

test('a repeat of what was heard is no event, and the broker is asked to note it again', () => {
  const { undelivered, program, asked, report, deliver } = opened();
  undelivered.listening();
  report(1);
  deliver();
  report(1);
  deliver();
  expect(program.heard).toEqual(['1']);
  expect(asked.map((heard) => heard.report)).toEqual([0, 1, 1]);
});

test('reports that were dropped are a warning once, and are taken off the count of the store once', () => {
  const { reports, undelivered, asked, warnings, report, deliver } = opened();
  undelivered.listening();
  report(1, 2);
  deliver();
  expect(warnings).toHaveLength(1);
  reports.brokerChanged();
  expect(asked.map(({ dropped }) => dropped)).toEqual([0, 3, 0]);
});
