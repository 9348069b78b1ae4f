/** Events as `skein log` prints them: a line each, its time and type in columns, of many recipients the first ones. */
import { expect, test } from 'vitest';
import { localTime } from '../../../cli/kit/local-time.ts';
import type { LogEntry } from '../api.ts';
import { textLine } from './entry-line.ts';

const at = Date.UTC(2026, 10, 29, 12, 44, 25);
const id = '4f1c20ab'.repeat(4);
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `render-${i + 1}`);

function entry(type: string, from: string, to: readonly string[], subject: string, note = ''): LogEntry {
  return { cursor: '0123456789ab.7', n: 7, at, type, from, to, subject, note, trace: [] };
}

const entries: readonly LogEntry[] = [
  entry('broker.changed', 'rack-4', [], 'rack-4', 'epoch 1790000000000'),
  entry('node.present', 'rack-4', [], 'rack-4'),
  entry('node.joined', 'render-1', [], 'render-1'),
  entry('node.changed', 'render-1', [], 'render-1', 'not available, active'),
  entry('letter.stored', 'rack-4', ['render-1'], id, 'letter'),
  entry('letter.stored', 'rack-4', names(16), id, 'x'),
  entry('letter.rejected', 'rack-4', ['nobody'], id, 'SKEIN_UNKNOWN_NODE'),
  entry('letter.rejected', 'rack-4', [], '', 'SKEIN_BUSY: 199 more within 60 s'),
  entry('message.sent', 'rack-4', names(2), 'frame'),
  entry('message.posted', 'rack-4', [], 'tick', 'to all'),
  entry('log.missed', 'rack-4', [], '', '12 envelopes were not logged'),
  { ...entry('log.gap', '', [], '', '12 events were deleted before they were read'), at: 0 },
];

test('are of one shape: what is said of most fits 80 columns, and reasons are whole', () => {
  const lines = entries.map((each) => textLine(each).replace(localTime(at), '2026-11-29T12:44:25'));
  expect(lines).toMatchInlineSnapshot(`
    [
      "2026-11-29T12:44:25  broker.changed    rack-4  epoch 1790000000000",
      "2026-11-29T12:44:25  node.present      rack-4",
      "2026-11-29T12:44:25  node.joined       render-1",
      "2026-11-29T12:44:25  node.changed      render-1  not available, active",
      "2026-11-29T12:44:25  letter.stored     rack-4 -> render-1  4f1c20ab  letter",
      "2026-11-29T12:44:25  letter.stored     rack-4 -> render-1, render-2, render-3 and 13 more  4f1c20ab  x",
      "2026-11-29T12:44:25  letter.rejected   rack-4 -> nobody  4f1c20ab  SKEIN_UNKNOWN_NODE",
      "2026-11-29T12:44:25  letter.rejected   rack-4  SKEIN_BUSY: 199 more within 60 s",
      "2026-11-29T12:44:25  message.sent      rack-4 -> render-1, render-2  frame",
      "2026-11-29T12:44:25  message.posted    rack-4  tick  to all",
      "2026-11-29T12:44:25  log.missed        rack-4  12 envelopes were not logged",
      "-                    log.gap           12 events were deleted before they were read",
    ]
  `);
  expect(lines.filter((line) => line.length <= 80)).toHaveLength(entries.length - 3);
});

test('cannot steer a terminal, whatever a member has called its kind', () => {
  const line = textLine(entry('message.sent', 'a', ['b'], '\u001b[2Jkind\nnode.left'));
  expect([...line].every((character) => character >= ' ')).toBe(true);
});
