import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor, OutgoingError } from '../../../kernel/contracts.ts';
import { type ErrorCode, failure } from '../../../kernel/errors.ts';
import { Dials, type Target } from './dials.ts';
import { discoveryLimits } from './limits.ts';

const reply = { token: 5, answer: () => undefined, fail: () => undefined };

let dialed: string[];
let reasons: number[];
let now: number;
let dials: Dials;
const agent = {
  get now() {
    return now;
  },
  dial: (address: string, reason: number) => {
    reasons.push(reason);
    return dialed.push(address);
  },
} as unknown as BehaviorAgent;

beforeEach(() => {
  dialed = [];
  reasons = [];
  now = 0;
  dials = new Dials();
});

const target = (changes: Partial<Target> = {}): Target => ({
  node: 7,
  instance: 'first life',
  addresses: ['a:1', 'b:1'],
  purpose: 'degree',
  ...changes,
});

const failed = (link: number, code: ErrorCode, node?: number) => {
  const purpose = { feature: 0, reason: 0, isPrivate: false };
  const error: OutgoingError = { link, address: '', purpose, failure: failure(code, 'no'), node };
  return dials.linkFailed(agent, error);
};

describe('the addresses of a node', () => {
  test('are tried in turn; only the last failure counts', () => {
    dials.dial(agent, target());
    expect(failed(1, 'SKEIN_UNREACHABLE')).toBeUndefined();
    expect(dialed).toEqual(['a:1', 'b:1']);
    expect(failed(2, 'SKEIN_UNREACHABLE')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'SKEIN_UNREACHABLE' },
    });
    expect(dialed).toHaveLength(2);
    expect(reasons).toEqual([3, 3]);
  });

  test('are not tried on once somebody has answered there and refused', () => {
    dials.dial(agent, target());
    expect(failed(1, 'SKEIN_REFUSED', 7)).toMatchObject({ outcome: 'failed' });
    expect(dialed).toEqual(['a:1']);
  });

  test('may be none: then nothing is dialed, nor later thought to be under way', () => {
    expect(dials.dial(agent, target({ addresses: [] }))).toBe(false);
    now = discoveryLimits.dialAgainMs;
    expect(dials.dial(agent, target())).toBe(true);
  });
});

describe('one node is dialed', () => {
  test('once at a time, and once per life in five seconds', () => {
    expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(true);
    now = discoveryLimits.dialAgainMs;
    expect(dials.dial(agent, target())).toBe(false);
    failed(1, 'SKEIN_UNREACHABLE');
    expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(true);
    failed(2, 'SKEIN_UNREACHABLE');
    now += discoveryLimits.dialAgainMs - 1;
    expect(dials.dial(agent, target())).toBe(false);
  });

  test('again at once when it has a new life', () => {
    dials.dial(agent, target({ addresses: ['a:1'] }));
    failed(1, 'SKEIN_UNREACHABLE');
    expect(dials.dial(agent, target({ instance: 'second life' }))).toBe(true);
  });

  test('whenever somebody asks by hand', () => {
    dials.dial(agent, target());
    expect(dials.dial(agent, target({ reply }))).toBe(true);
  });
});

test('a dial that is made again on purpose does not mind the one before, nor put off the next', () => {
  dials.dial(agent, target({ addresses: ['a:1'] }));
  failed(1, 'SKEIN_UNREACHABLE');
  now = discoveryLimits.dialAgainMs - 1000;
  expect(dials.dial(agent, target({ addresses: ['a:1'], isAgain: true }))).toBe(true);
  expect(dials.dial(agent, target({ isAgain: true }))).toBe(false);
  failed(2, 'SKEIN_UNREACHABLE');
  expect(dials.dial(agent, target())).toBe(false);
  now = discoveryLimits.dialAgainMs;
  expect(dials.dial(agent, target())).toBe(true);
});

test('whoever asked is told when the link is up; another link says nothing', () => {
  dials.dial(agent, target({ reply }));
  const neighbor = (link: number) => ({ link, id: 7 }) as Neighbor;
  expect(dials.linkUp(neighbor(99))).toBeUndefined();
  expect(dials.linkUp(neighbor(1))).toMatchObject({ outcome: 'up', target: { reply } });
  expect(dials.linkUp(neighbor(1))).toBeUndefined();
});

describe('a dial for later', () => {
  test('is made at its time, if there still is a reason then', () => {
    dials.later(100, 7, 'first life', () => target());
    dials.later(50, 8, 'first life', () => undefined);
    expect(dials.nextDeadline()).toBe(50);
    dials.deadline(agent, 99);
    expect(dialed).toEqual([]);
    dials.deadline(agent, 100);
    expect([dialed, dials.nextDeadline()]).toEqual([['a:1'], Number.POSITIVE_INFINITY]);
  });

  test('of a node that has a new life is not held up by that for its old one', () => {
    dials.later(100, 7, 'first life', () => undefined);
    dials.later(10, 7, 'second life', () => target({ instance: 'second life' }));
    dials.deadline(agent, 10);
    expect(dialed).toEqual(['a:1']);
  });

  test('gives way to one that is due earlier, and to no other', () => {
    dials.later(100, 7, 'first life', () => target({ addresses: ['late:1'] }));
    dials.later(10, 7, 'first life', () => target({ addresses: ['early:1'] }));
    dials.later(50, 7, 'first life', () => target({ addresses: ['late:2'] }));
    dials.deadline(agent, 200);
    expect(dialed).toEqual(['early:1']);
  });

  test('is kept once per node, and for a bounded number of nodes', () => {
    for (let node = 1; node <= 100; node++) {
      dials.later(10, node, 'first life', () => target({ node }));
      dials.later(10, node, 'first life', () => target({ node }));
    }
    dials.deadline(agent, 10);
    expect(dialed).toHaveLength(discoveryLimits.dialsScheduledMax);
  });
});
