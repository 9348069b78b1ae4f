import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectionAgent, Frame } from '../../../kernel/contracts.ts';
import { concatenate } from '../../../kernel/wire/bytes.ts';
import type { Denial } from './denial.ts';
import { Exchange, type ExchangeShape } from './exchange.ts';
import { denialLimits } from './limits.ts';
import { DenialType, decodeDenials, encodeDenials } from './wire.ts';

const x = 'a'.repeat(32);
const denial: Denial = { name: 'b', identity: x, version: 1, isDenied: true, since: 5, by: 'a' };

interface Neighbor {
  readonly sent: Uint8Array[];
  readonly heard: (readonly Denial[])[];
  readonly closed: string[];
  readonly exchange: Exchange;
  now: number;
  says(payload: Uint8Array, type?: number): void;
}

function neighbor(entries: readonly Denial[] = []): Neighbor {
  const it: Neighbor = {
    sent: [],
    heard: [],
    closed: [],
    exchange: new Exchange(() => entries),
    now: 0,
    says: (payload, type = DenialType.list) => it.exchange.message(agent, { type, payload } as Frame),
  };
  const agent = {
    get now() {
      return it.now;
    },
    neighbor: { name: 'liar', address: '10.0.0.1:1' },
    sendHere: (payload: Uint8Array) => it.sent.push(payload) > 0,
    tellBehavior: ({ denials }: { denials: readonly Denial[] }) => it.heard.push(denials),
    log: () => undefined,
    close: (reason: string) => it.closed.push(reason),
  } as unknown as ConnectionAgent<ExchangeShape>;
  it.exchange.opened(agent);
  return it;
}

describe('a neighbor', () => {
  test('is sent the whole list as its link opens, and nothing where there is none', () => {
    expect(neighbor().sent).toEqual([]);
    const [list] = neighbor([denial]).sent;
    expect(decodeDenials(list as Uint8Array)).toEqual([denial]);
  });

  test('is believed where its list is one', () => {
    const one = neighbor();
    one.says(encodeDenials([denial]));
    expect(one.heard).toEqual([[denial]]);
    expect(one.closed).toEqual([]);
  });

  test.each<[string, Uint8Array]>([
    ['is cut short', encodeDenials([denial]).subarray(0, -1)],
    ['goes on after its end', concatenate([encodeDenials([denial]), Uint8Array.of(0)])],
    ['has a name that is none', encodeDenials([{ ...denial, name: 'b c' }])],
    ['has an author that steers a terminal', encodeDenials([{ ...denial, by: '\u001b[2J' }])],
    ['has version 0', encodeDenials([{ ...denial, version: 0 }])],
    ['has a time that no date has', encodeDenials([{ ...denial, since: Number.MAX_SAFE_INTEGER }])],
    [
      'is longer than any honest one',
      encodeDenials(Array.from({ length: 2001 }, (_, i) => ({ ...denial, name: `n${i}` }))),
    ],
    ['promises more than comes', Uint8Array.of(0xd0, 0x0f)],
  ])('loses its link where its list %s', (_what, payload) => {
    const one = neighbor();
    one.says(payload);
    expect(one.heard).toEqual([]);
    expect(one.closed).toEqual(['protocol']);
  });

  test('loses its link for a message of another type', () => {
    const one = neighbor();
    one.says(encodeDenials([denial]), 9);
    expect(one.closed).toEqual(['protocol']);
  });

  test('loses its link where it sends lists without end, and not where it sends one a second', () => {
    const honest = neighbor();
    for (let i = 0; i < 100; i++) {
      honest.now += denialLimits.denialGapMs;
      honest.says(encodeDenials([denial]));
    }
    expect(honest.closed).toEqual([]);
    const flood = neighbor();
    for (let i = 0; i < denialLimits.denialListsBurst + 1; i++) flood.says(encodeDenials([denial]));
    expect(flood.heard).toHaveLength(denialLimits.denialListsBurst);
    expect(flood.closed).toEqual(['protocol']);
  });
});

describe('a list on the wire', () => {
  test('of any other bytes is none, or one that fits', () => {
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const denials = decodeDenials(bytes);
        if (denials !== undefined) expect(decodeDenials(encodeDenials(denials))).toEqual(denials);
      }),
    );
  });
});
