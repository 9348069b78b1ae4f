import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { features } from '../features/index.ts';
import { nodeOperations } from '../node/remote.ts';
import type { AllOperations } from '../remote/operations.ts';
import { loadOperations } from './feature.ts';
import { checkInput, describeInput } from './operation-input.ts';

const problemOf = (schema: Parameters<typeof checkInput>[0], input: unknown): string => {
  try {
    checkInput(schema, input);
    return 'accepted';
  } catch (problem) {
    expect(problem).toMatchObject({ code: 'SKEIN_INVALID' });
    return (problem as Error).message;
  }
};

const own = await Promise.all(features.map(loadOperations));
const all = Object.assign({}, nodeOperations, ...own) as AllOperations;

describe('wrong input is said in one line', () => {
  test.each<[string, Parameters<typeof checkInput>[0], unknown, string]>([
    ['not an object', all.status.input, 7, 'the input is one JSON object'],
    ['an unknown field', all.why.input, { nod: 'a' }, 'nod: unknown field; accepted are node'],
    ['a field where none is', all.status.input, { a: 1 }, 'a: unknown field; this operation takes none'],
    ['a missing field', all.route.input, {}, 'node: missing; expected a node name'],
    ['a bad name', all.route.input, { node: 'a b' }, 'node: a name has 1 to 64'],
    ['an address that is no text', all.dial.input, { address: 7 }, 'address: expected HOST:PORT'],
    ['a bad number', all.set.input, { degree: -1 }, 'degree: expected a whole number from 0 to 1024'],
    [
      'nobody to send to',
      all.send.input,
      { to: [], body: 1 },
      'to: expected at least one node name, or @all',
    ],
    ['a bad recipient', all.send.input, { to: ['a', '@b'], body: 1 }, 'to.1: a name has 1 to 64'],
    ['everybody and one more', all.send.input, { to: ['@all', 'a'], body: 1 }, 'to: @all stands alone'],
    [
      'a bad choice',
      all.send.input,
      { to: ['a'], body: 1, receipt: 'x' },
      'receipt: expected one of all, count, none',
    ],
    ['a bad kind', all.listen.input, { kind: 'a\u0000' }, 'kind: a name has 1 to '],
  ])('%s', (_what, schema, input, start) => {
    const line = problemOf(schema, input);
    expect(line.startsWith(start), line).toBe(true);
    expect(line).not.toContain('\n');
  });
});

test('nothing at all counts as an empty object', () => {
  expect(checkInput(all.status.input, undefined)).toEqual({});
});

test('a field that is checked further is still described, and the outermost description counts', () => {
  const list = v.pipe(v.array(v.string()), v.description('a list'));
  const input = v.strictObject({
    further: v.pipe(list, v.minLength(1)),
    outer: v.exactOptional(v.pipe(list, v.description('names'))),
  });
  expect(describeInput(input)).toEqual({
    further: { type: 'array', required: true, description: 'a list' },
    outer: { type: 'array', required: false, description: 'names' },
  });
  expect(problemOf(input, {})).toBe('further: missing; expected a list');
});

test('every operation says in one line what it is for, and what it takes', () => {
  for (const { summary } of Object.values(all)) expect(summary).toMatch(/^[A-Z].*\.$/);
  expect(describeInput(all.dial.input)).toEqual({
    address: { type: 'string', required: true, description: 'HOST:PORT' },
    timeoutMs: { type: 'number', required: false, description: expect.stringContaining('milliseconds') },
  });
});
