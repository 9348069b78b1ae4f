/** A line of a terminal that is redrawn, taken away or kept. */
import { expect, test } from 'vitest';
import { LiveLine } from './live-line.ts';

function terminalOf(columns: number) {
  const written: string[] = [];
  const line = new LiveLine({ isTTY: true, columns, write: (text) => written.push(text) });
  return { written, line };
}

const clear = '\r\u001b[K';

test('a text replaces the one before in the same line, cut to the width of the terminal', () => {
  const { written, line } = terminalOf(10);
  line.show('half of it');
  line.show('nearly all of it');
  line.clear();
  line.clear();
  expect(written).toEqual([`${clear}half of it`, `${clear}nearly al…`, clear]);
});

test('what is kept is whole, and the next text has a line of its own', () => {
  const { written, line } = terminalOf(10);
  line.keep();
  line.show('short');
  line.keep();
  line.show('longer than it');
  line.keep();
  line.keep();
  expect(written).toEqual([`${clear}short`, '\n', `${clear}longer th…`, `${clear}longer than it\n`]);
});
