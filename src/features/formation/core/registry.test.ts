import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../../kernel/limits.ts';
import type { Hail } from './formation-messages.ts';
import { formationLimits } from './limits.ts';
import { Registry } from './registry.ts';

const lease = formationLimits.formationLeaseMs;
let registry: Registry;

beforeEach(() => {
  registry = new Registry();
});

function hail(name: string, more: Partial<Hail> = {}): Hail {
  return { type: 'Hail', name, address: `tcp://${name}`, services: [], ...more };
}

function names(): string[] {
  return [...registry.all()].map(({ name }) => name);
}

describe('a name', () => {
  test('is held by who hailed for it first, for as long as it hails', () => {
    expect(registry.hail(hail('a'), 1, 0)).toBe('new');
    expect(registry.hail(hail('a'), 1, 2000)).toBe('renewed');
    const other = hail('a', { address: 'tcp://other' });
    expect(registry.hail(other, 2, lease + 1999)).toBe('taken');
    expect(registry.get('a')?.address).toBe('tcp://a');
    expect(registry.hail(other, 2, lease + 2000)).toBe('changed');
    expect(registry.get('a')).toMatchObject({ address: 'tcp://other', holder: 2 });
  });

  test('is renewed by the same address over another connection, which holds it then', () => {
    registry.hail(hail('a'), 'connection 1', 0);
    expect(registry.hail(hail('a'), 'connection 2', 100)).toBe('renewed');
    expect(registry.forgetHolder('connection 1')).toEqual([]);
    expect(registry.forgetHolder('connection 2').map(({ name }) => name)).toEqual(['a']);
  });

  test('is free at once when the connection of its holder ends', () => {
    registry.hail(hail('a', { services: ['echo'] }), 1, 0);
    registry.hail(hail('b'), 1, 0);
    registry.hail(hail('c'), 2, 0);
    expect(
      registry
        .forgetHolder(1)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b']);
    expect([names(), registry.find('echo')]).toEqual([['c'], undefined]);
    expect(registry.hail(hail('a', { address: 'tcp://other' }), 3, 1)).toBe('new');
  });
});

describe('a lease', () => {
  test('ends after three missed hails, and is told of once', () => {
    registry.hail(hail('a'), 1, 0);
    registry.hail(hail('b'), 2, 500);
    expect([registry.nextDeadline(), registry.expire(lease - 1)]).toEqual([lease, []]);
    expect(registry.expire(lease).map(({ name }) => name)).toEqual(['a']);
    expect([registry.expire(lease), registry.nextDeadline()]).toEqual([[], lease + 500]);
    expect(lease).toBe(3 * formationLimits.hailIntervalMs);
  });

  test('that is renewed ends after those that are not', () => {
    for (const name of ['a', 'b', 'c']) registry.hail(hail(name), name, 0);
    registry.hail(hail('a'), 'a', 1000);
    expect(registry.expire(lease).map(({ name }) => name)).toEqual(['b', 'c']);
    expect(names()).toEqual(['a']);
  });
});

describe('found', () => {
  test('is a member by its name before any by its service', () => {
    registry.hail(hail('echo'), 1, 0);
    registry.hail(hail('a', { services: ['echo'] }), 2, 0);
    expect(registry.find('echo')?.name).toBe('echo');
    expect(registry.find('nobody')).toBeUndefined();
  });

  test('are those that offer a service, each in its turn', () => {
    for (const name of ['a', 'b', 'c']) registry.hail(hail(name, { services: ['echo', name] }), name, 0);
    expect([1, 2, 3, 4].map(() => registry.find('echo')?.name)).toEqual(['a', 'b', 'c', 'a']);
    registry.hail(hail('c', { services: ['other'] }), 'c', 1);
    expect([1, 2, 3].map(() => registry.find('echo')?.name)).toEqual(['b', 'a', 'b']);
    expect(registry.find('other')?.name).toBe('c');
  });
});

test('what a member says of itself anew is news', () => {
  registry.hail(hail('a'), 1, 0);
  expect(registry.hail(hail('a', { services: ['echo'] }), 1, 1)).toBe('changed');
  expect(registry.hail(hail('a', { services: ['echo'] }), 1, 2)).toBe('renewed');
});

test('it has room for so many, and those renew', () => {
  for (let i = 0; i < formationLimits.registryEntriesMax; i++) registry.hail(hail(`n${i}`), i, 0);
  expect(registry.hail(hail('one more'), 'x', 0)).toBe('full');
  expect(registry.hail(hail('n7'), 7, 0)).toBe('renewed');
  registry.forget('n7');
  expect(registry.hail(hail('one more'), 'x', 0)).toBe('new');
});

test('one program hails for so many names, and all of them together are so long', () => {
  const registry = new Registry();
  for (let i = 0; i < formationLimits.registryNamesPerHolderMax; i++)
    expect(registry.hail(hail(`n${i}`), 1, 0)).toBe('new');
  expect(registry.hail(hail('one more'), 1, 0)).toBe('full');
  expect(registry.hail(hail('n1', { services: ['s'] }), 1, 0)).toBe('changed');
  expect(registry.hail(hail('one more'), 2, 0)).toBe('new');
  const services = Array.from({ length: limits.servicesPerRecordMax }, (_, i) => `${i}`.padEnd(64, 'x'));
  let count = 0;
  while (registry.hail(hail(`m${count}`, { services }), `m${count}`, 0) === 'new') count++;
  expect(count).toBeGreaterThan(2000);
  expect(registry.hail(hail('n1', { services }), 1, 0)).toBe('full');
  expect(registry.get('n1')?.services).toEqual(['s']);
  registry.forget('m0');
  expect(registry.hail(hail('n1', { services }), 1, 0)).toBe('changed');
});

test('in any order of hails, ends and times it agrees with itself', () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    address: fc.constantFrom('x', 'y'),
    services: fc.uniqueArray(fc.constantFrom('s', 't'), { maxLength: 2 }),
    holder: fc.constantFrom(1, 2),
    act: fc.constantFrom('hail', 'hail', 'hail', 'end', 'expire'),
    after: fc.nat({ max: lease }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const registry = new Registry();
      let now = 0;
      for (const { act, name, address, services, holder, after } of steps) {
        now += after;
        if (act === 'hail') registry.hail(hail(name, { address, services }), holder, now);
        else if (act === 'end') registry.forgetHolder(holder);
        else registry.expire(now);
        const all = [...registry.all()];
        expect(all.map(({ until }) => until)).toEqual(all.map(({ until }) => until).sort((a, b) => a - b));
        for (const service of ['s', 't']) {
          const found = registry.find(service);
          const offering = all.filter(({ services }) => services.includes(service));
          if (offering.length === 0) expect(found).toBeUndefined();
          else expect(offering.map(({ name }) => name)).toContain(found?.name);
        }
      }
    }),
  );
});
