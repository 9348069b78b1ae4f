import { describe, expect, test } from 'vitest';
import { SkeinError } from '../kernel/errors.ts';
import { checkCondition, missingFor, type ReadyView, Waiters } from './waiting.ts';

const view = (nodes: string[], services: string[] = [], links = 0): ReadyView => ({
  nodes: new Set(nodes),
  services: new Set(services),
  links,
});

describe('what is missing', () => {
  test('is nothing when nothing was asked for, or all of it is there', () => {
    expect(missingFor({}, view(['me']))).toBeUndefined();
    const condition = { nodes: ['b'], services: ['echo'], count: 2, links: 1 };
    expect(missingFor(condition, view(['me', 'b'], ['echo'], 1))).toBeUndefined();
  });

  test('is named, all of it', () => {
    const condition = { nodes: ['b', 'c'], services: ['echo'], count: 5, links: 4 };
    expect(missingFor(condition, view(['me', 'b'], [], 1))).toBe(
      'node c; service echo; 3 of 5 nodes (2 are there); 3 of 4 links (1 is there)',
    );
  });
});

test.each<[string, object]>([
  ['a name that is none', { nodes: ['a b'] }],
  ['a negative count', { count: -1 }],
  ['no number', { links: Number.NaN }],
  ['a negative timeout', { timeoutMs: -5 }],
])('a condition with %s is a TypeError', (_what, condition) => {
  expect(() => checkCondition(condition)).toThrow(TypeError);
});

describe('whoever waits', () => {
  test('is not kept waiting for what is there already', async () => {
    await expect(new Waiters().wait(() => undefined, undefined)).resolves.toBeUndefined();
  });

  test('is let go when a change brings what is missing, not sooner', async () => {
    const waiters = new Waiters();
    let missing: string | undefined = 'node b';
    let ready = false;
    const waiting = waiters
      .wait(() => missing, undefined)
      .then(() => {
        ready = true;
      });
    waiters.changed();
    await Promise.resolve();
    expect(ready).toBe(false);
    missing = undefined;
    waiters.changed();
    await waiting;
  });

  test('is told at its timeout what is missing then', async () => {
    const waiters = new Waiters();
    const controller = new AbortController();
    let missing = 'node b; node c';
    const waiting = waiters.wait(() => missing, controller.signal);
    missing = 'node c';
    controller.abort(new DOMException('timed out', 'TimeoutError'));
    await expect(waiting).rejects.toMatchObject({
      code: 'SKEIN_TIMEOUT',
      retryable: true,
      message: 'not ready in time: missing node c',
    });
  });

  test('is told SKEIN_ABORTED when it gave up itself, also before it began', async () => {
    const aborted = AbortSignal.abort();
    await expect(new Waiters().wait(() => 'node b', aborted)).rejects.toMatchObject({
      code: 'SKEIN_ABORTED',
    });
  });

  test('is told when the node ends, once', async () => {
    const waiters = new Waiters();
    const waiting = waiters.wait(() => 'node b', undefined);
    waiters.fail(new SkeinError('SKEIN_CLOSED', 'the node is closed'));
    waiters.changed();
    await expect(waiting).rejects.toMatchObject({ code: 'SKEIN_CLOSED', retryable: false });
  });

  test('leaves no listener at its signal once it is over', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const waiters = new Waiters();
    let missing: string | undefined = 'node b';
    const waiting = waiters.wait(() => missing, signal);
    missing = undefined;
    waiters.changed();
    await waiting;
    expect(listeners).toBe(0);
  });
});
