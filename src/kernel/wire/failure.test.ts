import { expect, test } from 'vitest';
import { type Failure, failure } from '../errors.ts';
import { Reader, Writer } from './bytes.ts';
import { readFailure, writeFailure } from './failure.ts';

function through(given: Failure): Failure | undefined {
  const writer = new Writer();
  writeFailure(writer, given);
  const reader = new Reader(writer.finish());
  const read = readFailure(reader);
  return reader.complete ? read : undefined;
}

/** What was read of these texts; undefined: it was refused. */
function readOf(code: string, message: string, details: string): Failure | undefined {
  const reader = new Reader(new Writer().text(code).text(message).text(details).finish());
  const read = readFailure(reader);
  return reader.complete ? read : undefined;
}

test('a failure arrives with its details, or without any where it had none', () => {
  for (const details of [undefined, { nodes: ['b', 'c'] }, { ids: [] }, 'text', 7, null])
    expect(through(failure('SKEIN_MAILBOX_FULL', 'full', details))).toEqual(
      failure('SKEIN_MAILBOX_FULL', 'full', details),
    );
  expect(through(failure('SKEIN_FAILED', 'x'))).not.toHaveProperty('details');
});

test('details of more than 16 KiB are left out, however few characters they are, and a long text is cut', () => {
  const of = (text: string) => through(failure('SKEIN_FAILED', 'x', text));
  expect(of('x'.repeat(16 * 1024 - 2))?.details).toHaveLength(16 * 1024 - 2);
  for (const text of ['x'.repeat(16 * 1024 - 1), '\u20ac'.repeat(6000)])
    expect(of(text)).toEqual(failure('SKEIN_FAILED', 'x'));
  expect(through(failure('SKEIN_FAILED', '\u20ac'.repeat(5000)))?.message).toBe('\u20ac'.repeat(1365));
});

test('details that are no JSON, or too long, are refused; an unknown code is SKEIN_FAILED', () => {
  expect(readOf('SKEIN_STORE', 'x', '{')).toBeUndefined();
  expect(readOf('SKEIN_STORE', 'x', `"${'x'.repeat(16 * 1024)}"`)).toBeUndefined();
  expect(readOf('SKEIN_LATER', 'x', '')).toEqual(failure('SKEIN_FAILED', 'x'));
});
