import { describe, expect, test } from 'vitest';
import { idOf } from '../identity.ts';
import { limits } from '../limits.ts';
import { Writer } from '../wire/bytes.ts';
import {
  type Announcement,
  compareVersions,
  decodeAnnouncement,
  encodeAnnouncement,
} from './announcement.ts';

const ids = (...names: string[]): number[] => names.map(idOf).sort((a, b) => a - b);

const record: Announcement = {
  id: idOf('me'),
  name: 'me',
  namespace: 'lab',
  instance: '0123456789abcdef',
  epoch: 3,
  sequence: 17,
  left: false,
  version: '1.0.0',
  addresses: ['10.0.0.1:7000', '[fe80::1]:7000'],
  links: ids('a', 'b', 'c'),
  services: ['echo', 'render'],
  sections: new Map([
    ['gossip', Uint8Array.of(1, 2, 3)],
    ['kv', new Uint8Array(0)],
  ]),
};

const decoded = (changes: Partial<Announcement>): Announcement | undefined =>
  decodeAnnouncement(encodeAnnouncement({ ...record, ...changes }));

test('an announcement comes back as it was, also the final one', () => {
  expect(decoded({})).toEqual(record);
  expect(decoded({ left: true, links: [], services: [], addresses: [], sections: new Map() })?.left).toBe(
    true,
  );
});

test('fields of a later version at its end do not matter', () => {
  expect(decodeAnnouncement(Uint8Array.from([...encodeAnnouncement(record), 9, 9, 9]))).toEqual(record);
});

test('cut short anywhere it is refused', () => {
  const bytes = encodeAnnouncement(record);
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeAnnouncement(bytes.subarray(0, length))).toBeUndefined();
  }
});

describe('nonsense is refused', () => {
  const many = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

  test.each<[string, Partial<Announcement>]>([
    ['a node linked to itself', { links: [idOf('me')] }],
    ['a link named twice', { links: [5, 5] }],
    ['links out of order', { links: [9, 5] }],
    ["somebody else's id", { id: idOf('you') }],
    ['epoch 0', { epoch: 0 }],
    ['a name that is none', { name: 'a b', id: idOf('a b') }],
    ['a namespace that is none', { namespace: '../..' }],
    ['more links than a node may have', { links: many(limits.linksPerRecordMax + 1) }],
    [
      'more addresses than a node may have',
      { addresses: new Array<string>(limits.addressesPerRecordMax + 1).fill('x:1') },
    ],
    ['more services than a node may have', { services: many(limits.servicesPerRecordMax + 1).map(String) }],
    ['an address of 300 bytes', { addresses: ['x'.repeat(300)] }],
    [
      'more bytes than a record may have',
      { sections: new Map([['big', new Uint8Array(limits.recordBytesMax)]]) },
    ],
  ])('%s', (_what, changes) => {
    expect(decoded(changes)).toBeUndefined();
  });

  test('a million links, claimed in a few bytes', () => {
    const bytes = encodeAnnouncement({
      ...record,
      addresses: [],
      links: [],
      services: [],
      sections: new Map(),
    });
    const claim = new Writer().varint(1_000_000).finish();
    // The three empty lists at the end are one byte each; the first of them is the links.
    const nonsense = Uint8Array.from([...bytes.subarray(0, -3), ...claim, 0, 0]);
    expect(decodeAnnouncement(bytes)).toBeDefined();
    expect(decodeAnnouncement(nonsense)).toBeUndefined();
  });

  test('as many links as allowed is none', () => {
    expect(decoded({ links: many(limits.linksPerRecordMax) })?.links).toHaveLength(limits.linksPerRecordMax);
  });

  test('another format', () => {
    const bytes = encodeAnnouncement(record);
    bytes[0] = 2;
    expect(decodeAnnouncement(bytes)).toBeUndefined();
  });
});

test('the later version is that of the higher epoch, then sequence; between two lives the instance decides', () => {
  const version = (epoch: number, sequence: number, instance = 'a') => ({ epoch, sequence, instance });
  expect(compareVersions(version(2, 1), version(1, 99))).toBeGreaterThan(0);
  expect(compareVersions(version(1, 2), version(1, 3))).toBeLessThan(0);
  expect(compareVersions(version(1, 1, 'b'), version(1, 1, 'a'))).toBeGreaterThan(0);
  expect(compareVersions(version(1, 1, 'a'), version(1, 1, 'b'))).toBeLessThan(0);
  expect(compareVersions(version(1, 1), version(1, 1))).toBe(0);
});
