import { expect, test } from 'vitest';
import type { NodeInfo } from '../../node/node.ts';
import { localTime } from './local-time.ts';
import { withSeen } from './nodes-seen.ts';

const node = (name: string) => ({ name, instance: '16e5214aa79581ff', reachable: true }) as NodeInfo;
const seen = (name: string) => ({
  name,
  firstSeen: 1000,
  lastSeen: 5000,
  services: ['x'],
  addresses: ['h:1'],
  identity: name === 'b' ? 'b1d2' : '',
});

test('a node of the mesh is listed once, with what the mesh knows of it, whether it is remembered or not', () => {
  const [a, b, ...others] = withSeen([node('a'), node('b')], [seen('b')], 9000);
  expect(others).toEqual([]);
  expect([a, b]).toEqual([{ ...node('b'), firstSeen: 1000, lastSeen: 5000, identity: 'b1d2' }, node('a')]);
});

test('a node that only is remembered has all fields of a node, empty where nobody knows', () => {
  expect(withSeen([], [seen('c')], 9000)).toEqual([
    {
      ...{ name: 'c', id: 51115144227152, namespace: '', instance: '', version: '', links: [] },
      ...{ addresses: ['h:1'], services: ['x'], self: false, reachable: false, left: false },
      ...{ hops: undefined, forMs: 4000, firstSeen: 1000, lastSeen: 5000 },
    },
  ]);
});

test('times are those of the time zone of this machine', () => {
  expect(localTime(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('2026-01-02T03:04:05');
});
