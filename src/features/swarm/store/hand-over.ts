/**
 * Who was ever seen by another store, and under which identities, for the store that takes it.
 *
 * Called for `skein store merge`. Times are united. Invariant: no pin of the store that takes them is changed: which of two
 * identities a name belongs to is for people to say. Both stay where they were, too, so that it can be done again.
 */
import type { SqliteDatabase } from '../../../stores/sqlite/library.ts';
import type { HandedOver, Handover } from '../../../stores/sqlite/part.ts';
import { swarmLimits } from '../core/limits.ts';
import type { Pin, SeenNode, SwarmShape } from '../core/swarm-types.ts';

type Unite = SwarmShape['store']['unite'];

interface Row {
  readonly name: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly services: string;
  readonly addresses: string;
}

export function* namesHandedOver(from: SqliteDatabase): Iterable<Handover> {
  const limit = swarmLimits.swarmNodesPerPage;
  for (const rows of pages(from, 'swarm_node', limit)) yield handover((rows as Row[]).map(seen), []);
  for (const rows of pages(from, 'swarm_pin', limit))
    yield handover(
      [],
      (rows as Pin[]).map(({ name, identity }) => ({ name, identity })),
    );
}

function* pages(from: SqliteDatabase, table: string, limit: number): Iterable<unknown[]> {
  const page = from.prepare(`SELECT * FROM ${table} WHERE name > ? ORDER BY name LIMIT ${limit}`);
  for (let after = ''; ; ) {
    const rows = page.all(after) as { name: string }[];
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.name;
  }
}

function seen({ name, first_seen, last_seen, services, addresses }: Row): SeenNode {
  const listed = (text: string): string[] => (text === '' ? [] : text.split(' '));
  return {
    ...{ name, firstSeen: first_seen, lastSeen: last_seen, identity: '' },
    ...{ services: listed(services), addresses: listed(addresses) },
  };
}

function handover(nodes: readonly SeenNode[], pins: readonly Pin[]): Handover {
  return {
    put: { verb: 'unite', input: { nodes, pins } as never },
    taken(answer): HandedOver {
      const { united, others } = answer as ReturnType<Unite>;
      const theirs = new Map(pins.map(({ name, identity }) => [name, identity]));
      const left = others.map(({ name, identity }) => whyLeft(name, theirs.get(name) ?? '', identity));
      return { operations: [], moved: united, left };
    },
  };
}

function whyLeft(name: string, theirs: string, ours: string): string {
  return `name ${name}: it is pinned to identity ${ours} here, and to ${theirs} there: if that is the right one, run skein node forget ${name}`;
}
