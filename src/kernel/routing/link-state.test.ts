import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../identity.ts';
import type { Announcement } from './announcement.ts';
import { LinkStateTable } from './link-state.ts';
import { Records } from './records.ts';

/** A directed claim: `from` says that it is linked to `to`. */
type Claim = readonly [from: number, to: number];
type Graph = ReadonlyMap<number, ReadonlySet<number>>;

const nothing = new Uint8Array(0);
const instanceOf = (id: NodeId): string => id.toString(16).padStart(16, '0');

function announcement(
  id: NodeId,
  links: Iterable<number>,
  changes: Partial<Announcement> = {},
): Announcement {
  const common = {
    namespace: 'n',
    version: '1',
    addresses: [],
    services: [],
    sections: new Map<string, Uint8Array>(),
  };
  return {
    id,
    name: `n${id}`,
    instance: instanceOf(id),
    epoch: 1,
    sequence: 1,
    left: false,
    links: [...links].sort((a, b) => a - b),
    ...common,
    ...changes,
  };
}

/** One node's table when it knows all claims and its own links are those that both ends claim. */
function tableOf(self: NodeId, claims: Graph): LinkStateTable {
  const records = new Records();
  for (const [id, links] of claims) records.put(announcement(id, links), nothing, 0);
  const table = new LinkStateTable(self, records);
  for (const neighbor of mutual(claims).get(self) ?? []) table.linkUp(neighbor, instanceOf(neighbor));
  return table;
}

function graphOf(count: number, claims: readonly Claim[]): Map<number, Set<number>> {
  const graph = new Map(Array.from({ length: count }, (_, i) => [i + 1, new Set<number>()]));
  for (const [from, to] of claims) if (from !== to) graph.get(from)?.add(to);
  return graph;
}

function edges(...pairs: readonly Claim[]): readonly Claim[] {
  return pairs.flatMap(([a, b]): Claim[] => [
    [a, b],
    [b, a],
  ]);
}

function mutual(claims: Graph): Graph {
  const effective = [...claims].map(
    ([id, links]) => [id, new Set([...links].filter((link) => claims.get(link)?.has(id)))] as const,
  );
  return new Map(effective);
}

function hopsFrom(start: number, graph: Graph): Map<number, number> {
  const hops = new Map([[start, 0]]);
  for (const [at, distance] of hops)
    for (const next of graph.get(at) ?? []) if (!hops.has(next)) hops.set(next, distance + 1);
  return hops;
}

const size = 12;
const node = fc.integer({ min: 1, max: size });
/** Claims of which some are answered and some are not. */
const randomClaims = fc
  .tuple(fc.array(fc.tuple(node, node), { maxLength: 30 }), fc.array(fc.tuple(node, node), { maxLength: 10 }))
  .map(([both, oneSided]) => graphOf(size, [...edges(...both), ...oneSided]));

function isPath(path: readonly number[], from: number, graph: Graph): boolean {
  return path.every((hop, i) => graph.get(i === 0 ? from : (path[i - 1] as number))?.has(hop));
}

describe('on any graph', () => {
  test('distances are those of a breadth-first search over what both ends claim', () => {
    fc.assert(
      fc.property(randomClaims, node, (claims, self) => {
        const table = tableOf(self, claims);
        const expected = hopsFrom(self, mutual(claims));
        for (let id = 1; id <= size; id++)
          expect(table.distance(id)).toBe(expected.get(id) ?? Number.POSITIVE_INFINITY);
        expect([...table.reachable()].sort((a, b) => a - b)).toEqual(
          [...expected.keys()].filter((id) => id !== self).sort((a, b) => a - b),
        );
        expect(table.reachableCount).toBe(expected.size - 1);
      }),
      { numRuns: 300 },
    );
  });

  test('each next hop is a neighbor one step closer, and `walk` is a shortest path by it', () => {
    fc.assert(
      fc.property(randomClaims, node, (claims, self) => {
        const graph = mutual(claims);
        const table = tableOf(self, claims);
        for (const [id, hops] of hopsFrom(self, graph)) {
          if (id === self) continue;
          const action = table.pathToNode(id);
          if (action.action !== 'next') throw new Error(`no next hop to ${id}`);
          expect(hopsFrom(action.neighbor, graph).get(id)).toBe(hops - 1);
          const path = table.walk(id) ?? [];
          expect([path.length, path[0], path.at(-1), isPath(path, self, graph)]).toEqual([
            hops,
            action.neighbor,
            id,
            true,
          ]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('frames passed from table to table arrive whichever node is stalled, also at the stalled node', () => {
    fc.assert(
      fc.property(randomClaims, node, (claims, stalled) => {
        const graph = mutual(claims);
        const tables = new Map([...claims.keys()].map((id) => [id, tableOf(id, claims)]));
        for (const table of tables.values()) table.stalled(stalled, true);
        for (const from of claims.keys()) {
          for (const to of hopsFrom(from, graph).keys()) {
            let at = from;
            let came: number | undefined;
            for (let hops = 0; at !== to; hops++) {
              const action = tables.get(at)?.pathToNode(to);
              if (action?.action !== 'next' || action.neighbor === came || hops > 2 * size) {
                throw new Error(`from ${from} to ${to}: stuck at ${at}, stalled ${stalled}`);
              }
              came = at;
              at = action.neighbor;
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('`walk` names real links also where it leads around a stalled neighbor', () => {
    fc.assert(
      fc.property(randomClaims, node, node, (claims, self, stalled) => {
        const graph = mutual(claims);
        const table = tableOf(self, claims);
        table.stalled(stalled, true);
        for (const id of table.reachable()) {
          const path = table.walk(id) ?? [];
          const action = table.pathToNode(id);
          expect([path.at(-1), isPath(path, self, graph)]).toEqual([id, true]);
          expect(path[0]).toBe(action.action === 'next' ? action.neighbor : undefined);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a link counts', () => {
  const pair = graphOf(2, edges([1, 2]));

  test('only while it is up here, whatever the records say', () => {
    const table = tableOf(1, pair);
    expect(table.pathToNode(2)).toEqual({ action: 'next', neighbor: 2 });
    table.linkDown(2);
    expect(table.pathToNode(2)).toEqual({ action: 'reject' });
  });

  test('only for the life of the neighbor that it leads to', () => {
    const table = tableOf(1, pair);
    table.linkUp(2, 'another life of 2');
    expect(table.pathToNode(2)).toEqual({ action: 'reject' });
  });

  test('not to a node that has left', () => {
    const records = new Records();
    records.put(announcement(1, [2]), nothing, 0);
    records.put(announcement(2, [1], { left: true }), nothing, 0);
    const table = new LinkStateTable(1, records);
    table.linkUp(2, instanceOf(2));
    expect(table.distance(2)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('among equally short ways', () => {
  /** 4 is two hops from 1, by 2 or by 3. */
  const square = graphOf(4, edges([1, 2], [1, 3], [2, 4], [3, 4]));
  const via = (table: LinkStateTable): unknown => table.pathToNode(4);
  const by = (neighbor: number): unknown => ({ action: 'next', neighbor });

  test('the faster neighbor is taken', () => {
    const table = tableOf(1, square);
    table.roundTrip(2, 30);
    table.roundTrip(3, 10);
    expect(via(table)).toEqual(by(3));
  });

  test('a small change of the round trip changes nothing, a large one does', () => {
    const table = tableOf(1, square);
    table.roundTrip(2, 10);
    table.roundTrip(3, 11);
    expect(via(table)).toEqual(by(2));
    const { version } = table;
    for (const ms of [10.5, 11.9, 12.4, 9, 12]) table.roundTrip(2, ms);
    expect([via(table), table.version]).toEqual([by(2), version]);
    table.roundTrip(2, 50);
    expect(via(table)).toEqual(by(3));
  });

  test('a stalled neighbor is passed by, and taken again when it is over', () => {
    const table = tableOf(1, square);
    table.roundTrip(2, 1);
    table.roundTrip(3, 90);
    table.stalled(2, true);
    expect([via(table), table.pathToNode(2)]).toEqual([by(3), by(2)]);
    table.stalled(2, false);
    expect(via(table)).toEqual(by(2));
  });

  test('a stalled neighbor is kept where it is the only way', () => {
    const table = tableOf(1, graphOf(3, edges([1, 2], [2, 3])));
    table.stalled(2, true);
    expect(table.pathToNode(3)).toEqual(by(2));
  });
});

test('what came within reach and went out of it is told once', () => {
  const records = new Records();
  for (const [id, links] of graphOf(3, edges([1, 2], [2, 3])))
    records.put(announcement(id, links), nothing, 0);
  const table = new LinkStateTable(1, records);
  const changes = () => {
    const { up, down } = table.takeChanges(0);
    return [up.map(({ id }) => id), down.map(({ id }) => id)];
  };
  expect(changes()).toEqual([[], []]);
  table.linkUp(2, instanceOf(2));
  expect([changes(), changes()]).toEqual([
    [[2, 3], []],
    [[], []],
  ]);
  records.put(announcement(2, [1], { sequence: 2 }), nothing, 0);
  expect(changes()).toEqual([[], [3]]);
});

test('where many come and go at once a call reports some and the next ones the rest, each once', () => {
  const records = new Records();
  const star = edges(...Array.from({ length: 9 }, (_, i): Claim => [2, i + 3]), [1, 2]);
  for (const [id, links] of graphOf(11, star)) records.put(announcement(id, links), nothing, 0);
  const table = new LinkStateTable(1, records);
  const changes = () => {
    const { up, down } = table.takeChanges(0, 4);
    return [up.length, down.length];
  };
  table.linkUp(2, instanceOf(2));
  expect([changes(), changes(), table.hasMoreChanges, changes(), table.hasMoreChanges, changes()]).toEqual([
    ...[[4, 0], [4, 0], true, [2, 0], false],
    [0, 0],
  ]);
  table.linkDown(2);
  expect([changes(), changes(), changes(), table.hasMoreChanges]).toEqual([[0, 4], [0, 4], [0, 2], false]);
});

test('a link change among 5,000 nodes and 20,000 links is computed anew (its time is printed, not judged)', () => {
  const count = 5000;
  const pairs = Array.from(
    { length: count * 4 },
    (_, i): Claim => [(i % count) + 1, ((i * 7919 + (i >> 3) * 31) % count) + 1],
  );
  const claims = graphOf(count, edges(...pairs));
  const table = tableOf(1, claims);
  expect(table.reachableCount).toBe(count - 1);
  const neighbor = [...(claims.get(1) ?? [])][0] as number;
  const before = performance.now();
  table.linkDown(neighbor);
  table.takeChanges(0);
  console.info(
    `link-state: one change among ${count} nodes took ${(performance.now() - before).toFixed(1)} ms`,
  );
  expect(table.pathToNode(neighbor)).not.toEqual({ action: 'next', neighbor });
});
