import { describe, expect, test } from 'vitest';
import { calls, streams } from '../remote/registry.ts';
import { checkInput, describeInput } from './operation.ts';

const problemOf = (schema: Parameters<typeof checkInput>[0], input: unknown): string => {
  try {
    checkInput(schema, input);
    return 'accepted';
  } catch (problem) {
    expect(problem).toMatchObject({ code: 'SKEIN_INVALID' });
    return (problem as Error).message;
  }
};

describe('wrong input is said in one line', () => {
  test.each<[string, Parameters<typeof checkInput>[0], unknown, string]>([
    ['not an object', calls.status.input, 7, 'the input is one JSON object'],
    ['an unknown field', calls.why.input, { nod: 'a' }, 'nod: unknown field; accepted are node'],
    ['a field where none is', calls.status.input, { a: 1 }, 'a: unknown field; this operation takes none'],
    ['a missing field', calls.route.input, {}, 'node: missing; expected a node name'],
    ['a bad name', calls.route.input, { node: 'a b' }, 'node: a name has 1 to 64'],
    ['an address that is no text', calls.dial.input, { address: 7 }, 'address: expected HOST:PORT'],
    ['a bad number', calls.set.input, { degree: -1 }, 'degree: expected a whole number from 0 to 1024'],
    [
      'nobody to send to',
      calls.send.input,
      { to: [], body: 1 },
      'to: expected at least one node name, or @all',
    ],
    ['a bad recipient', calls.send.input, { to: ['a', '@b'], body: 1 }, 'to.1: a name has 1 to 64'],
    ['everybody and one more', calls.send.input, { to: ['@all', 'a'], body: 1 }, 'to: @all stands alone'],
    [
      'a bad choice',
      calls.send.input,
      { to: ['a'], body: 1, receipt: 'x' },
      'receipt: expected one of all, count, none',
    ],
    ['a bad kind', streams.listen.input, { kind: 'a\u0000' }, 'kind: a name has 1 to '],
  ])('%s', (_what, schema, input, start) => {
    const line = problemOf(schema, input);
    expect(line.startsWith(start), line).toBe(true);
    expect(line).not.toContain('\n');
  });
});

test('nothing at all counts as an empty object', () => {
  expect(checkInput(calls.status.input, undefined)).toEqual({});
});

test('every operation stands under its own name and says what it takes', () => {
  for (const [name, operation] of Object.entries({ ...calls, ...streams })) {
    expect(operation.name).toBe(name);
    expect(operation.summary).toMatch(/^[A-Z].*\.$/);
  }
  expect(describeInput(calls.dial.input)).toEqual({
    address: { type: 'string', required: true, description: 'HOST:PORT' },
    timeoutMs: { type: 'number', required: false, description: expect.stringContaining('milliseconds') },
  });
});
