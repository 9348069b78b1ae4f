import { expect, test } from 'vitest';
import { formatResult } from '../../features/messaging/cli/send.ts';
import { formatRoute, formatTopology } from '../../features/topology/cli/mesh.ts';
import { changeOf } from '../commands/node.ts';
import { formatExplanation } from '../commands/why.ts';
import { stderrLogger } from '../logger.ts';
import { ExitError, exitCodeOf, lineOf, UsageError } from './exit.ts';
import { fittedTable, lineFitted, list, printable, table } from './output.ts';

test('a table is as wide as its widest cell and has no trailing blanks', () => {
  const text = table(
    ['NAME', 'HOPS'],
    [
      ['a', '1'],
      ['render7', ''],
    ],
  );
  expect(text).toBe('NAME     HOPS\na        1\nrender7');
});

test('a table that has to fit cuts the widest of the columns that may be cut, and leaves small ones alone', () => {
  const long = 'x'.repeat(100);
  const [, line = ''] = fittedTable(['ID', 'A', 'B'], [['1'.repeat(20), long, 'short']], ['A', 'B']).split(
    '\n',
  );
  expect(line).toBe(`${'1'.repeat(20)}  ${'x'.repeat(50)}\u2026  short`);
  expect(fittedTable(['ID', 'A'], [['1', 'x']], ['A'])).toBe('ID  A\n1   x');
  expect(fittedTable(['ID', 'LONG'], [[long, 'letters']], ['LONG'])).toContain(`${long}  let\u2026`);
});

test('a line is cut at the width of a terminal, and is whole for a pipe or a file', () => {
  const line = 'x'.repeat(120);
  expect(lineFitted(line, { isTTY: true, columns: 100 })).toBe(`${'x'.repeat(99)}\u2026`);
  expect(lineFitted(line, { isTTY: true, columns: 120 })).toBe(line);
  expect(lineFitted(line, { isTTY: true, columns: 0 })).toBe(`${'x'.repeat(79)}\u2026`);
  expect(lineFitted(line, { columns: 100 })).toBe(line);
  expect(lineFitted(line, { isTTY: false })).toBe(line);
});

test('pairs are aligned', () => {
  expect(
    list([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('a     1\nlong  2');
});

test('what comes from elsewhere cannot steer the terminal', () => {
  expect(printable('a\u001b[2Jb\nc\u202e')).toBe('a\\u001b[2Jb\\u000ac\\u202e');
  expect(table(['A'], [['\u0007']])).toBe('A\n\\u0007');
});

test('a topology counts its nodes and links', () => {
  expect(formatTopology({ b: ['a'], a: ['b'], c: [] })).toBe(
    'NODE  LINKED TO\na     b\nb     a\nc     -\n3 nodes, 1 link',
  );
});

test('a route counts its hops; there is none to the node itself', () => {
  expect(formatRoute('c', ['b', 'c'])).toBe('b -> c (2 hops)');
  expect(formatRoute('a', [])).toBe('a is this node itself');
});

test('a result says who got it, who did not, and why', () => {
  const result = {
    id: 1,
    delivered: ['b'],
    missing: [{ node: 'c', reason: 'no-route' as const }],
    deliveredCount: 1,
    missingCount: 1,
  };
  expect(formatResult(result, undefined)).toBe('b  delivered\nc  missing: no route to it (see `skein why`)');
  expect(formatResult(result, 'count')).toBe('1 delivered, 1 missing');
  expect(formatResult({ ...result, delivered: [], missing: [] }, undefined)).toContain('this node is alone');
});

test('an explanation is its findings or, without any, its summary', () => {
  expect(formatExplanation({ summary: 's', findings: [] })).toBe('s');
  expect(formatExplanation({ summary: 's', findings: [{ code: 'x', text: 'why' }] })).toBe('why');
});

test('settings of a running node are read as people write them', () => {
  expect(changeOf('degree', '4')).toEqual({ degree: 4 });
  expect(changeOf('sync-period', '5s')).toEqual({ syncPeriodMs: 5000 });
  expect(() => changeOf('degree', 'x')).toThrow('set: degree: expected a whole number');
  expect(() => changeOf('send-timeout', 'x')).toThrow('set: send-timeout: expected a duration');
  expect(() => changeOf('send-timeout', undefined)).toThrow('send-timeout: say its value: a duration');
  expect(() => changeOf('dergee', '4')).toThrow('set: unknown setting "dergee": did you mean degree?');
  expect(() => changeOf('listen', ':0')).toThrow('set: listen does not change while a node runs');
});

test('wrong input is exit 2, other failures exit 1, each in one line', () => {
  const failed = Object.assign(new Error('no\n  way'), { code: 'SKEIN_NAME_TAKEN' });
  expect([exitCodeOf(failed), lineOf(failed)]).toEqual([1, 'skein: no way (SKEIN_NAME_TAKEN)']);
  expect(exitCodeOf(Object.assign(new Error('x'), { code: 'SKEIN_INVALID' }))).toBe(2);
  expect(lineOf(new Error('\u001b]0;title\u0007'))).toBe('skein: \\u001b]0;title\\u0007');
  expect([exitCodeOf(new UsageError('x')), lineOf(new UsageError('x'))]).toEqual([2, 'skein: x']);
  expect([exitCodeOf(new ExitError(1)), lineOf(new ExitError(1))]).toEqual([1, undefined]);
});

test('the log has one line per entry, from its level up', () => {
  const lines: string[] = [];
  const logger = stderrLogger('warn', (line) => lines.push(line));
  logger.info({}, 'not this');
  logger.warn({ node: 'b' }, 'two\nlines');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\S+Z warn two\\u000alines node="b"\n$/);
});
