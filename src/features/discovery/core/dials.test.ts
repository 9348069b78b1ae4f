import { beforeEach, describe, expect, test } from 'vitest';
import type { BehaviorAgent, Neighbor, OutgoingError } from '../../../kernel/contracts.ts';
import { type ErrorCode, failure } from '../../../kernel/errors.ts';
import { Dials, type Target } from './dials.ts';
import { discoveryLimits } from './limits.ts';

const reply = { token: 5, answer: () => undefined, fail: () => undefined };

let dialed: string[];
let reasons: number[];
let avoided: (readonly string[])[];
let closed: number[];
let announced: { id: number; addresses: string[] }[];
let now: number;
let dials: Dials;
const agent = {
  get now() {
    return now;
  },
  self: { id: 99, addresses: [] },
  directory: { entries: () => announced },
  routes: { distance: () => 1 },
  dial: (address: string, reason: number, avoid: readonly string[]) => {
    reasons.push(reason);
    avoided.push(avoid);
    return dialed.push(address);
  },
  closeLink: (link: number) => closed.push(link),
} as unknown as BehaviorAgent;

beforeEach(() => {
  dialed = [];
  reasons = [];
  avoided = [];
  closed = [];
  announced = [];
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

const neighbor = (link: number, id: number) => ({ link, id, name: 'other', address: 'a:1' }) as Neighbor;

const failed = (link: number, code: ErrorCode, node?: number, at?: string) => {
  const purpose = { feature: 0, reason: 0, isPrivate: false };
  const address = at ?? (dialed[link - 1] as string);
  const error: OutgoingError = { link, address, purpose, failure: failure(code, 'no'), node };
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

  test('are tried further when this node itself, or another one, is met; those come last the next time', () => {
    dials.dial(agent, target({ addresses: ['bridge:1', 'nat:1', 'lan:1'] }));
    expect(failed(1, 'SKEIN_SELF', 99)).toBeUndefined();
    expect(failed(2, 'SKEIN_ALREADY_CONNECTED', 8)).toBeUndefined();
    expect(dials.linkUp(agent, neighbor(3, 7))).toMatchObject({ outcome: 'up' });
    now = discoveryLimits.dialAgainMs;
    dials.dial(agent, target({ addresses: ['bridge:1', 'nat:1', 'lan:1'] }));
    expect(dialed.slice(3)).toEqual(['lan:1']);
    failed(4, 'SKEIN_UNREACHABLE');
    failed(5, 'SKEIN_SELF', 99);
    failed(6, 'SKEIN_SELF', 99);
    now += discoveryLimits.wrongAddressKeptMs + 1;
    dials.dial(agent, target({ addresses: ['bridge:1', 'nat:1', 'lan:1'] }));
    expect(dialed.slice(3)).toEqual(['lan:1', 'bridge:1', 'nat:1', 'bridge:1']);
  });

  test('that other nodes announce as well are tried last, the first time as well', () => {
    announced = [{ id: 8, addresses: ['bridge:1', 'other:1'] }];
    dials.dial(agent, target({ addresses: ['bridge:1', 'lan:1'] }));
    expect(dialed).toEqual(['lan:1']);
  });

  test('are dialed at intervals of 250 ms, at most four at a time; all others end when one leads to the node', () => {
    dials.dial(agent, target({ addresses: ['a:1', 'b:1', 'c:1', 'd:1', 'e:1'] }));
    for (now = 0; now < 10_000; now = Math.min(dials.nextDeadline(), 10_000)) dials.deadline(agent, now);
    expect(dialed).toEqual(['a:1', 'b:1', 'c:1', 'd:1']);
    now = 750;
    expect(failed(2, 'SKEIN_TIMEOUT')).toBeUndefined();
    expect(dialed.at(-1)).toBe('e:1');
    expect(dials.objection(agent, neighbor(3, 7))).toBeUndefined();
    expect(dials.objection(agent, neighbor(4, 7))).toMatchObject({ code: 'SKEIN_NOT_NEEDED' });
    expect(dials.linkUp(agent, neighbor(3, 7))).toMatchObject({ outcome: 'up' });
    expect(closed).toEqual([1, 4, 5]);
    expect(dials.linkUp(agent, neighbor(4, 7))).toBeUndefined();
  });

  test('are not tried further once a link to the node has come by another way', () => {
    dials.dial(agent, target());
    dials.linked(7);
    expect(failed(1, 'SKEIN_UNREACHABLE')).toMatchObject({ outcome: 'failed' });
    expect(dialed).toEqual(['a:1']);
  });

  test('at which another node of the mesh is met get no link; one of outside the mesh does', () => {
    dials.dial(agent, target());
    const text = ' leads to other, which was not dialed';
    expect(dials.objection(agent, neighbor(1, 8))?.message).toContain(text);
    const outside = {
      ...agent,
      routes: { distance: () => Number.POSITIVE_INFINITY },
    } as unknown as BehaviorAgent;
    expect(dials.objection(outside, neighbor(1, 8))).toBeUndefined();
  });

  test('behind one name are tried until one leads to another node than this one', () => {
    dials.dial(agent, target({ node: undefined, addresses: ['nodes:1'], reply }));
    expect(failed(1, 'SKEIN_SELF', 99, '10.0.0.1:1')).toBeUndefined();
    expect(failed(2, 'SKEIN_SELF', 99, '10.0.0.2:1')).toBeUndefined();
    expect(avoided).toEqual([[], ['10.0.0.1:1'], ['10.0.0.1:1', '10.0.0.2:1']]);
    expect(failed(3, 'SKEIN_UNREACHABLE')).toMatchObject({ failure: { code: 'SKEIN_SELF' } });
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
    expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(false);
    failed(1, 'SKEIN_UNREACHABLE');
    expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(true);
    failed(2, 'SKEIN_UNREACHABLE');
    now += discoveryLimits.dialAgainMs - 1;
    expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(false);
  });

  test('again at once when it has an address that it had not before, also while it is being dialed', () => {
    dials.dial(agent, target({ addresses: ['old:1'] }));
    failed(1, 'SKEIN_UNREACHABLE');
    expect(dials.dial(agent, target({ addresses: ['old:1', 'new:1'] }))).toBe(true);
    expect(dialed).toEqual(['old:1', 'old:1']);
    expect(dials.dial(agent, target({ addresses: ['newest:1'] }))).toBe(true);
    failed(2, 'SKEIN_UNREACHABLE');
    failed(3, 'SKEIN_UNREACHABLE');
    expect(dialed.slice(2)).toEqual(['new:1', 'newest:1']);
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
  expect(dials.dial(agent, target({ addresses: ['a:1'], isAgain: true }))).toBe(false);
  failed(2, 'SKEIN_UNREACHABLE');
  expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(false);
  now = discoveryLimits.dialAgainMs;
  expect(dials.dial(agent, target({ addresses: ['a:1'] }))).toBe(true);
});

test('whoever asked is told when the link is up; another link says nothing', () => {
  dials.dial(agent, target({ reply }));
  expect(dials.linkUp(agent, neighbor(99, 7))).toBeUndefined();
  expect(dials.linkUp(agent, neighbor(1, 7))).toMatchObject({ outcome: 'up', target: { reply } });
  expect(dials.linkUp(agent, neighbor(1, 7))).toBeUndefined();
});

describe('a dial for later', () => {
  test('is made at its time, if there still is a reason then', () => {
    dials.later(100, 7, 'first life', () => target({ addresses: ['a:1'] }));
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
