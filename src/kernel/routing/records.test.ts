import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf } from '../identity.ts';
import { limits } from '../limits.ts';
import type { Announcement } from './announcement.ts';
import { bucketCount, bucketOf, Digests } from './digests.ts';
import { type NodeRecord, type Reception, Records } from './records.ts';

const bytes = new Uint8Array(0);

function announcement(name: string, changes: Partial<Announcement> = {}): Announcement {
  return {
    id: idOf(name),
    name,
    namespace: 'n',
    instance: '0000000000000001',
    epoch: 1,
    sequence: 1,
    left: false,
    version: '1',
    addresses: [],
    links: [],
    services: [],
    sections: new Map(),
    ...changes,
  };
}

/** Records of these announcements, all reachable. */
function reachable(...list: readonly Announcement[]): Records {
  const records = new Records();
  for (const one of list) {
    records.put(one, bytes, 0);
    const record = records.get(one.id);
    if (record !== undefined) records.setReachable(record, true, 0);
  }
  return records;
}

/** As above; the last has these bytes. */
function reachableWith(last: Uint8Array, ...list: readonly Announcement[]): Records {
  const records = reachable(...list.slice(0, -1));
  const one = list.at(-1) as Announcement;
  records.put(one, last, 0);
  records.setReachable(records.get(one.id) as NodeRecord, true, 0);
  return records;
}

describe('a record', () => {
  test('only gives way to a newer version of itself', () => {
    const records = new Records();
    const put = (changes: Partial<Announcement>): Reception =>
      records.put(announcement('a', changes), bytes, 0);
    expect(put({ sequence: 5 })).toBe('newer');
    expect(put({ sequence: 5 })).toBe('same');
    expect(put({ sequence: 4 })).toBe('older');
    expect(put({ epoch: 2, sequence: 1 })).toBe('newer');
    expect(put({ epoch: 1, sequence: 99 })).toBe('older');
    expect(records.get(idOf('a'))).toMatchObject({ epoch: 2, sequence: 1 });
  });

  test('keeps its place in the table while it changes', () => {
    const records = reachable(announcement('a'), announcement('b'));
    const before = records.get(idOf('a'))?.index;
    records.put(announcement('a', { sequence: 2 }), bytes, 0);
    expect(records.get(idOf('a'))?.index).toBe(before);
    expect(records.at(before as number)?.name).toBe('a');
  });

  test('out of reach is kept for an hour, then forgotten', () => {
    const records = reachable(announcement('a'), announcement('b'));
    const lost = records.get(idOf('a'));
    records.setReachable(lost as NonNullable<typeof lost>, false, 1000);
    records.forgetOld(1000 + limits.unreachableKeptMs);
    expect(records.get(idOf('a'))).toBe(lost);
    records.forgetOld(1001 + limits.unreachableKeptMs);
    expect([records.get(idOf('a')), records.size]).toEqual([undefined, 1]);
    expect(records.get(idOf('b'))?.name).toBe('b');
  });

  test('leaves its place in the table to others once many were forgotten', () => {
    const records = reachable(announcement('stays'));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3000; i++) records.put(announcement(`n${round}-${i}`), bytes, 0);
      records.forgetOld(1 + limits.unreachableKeptMs);
    }
    expect(records.size).toBe(1);
    expect(records.indexEnd).toBeLessThan(3000);
    expect(records.at(records.get(idOf('stays'))?.index ?? -1)?.name).toBe('stays');
  });

  test('numbers anew only when that helps: ids that are still named do not change the table each time', () => {
    const links = (from: number): number[] =>
      Array.from({ length: limits.linksPerRecordMax }, (_, i) => from + i);
    const records = reachable(
      announcement('a', { links: links(1) }),
      announcement('b', { links: links(5000) }),
    );
    records.forgetOld(1000);
    const { version } = records;
    for (let second = 2; second < 10; second++) records.forgetOld(second * 1000);
    expect(records.version).toBe(version);
  });

  test('in reach is never forgotten', () => {
    const records = reachable(announcement('a'));
    records.forgetOld(100 * limits.unreachableKeptMs);
    expect(records.size).toBe(1);
  });
});

describe('the version', () => {
  const [a, b] = [idOf('a'), idOf('b')];

  test('rises when an effective link comes or goes, not when one end alone announces it', () => {
    const records = reachable(announcement('a'), announcement('b'));
    const rises = (next: Announcement): boolean => {
      const { version } = records;
      records.put(next, bytes, 0);
      return records.version > version;
    };
    expect(rises(announcement('a', { sequence: 2 }))).toBe(false);
    expect(rises(announcement('a', { sequence: 3, links: [b] }))).toBe(false);
    expect(rises(announcement('b', { sequence: 2, links: [a] }))).toBe(true);
    expect(rises(announcement('b', { sequence: 3, links: [a], services: ['echo'] }))).toBe(false);
    expect(rises(announcement('b', { sequence: 4, links: [] }))).toBe(true);
  });

  test('rises with a new life and with a goodbye', () => {
    const records = reachable(announcement('a'));
    const versions = [records.version];
    records.put(announcement('a', { sequence: 2, instance: '0000000000000002' }), bytes, 0);
    versions.push(records.version);
    records.put(announcement('a', { sequence: 3, instance: '0000000000000002', left: true }), bytes, 0);
    versions.push(records.version);
    expect(versions).toEqual([...new Set(versions)]);
  });

  test('of the services rises when a node offers others', () => {
    const records = reachable(announcement('a'));
    const { servicesVersion } = records;
    records.put(announcement('a', { sequence: 2 }), bytes, 0);
    expect(records.servicesVersion).toBe(servicesVersion);
    records.put(announcement('a', { sequence: 3, services: ['echo'] }), bytes, 0);
    expect(records.servicesVersion).toBe(servicesVersion + 1);
  });
});

test('effective links are those that both ends announce and neither has left, however the records came', () => {
  const node = fc.integer({ min: 0, max: 7 });
  const name = (n: number): string => `n${n}`;
  const step = fc.record({ node, links: fc.uniqueArray(node), left: fc.boolean(), forget: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const records = new Records();
      for (const [sequence, { node, links, left, forget }] of steps.entries()) {
        const ids = links.filter((link) => link !== node).map((link) => idOf(name(link)));
        const changes = { sequence: sequence + 1, links: ids.sort((x, y) => x - y), left: left && forget };
        records.put(announcement(name(node), changes), bytes, 0);
        if (forget && left) records.forgetOld(1 + limits.unreachableKeptMs);
      }
      const all = [...records.entries()];
      for (const record of all) {
        const expected = all.filter(
          (other) =>
            !record.left && !other.left && record.links.includes(other.id) && other.links.includes(record.id),
        );
        const adjacent = records.adjacentTo(record);
        expect(new Set(adjacent)).toEqual(new Set(expected));
        expect(adjacent).toHaveLength(expected.length);
      }
    }),
    { numRuns: 300 },
  );
});

test('a full table makes room for a newcomer by forgetting who was never within reach', () => {
  const records = reachable(announcement('real'));
  const lost = announcement('lost');
  records.put(lost, bytes, 0);
  for (const isReachable of [true, false])
    records.setReachable(records.get(lost.id) as NodeRecord, isReachable, 0);
  for (let i = records.size; i < limits.recordsMax; i++) records.put(announcement(`ghost${i}`), bytes, 0);
  expect(records.put(announcement('newcomer'), bytes, 0)).toBe('newer');
  expect(records.size).toBe(limits.recordsMax);
  for (const name of ['real', 'lost', 'newcomer']) expect(records.get(idOf(name))?.name).toBe(name);
});

test('all records together have so many bytes at most; what is known stays', () => {
  const records = reachable(...['n0', 'n1', 'n2', 'n3'].map((name) => announcement(name)));
  const fat = new Uint8Array(limits.recordsBytesMax / 4 - 1);
  const next = (name: string) =>
    announcement(name, { sequence: (records.get(idOf(name))?.newest.sequence ?? 0) + 1 });
  for (let i = 0; i < 4; i++) expect(records.put(next(`n${i}`), fat, 0)).toBe('newer');
  expect(records.put(announcement('n5'), new Uint8Array(5), 0)).toBe('full');
  expect(records.put(next('n0'), new Uint8Array(fat.length + 5), 0)).toBe('full');
  expect(records.put(next('n0'), bytes, 0)).toBe('newer');
  expect(records.put(announcement('n5'), new Uint8Array(5), 0)).toBe('newer');
});

test('bytes of nodes that somebody invented make room for a newcomer, and for more of who is there', () => {
  const records = reachable(announcement('real'));
  const fat = new Uint8Array(limits.recordsBytesMax / 8);
  for (let i = 0; i < 20; i++) expect(records.put(announcement(`ghost${i}`), fat, 0)).toBe('newer');
  expect(records.put(announcement('newcomer'), fat, 0)).toBe('newer');
  expect(records.put(announcement('real', { sequence: 9 }), fat, 0)).toBe('newer');
  expect(records.size).toBeLessThanOrEqual(9);
  for (const name of ['real', 'newcomer']) expect(records.get(idOf(name))?.name).toBe(name);
});

test('what is older than what is known takes nobody’s place', () => {
  const records = reachable(announcement('real', { sequence: 5 }));
  const half = new Uint8Array(limits.recordsBytesMax / 2);
  records.put(announcement('ghost'), half, 0);
  expect(records.put(announcement('real', { sequence: 4 }), new Uint8Array(half.length + 1), 0)).toBe(
    'older',
  );
  expect(records.get(idOf('ghost'))).toBeDefined();
});

test('records that are forgotten make room', () => {
  const records = new Records();
  const fat = new Uint8Array(limits.recordsBytesMax);
  records.put(announcement('n0'), fat, 0);
  records.forgetOld(1 + limits.unreachableKeptMs);
  expect(records.put(announcement('n1'), fat, 0)).toBe('newer');
});

describe('a link to another life of a node', () => {
  const [a, b] = [idOf('a'), idOf('b')];
  const linkedPair = () => reachable(announcement('a', { links: [b] }), announcement('b', { links: [a] }));
  const neighborsOfA = (records: Records): string[] =>
    records.adjacentTo(records.get(a) as NodeRecord).map(({ name }) => name);

  test('takes the links of the old one away, until its own record comes', () => {
    const records = linkedPair();
    records.linked(b, '0000000000000001');
    expect(neighborsOfA(records)).toEqual(['b']);
    const { version } = records;
    records.linked(b, '0000000000000002');
    expect(neighborsOfA(records)).toEqual([]);
    expect(records.version).toBeGreaterThan(version);
    records.put(announcement('b', { epoch: 2, instance: '0000000000000002', links: [a] }), bytes, 0);
    expect(neighborsOfA(records)).toEqual(['b']);
  });

  test('proves nothing once it is gone again', () => {
    const records = linkedPair();
    records.linked(b, '0000000000000002');
    records.unlinked(b);
    expect(neighborsOfA(records)).toEqual(['b']);
  });
});

describe('the record of a life that is over', () => {
  const [a, b] = [idOf('a'), idOf('b')];
  const living = announcement('b', { links: [a], services: ['s'] });
  const dead = announcement('b', { instance: '0000000000000002', epoch: 2, sequence: 7 });
  const contested = (): { records: Records; record: NodeRecord } => {
    const records = reachable(announcement('a', { links: [b] }), living);
    expect(records.put(dead, Uint8Array.of(1), 105, 100)).toBe('newer');
    return { records, record: records.get(b) as NodeRecord };
  };

  test('is the newest version, yet the living one keeps its links and services', () => {
    const { records, record } = contested();
    expect(record).toMatchObject({ isContested: true, goneSince: 5, newest: dead, services: ['s'] });
    expect(records.adjacentTo(record).map(({ name }) => name)).toEqual(['a']);
    expect(records.put(living, bytes, 0)).toBe('older');
    expect(records.digests.root()).toEqual(
      reachableWith(Uint8Array.of(1), announcement('a', { links: [b] }), dead).digests.root(),
    );
  });

  test('counts once the living one has gone out of reach', () => {
    const { records, record } = contested();
    records.lost(record);
    expect(record).toMatchObject({ isContested: false, announcement: dead });
    expect(records.adjacentTo(record)).toEqual([]);
  });

  test('is outbid by the living one', () => {
    const { records, record } = contested();
    const outbid = announcement('b', { links: [a], epoch: 3 });
    expect(records.put(outbid, bytes, 0)).toBe('newer');
    expect(record).toMatchObject({ isContested: false, announcement: outbid });
  });

  test('counts at once for whoever has a link to that life after all', () => {
    const { records, record } = contested();
    records.linked(b, dead.instance);
    expect(record).toMatchObject({ isContested: false, announcement: dead });
  });

  test('counts after all when nobody outbids it', () => {
    const { records, record } = contested();
    records.forgetOld(105 + limits.contestMs - 1);
    expect(record.isContested).toBe(true);
    const { version } = records;
    records.forgetOld(105 + limits.contestMs);
    expect(record).toMatchObject({ isContested: false, announcement: dead });
    expect(records.version).toBeGreaterThan(version);
  });

  test('is as fresh as its sender says where nobody is there', () => {
    const records = new Records();
    records.put(living, bytes, 0);
    records.put(dead, Uint8Array.of(1), 9000, 20);
    expect(records.get(b)).toMatchObject({ isContested: false, since: 8980 });
  });

  test('takes the place of its own record: a goodbye is believed', () => {
    const records = reachable(announcement('a', { links: [b] }), living);
    records.put({ ...living, sequence: 2, left: true, links: [] }, bytes, 0, 100);
    expect(records.get(b)).toMatchObject({ isContested: false, left: true });
    expect(records.adjacentTo(records.get(a) as NodeRecord)).toEqual([]);
  });
});

describe('digests', () => {
  const names = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 60 });

  test('are equal for equal records, in whatever order and by whatever way these came', () => {
    fc.assert(
      fc.property(names, fc.array(fc.nat(), { maxLength: 30 }), (list, detours) => {
        const final = list.map((n) => announcement(`n${n}`, { sequence: 3 }));
        const direct = reachable(...final);
        const other = reachable(...list.map((n) => announcement(`n${n}`)).reverse());
        for (const detour of detours) {
          const record = other.get(final[detour % Math.max(1, final.length)]?.id ?? -1);
          if (record !== undefined) other.setReachable(record, !record.reachable, 0);
        }
        for (const one of final) other.put(one, bytes, 0);
        for (const record of other.entries()) other.setReachable(record, true, 0);
        expect(other.digests.root()).toEqual(direct.digests.root());
        expect(other.digests.differing(direct.digests.words)).toEqual([]);
      }),
    );
  });

  test('name exactly the bucket of what differs: sequence, epoch, life, or presence', () => {
    const base = [announcement('a'), announcement('b'), announcement('c')];
    const mine = reachable(...base);
    const changes: Partial<Announcement>[] = [
      { sequence: 2 },
      { epoch: 2 },
      { instance: '0000000000000002' },
      { instance: '1000000000000001' },
    ];
    for (const change of changes) {
      const theirs = reachable(base[0] as Announcement, announcement('b', change), base[2] as Announcement);
      expect(theirs.digests.differing(mine.digests.words)).toEqual([bucketOf(idOf('b'))]);
      expect(theirs.digests.root()).not.toEqual(mine.digests.root());
    }
    const fewer = reachable(base[0] as Announcement, base[2] as Announcement);
    expect(fewer.digests.differing(mine.digests.words)).toEqual([bucketOf(idOf('b'))]);
  });

  test('leave out what is out of reach', () => {
    const records = reachable(announcement('a'));
    const empty = new Digests().root();
    const record = records.get(idOf('a'));
    expect(records.digests.root()).not.toEqual(empty);
    records.setReachable(record as NonNullable<typeof record>, false, 0);
    expect(records.digests.root()).toEqual(empty);
    records.put(announcement('a', { sequence: 9 }), bytes, 0);
    expect(records.digests.root()).toEqual(empty);
  });

  test('of many records do not collide', () => {
    const roots = new Set<string>();
    const digests = new Digests();
    for (let i = 0; i < 5000; i++) {
      digests.toggle(announcement(`n${i}`), 0);
      roots.add(digests.root().join());
    }
    expect(roots.size).toBe(5000);
    expect(digests.words.every((word) => word !== 0)).toBe(true);
    expect(digests.words).toHaveLength(bucketCount * 2);
  });
});
