import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent } from '../../../kernel/contracts.ts';
import { failure } from '../../../kernel/errors.ts';
import { discoveryLimits } from './limits.ts';
import { Seeds } from './seeds.ts';

const unreachable = failure('SKEIN_UNREACHABLE', 'nobody answered');
const self = 111;
let now = 0;
const agent = {
  get now() {
    return now;
  },
  random: { next: () => 0.999_999, bytes: () => new Uint8Array(0) },
  self: { id: self },
} as unknown as BehaviorAgent;

beforeEach(() => {
  now = 1000;
});

const stateOf = (seeds: Seeds): string | undefined => seeds.all[0]?.state;

test('a seed is dialed at once, and not again while the dial is under way', () => {
  const seeds = new Seeds(['a:1', 'b:1'], now);
  expect(seeds.due(now)).toEqual(['a:1', 'b:1']);
  expect([seeds.due(now + 60_000), seeds.nextDeadline()]).toEqual([[], Number.POSITIVE_INFINITY]);
});

test('a seed that fails is tried again for ever, after waits that double up to 15 s', () => {
  const seeds = new Seeds(['a:1'], now);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    expect(seeds.due(now)).toEqual(['a:1']);
    seeds.failed(agent, 'a:1', unreachable, undefined);
    waits.push(Math.round((seeds.nextDeadline() - now) / 1000));
    expect(seeds.due(seeds.nextDeadline() - 1)).toEqual([]);
    now = seeds.nextDeadline();
  }
  expect(waits).toEqual([1, 2, 4, 8, 15, 15, 15, 15]);
  expect(discoveryLimits.seedBackoffMsMax).toBe(15_000);
  expect(seeds.all[0]).toMatchObject({ state: 'waiting', lastFailure: unreachable });
});

describe('a seed is found', () => {
  const dialed = (): Seeds => {
    const seeds = new Seeds(['a:1'], now);
    seeds.due(now);
    return seeds;
  };

  test('when a link opened, and forgets its last failure', () => {
    const seeds = dialed();
    seeds.failed(agent, 'a:1', unreachable, undefined);
    seeds.found('a:1', 7);
    expect([stateOf(seeds), seeds.all[0]?.lastFailure, seeds.nextDeadline()]).toEqual([
      'found',
      undefined,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test('when the node behind it is a neighbor already', () => {
    const seeds = dialed();
    seeds.failed(agent, 'a:1', failure('SKEIN_ALREADY_CONNECTED', 'is open'), 7);
    expect(stateOf(seeds)).toBe('found');
    seeds.lost(agent, 7);
    expect(stateOf(seeds)).toBe('waiting');
  });

  test('not while it is this node itself: it is dialed again, and at once when addresses have changed', () => {
    const seeds = dialed();
    seeds.failed(agent, 'a:1', failure('SKEIN_SELF', 'is this node'), undefined);
    expect(stateOf(seeds)).toBe('waiting');
    expect(seeds.nextDeadline()).toBeGreaterThan(now);
    seeds.hurry(now);
    expect(seeds.due(now)).toEqual(['a:1']);
  });

  test('only until its node is lost; another one that is lost does not matter', () => {
    const seeds = dialed();
    seeds.found('a:1', 7);
    seeds.lost(agent, 8);
    expect(stateOf(seeds)).toBe('found');
    seeds.lost(agent, 7);
    now = seeds.nextDeadline();
    expect(now).toBeLessThanOrEqual(2000);
    expect(seeds.due(now)).toEqual(['a:1']);
  });
});
