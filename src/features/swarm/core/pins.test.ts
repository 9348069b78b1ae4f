import { beforeEach, describe, expect, test } from 'vitest';
import { swarmLimits } from './limits.ts';
import { Pins } from './pins.ts';
import type { Pin } from './swarm-types.ts';

const from = { node: 7, life: 1, name: 'b' };
const pin: Pin = { name: 'b', identity: 'b'.repeat(32) };
const other = 'e'.repeat(32);

let now = 0;
let proven: Map<number, string>;
let life = 1;
let isHere: boolean;
let mayProve: boolean;
let made: Pin[];
let outcomes: string[];
let pins: Pins;

beforeEach(() => {
  now = 0;
  life = 1;
  isHere = true;
  mayProve = true;
  proven = new Map();
  made = [];
  outcomes = [];
  pins = new Pins({
    now: () => now,
    identityOf: (node) => proven.get(node),
    isCurrent: (end) => end.life === life,
    mayProve: () => mayProve,
    isHere: () => isHere,
    pinned: (each) => made.push(each),
  });
});

function admit(what: string): void {
  pins.admit({ ...from, life }, (refusal) => void outcomes.push(`${what} ${refusal?.code ?? 'admitted'}`));
}

describe('a name that is not pinned', () => {
  test('is for all, and is pinned to the first identity that is proven', () => {
    admit('first');
    expect(outcomes).toEqual([]);
    proven.set(7, pin.identity);
    expect(pins.proven(7, 'b')).toBeUndefined();
    expect(made).toEqual([pin]);
    expect(outcomes).toEqual(['first admitted']);
    proven.set(7, other);
    expect(pins.proven(7, 'b')?.code).toBe('SKEIN_NAME_PINNED');
    expect(made).toEqual([pin]);
  });

  test('is for a node that proves nothing in time, which waits once', () => {
    admit('first');
    expect(pins.nextDeadline()).toBe(swarmLimits.swarmFirstProofMs);
    now = swarmLimits.swarmFirstProofMs;
    pins.deadline(now);
    admit('second');
    expect(outcomes).toEqual(['first admitted', 'second admitted']);
    life = 2;
    admit('of the restarted node');
    expect(outcomes).toHaveLength(2);
  });

  test('does nothing for a node that has ended before its proof came: the name stays free for the proof', () => {
    admit('first');
    isHere = false;
    now = swarmLimits.swarmFirstProofMs;
    pins.deadline(now);
    expect(outcomes).toEqual([]);
    // Its incarnation comes back after all.
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual(['first admitted']);
    life = 2;
    proven.clear();
    admit('of the next one');
    expect(outcomes).toEqual(['first admitted']);
  });

  test('waits for nobody where no proof can come', () => {
    mayProve = false;
    admit('first');
    expect(outcomes).toEqual(['first admitted']);
  });
});

describe('a pinned name', () => {
  beforeEach(() => pins.loaded([pin]));

  test('is for its identity alone', () => {
    proven.set(7, other);
    admit('forged');
    proven.set(7, pin.identity);
    admit('true');
    expect(outcomes).toEqual(['forged SKEIN_NAME_PINNED', 'true admitted']);
  });

  test('waits for a proof that is late, and keeps the order', () => {
    admit('first');
    admit('second');
    expect(outcomes).toEqual([]);
    proven.set(7, pin.identity);
    // A third that comes before the release would overtake the others.
    admit('third');
    pins.proven(7, 'b');
    admit('fourth');
    expect(outcomes).toEqual(['first admitted', 'second admitted', 'third admitted', 'fourth admitted']);
  });

  test('is refused to a node whose proof does not come', () => {
    admit('first');
    expect(pins.nextDeadline()).toBe(swarmLimits.swarmProofMs);
    now = swarmLimits.swarmProofMs - 1;
    pins.deadline(now);
    expect(outcomes).toEqual([]);
    now = swarmLimits.swarmProofMs;
    pins.deadline(now);
    expect(outcomes).toEqual(['first SKEIN_NAME_PINNED']);
    expect(pins.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('admits no incarnation that is over, whatever its node has proven since', () => {
    proven.set(7, pin.identity);
    pins.admit({ ...from, life: 2 }, () => void outcomes.push('admitted'));
    expect(outcomes).toEqual([]);
  });

  test('is refused to no node whose proof is on its way as the store opens', () => {
    admit('first');
    expect(pins.proven(7, 'b')).toBeUndefined();
    expect(outcomes).toEqual([]);
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual(['first admitted']);
  });

  test('is refused to no node that is only away: it comes back with its proof', () => {
    admit('first');
    isHere = false;
    now = swarmLimits.swarmProofMs;
    pins.deadline(now);
    expect(outcomes).toEqual([]);
    isHere = true;
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual(['first admitted']);
  });

  test('does nothing in the name of an incarnation that has ended meanwhile', () => {
    admit('of the one before');
    life = 2;
    admit('of this one');
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual(['of this one admitted']);
  });

  test('lets wait what waits while the store is claimed again', () => {
    admit('first');
    pins.closed();
    pins.loaded([pin]);
    expect(pins.proven(7, 'b')).toBeUndefined();
    expect(outcomes).toEqual([]);
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual(['first admitted']);
  });

  test('drops what waits when another node becomes the broker', () => {
    admit('first');
    pins.clear();
    proven.set(7, pin.identity);
    pins.proven(7, 'b');
    expect(outcomes).toEqual([]);
  });

  test('is for the next one once it is forgotten', () => {
    proven.set(7, other);
    pins.forget('b');
    expect(pins.proven(7, 'b')).toBeUndefined();
    expect(made).toEqual([{ name: 'b', identity: other }]);
  });
});
