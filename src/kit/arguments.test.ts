import { expect, test } from 'vitest';
import { checkKind, kind } from '../features/messaging/api/kind.ts';
import { checkChanges } from '../node/settings.ts';
import { checkOptions, listOfNames } from './arguments.ts';
import { checkCondition } from './waiting.ts';

/** As a program without types passes it. */
const untyped = (value: unknown): never => value as never;

test.each<[string, () => unknown, string]>([
  [
    'a setting that there is not',
    () => checkChanges(untyped({ syncPeriod: 5000 })),
    'set: unknown setting "syncPeriod": did you mean syncPeriodMs?',
  ],
  [
    'settings that are none',
    () => checkChanges(untyped('x')),
    'set: expected an object of settings, got "x"',
  ],
  [
    'a condition that there is not',
    () => checkCondition(untyped({ node: 'q' })),
    'ready: unknown option "node"; accepted are nodes, services, count, links, timeoutMs, signal',
  ],
  [
    'one name instead of a list',
    () => checkCondition(untyped({ nodes: 'bob' })),
    'ready: nodes is a list of names, got "bob"',
  ],
  [
    'services that are no list',
    () => checkCondition(untyped({ services: 3 })),
    'ready: services is a list of names, got 3',
  ],
  [
    'a count as text',
    () => checkCondition(untyped({ count: '3' })),
    'ready: count is a number from 0, got "3"',
  ],
  ['a kind that is none', () => checkKind(5), 'kind is text, or made with kind(), got 5'],
  [
    'a kind without a name',
    () => checkKind({ schema: undefined }),
    'kind is text, or made with kind(), got {}',
  ],
  ['a kind that is null', () => checkKind(null), 'kind is text, or made with kind(), got null'],
  [
    'recipients that are none',
    () => listOfNames('send', undefined),
    'send: give a name or a list of names, got undefined',
  ],
  ['options that are a list', () => checkOptions('x', [], ['a']), 'x: options are an object, got []'],
])('%s is a TypeError that says what is accepted', (_what, call, message) => {
  expect(call).toThrow(new TypeError(message));
});

test('a schema is checked when the kind is made, not when the first message is sent', () => {
  for (const schema of [{}, 5, null, { '~standard': {} }, () => true])
    expect(() => kind('x', untyped(schema))).toThrow(/^kind x: a schema is a Standard Schema/);
  const standard = { version: 1 as const, vendor: 'own', validate: (value: unknown) => ({ value }) };
  const asFunction = Object.assign(() => true, { '~standard': standard });
  for (const schema of [{ '~standard': standard }, asFunction]) expect(kind('x', schema).schema).toBe(schema);
});

test('recipients may come in any iterable', () => {
  expect(listOfNames('send', 'a')).toEqual(['a']);
  expect(listOfNames('send', new Set(['a', 'b']))).toEqual(['a', 'b']);
});
