import { beforeEach, expect, test } from 'vitest';
import type { SelfView } from '../../../kernel/contracts.ts';
import { idOf } from '../../../kernel/identity.ts';
import { limits } from '../../../kernel/limits.ts';
import { topologyLimits } from './limits.ts';
import { OwnRecord } from './own-record.ts';

const self = {
  id: idOf('me'),
  name: 'me',
  namespace: 'n',
  instance: '0123456789abcdef',
  version: '1',
  addresses: [],
  services: new Set<string>(),
  sections: new Map<string, Uint8Array>(),
} as unknown as SelfView;
const neighbors = new Map([[7, undefined]]);
let own: OwnRecord;

beforeEach(() => {
  own = new OwnRecord();
});

const versionAt = (now: number): [number, number] | undefined => {
  const made = own.next(self, neighbors, now)?.record;
  return made && [made.epoch, made.sequence];
};

test('changes in a row are announced at gaps that double, the first at once', () => {
  const at: number[] = [];
  for (let now = 0; now <= 1000; now++) {
    own.change();
    if (versionAt(now) !== undefined) at.push(now);
  }
  const first = topologyLimits.announceGapMs;
  expect(at.slice(0, 4)).toEqual([0, first, 3 * first, 7 * first]);
});

test('what nobody hears does not delay what somebody will', () => {
  expect(own.next(self, new Map(), 0)?.record.sequence).toBe(1);
  own.change();
  expect(versionAt(1)).toEqual([1, 2]);
});

test('it goes on after a record of its own life that somebody shows, whatever its epoch', () => {
  expect(versionAt(0)).toEqual([1, 1]);
  own.skipTo(1, 40);
  expect(versionAt(1000)).toEqual([1, 41]);
  own.skipTo(9, 3);
  expect(versionAt(2000)).toEqual([9, 4]);
  own.skipTo(2, 100);
  expect(versionAt(3000)).toEqual([9, 5]);
});

test('after the last sequence that anybody believes comes the next epoch', () => {
  own.skipTo(1, limits.recordVersionMax);
  expect(versionAt(0)).toEqual([2, 1]);
});
