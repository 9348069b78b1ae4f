import { describe, expect, test } from 'vitest';
import { idOf } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { decodeSolicitation, encodeSolicitation, isSolicitation, type Solicitation } from './solicitation.ts';

const solicitation: Solicitation = {
  name: 'node-1',
  namespace: 'lab',
  instance: '0123456789abcdef',
  wants: 3,
  component: idOf('node-0'),
  componentSize: 70_000,
  wallTimeMs: 1_790_000_000_123,
  nonce: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  addresses: ['10.0.0.1:7000', '[fe80::1]:7000'],
};

const decoded = (changes: Partial<Solicitation>): Solicitation | undefined =>
  decodeSolicitation(encodeSolicitation({ ...solicitation, ...changes }));

test('a solicitation comes back as it was, a beacon too', () => {
  expect(decoded({})).toEqual(solicitation);
  expect(decoded({ wants: 0, addresses: [] })).toEqual({ ...solicitation, wants: 0, addresses: [] });
});

test('a clock before 1970 is no reason to be silent', () => {
  expect(decoded({ wallTimeMs: -5 })?.wallTimeMs).toBe(0);
});

test('other datagrams are not taken for one', () => {
  const text = new TextEncoder().encode('{"solicit":true}');
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0xf5), text, new Uint8Array(600)]) {
    expect([isSolicitation(bytes), decodeSolicitation(bytes)]).toEqual([false, undefined]);
  }
});

describe('is refused', () => {
  test('cut short anywhere', () => {
    const bytes = encodeSolicitation(solicitation);
    for (let length = 0; length < bytes.length; length++)
      expect(decodeSolicitation(bytes.subarray(0, length))).toBeUndefined();
  });

  test.each<[string, Partial<Solicitation>]>([
    ['a name that is none', { name: 'a b' }],
    ['a namespace that is none', { namespace: '' }],
    [
      'more addresses than a node may have',
      { addresses: new Array<string>(limits.addressesPerRecordMax + 1).fill('x:1') },
    ],
    ['more bytes than a datagram should have', { addresses: new Array<string>(8).fill('x'.repeat(250)) }],
  ])('with %s', (_what, changes) => {
    expect(decoded(changes)).toBeUndefined();
  });
});

test('what a later version adds at the end does not matter', () => {
  const bytes = Uint8Array.from([...encodeSolicitation(solicitation), 1, 2, 3]);
  expect(decodeSolicitation(bytes)).toEqual(solicitation);
});

test('its nonce is its own copy, not a view into the received bytes', () => {
  const bytes = encodeSolicitation(solicitation);
  const got = decodeSolicitation(bytes);
  bytes.fill(0);
  expect(got?.nonce).toEqual(solicitation.nonce);
});
