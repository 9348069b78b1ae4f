/** What the swarm's operations on the store mean: who was ever here. */
import type { KeptClock } from '../../../kernel/parts/steady-clock.ts';
import { Cell, Table } from '../../../stores/collections.ts';
import { storeModel } from '../../../stores/model.ts';
import type { Denial } from '../../denials/core/shared.ts';
import { isNewDenial, withoutRoom } from '../core/denial-rows.ts';
import type { PageRequest, SeenNode, SwarmShape } from '../core/swarm-types.ts';

export type Seen = Omit<SeenNode, 'name' | 'identity'>;

interface SwarmState {
  readonly nodes: Table<string, Seen>;
  /** The identity of each name that has one. */
  readonly pins: Table<string, string>;
  /** By name and identity. */
  readonly denials: Table<string, Denial>;
  readonly clock: Cell<KeptClock | null>;
}

/** The others are verbs of every store itself. */
type Verbs = Omit<SwarmShape['store'], 'claim' | 'look' | 'note'>;

export const swarmModel = storeModel<Verbs, SwarmState>({
  name: 'swarm',
  frees: ['keepClock'],
  initial: () => ({ nodes: new Table(), pins: new Table(), denials: new Table(), clock: new Cell(null) }),
  operations: {
    clock: ({ clock }) => clock.value,
    keepClock({ clock }, kept) {
      clock.value = kept;
    },
    saw({ nodes }, { sights, events }, log) {
      log.append(events);
      for (const { name, at, services, addresses } of sights) {
        const known = nodes.get(name);
        const firstSeen = known?.firstSeen ?? at;
        nodes.put(name, { firstSeen, lastSeen: Math.max(known?.lastSeen ?? at, at), services, addresses });
      }
    },
    names: ({ nodes }, request) => page(nodes, request).map(([name]) => name),
    nodes: ({ nodes, pins }, request) =>
      page(nodes, request).map(([name, node]) => ({ name, ...node, identity: pins.get(name) ?? '' })),
    pin: ({ pins }, { name, identity }) => pins.put(name, identity),
    unite({ nodes, pins }, input) {
      let count = 0;
      for (const { name, identity: _, ...seen } of input.nodes) {
        const known = nodes.get(name);
        const both = united(seen, known);
        if (both !== known) nodes.put(name, both);
        if (both !== known) count++;
      }
      const others = input.pins.flatMap(({ name, identity }) => {
        const known = pins.get(name);
        if (known === undefined) pins.put(name, identity);
        if (known === undefined) count++;
        return known === undefined || known === identity ? [] : [{ name, identity: known }];
      });
      return { united: count, others };
    },
    pins: ({ pins }, request) => page(pins, request).map(([name, identity]) => ({ name, identity })),
    deny({ denials }, changes, log) {
      for (const { denial, event } of changes) {
        const key = `${denial.name} ${denial.identity}`;
        if (!isNewDenial(denial, denials.get(key))) continue;
        denials.put(key, denial);
        log.append([event]);
      }
      for (const { name, identity } of withoutRoom([...denials.rows()].map(([, row]) => row)))
        denials.delete(`${name} ${identity}`);
    },
    denials: ({ denials }, limit) => [...denials.rows()].slice(0, limit).map(([, denial]) => denial),
    forget({ nodes, pins }, name) {
      const forgotten = { wasSeen: nodes.get(name) !== undefined, wasPinned: pins.get(name) !== undefined };
      nodes.delete(name);
      pins.delete(name);
      return forgotten;
    },
  },
});

/** @returns What is known, where the other one adds nothing to it. */
export function united(seen: Seen, known: Seen | undefined): Seen {
  if (known === undefined) return seen;
  const isOlder = seen.firstSeen < known.firstSeen;
  const isNewer = seen.lastSeen > known.lastSeen;
  if (!isOlder && !isNewer) return known;
  return { ...(isNewer ? seen : known), firstSeen: Math.min(seen.firstSeen, known.firstSeen) };
}

function page<Row>(table: Table<string, Row>, { after, limit }: PageRequest): (readonly [string, Row])[] {
  const found: (readonly [string, Row])[] = [];
  for (const row of table.rows({ from: after })) {
    if (row[0] === after) continue;
    if (found.length === limit) break;
    found.push(row);
  }
  return found;
}
