/** The swarm's part of a store on SQLite. `model.ts` says what each operation means. */
import type { KeptClock } from '../../../kernel/parts/steady-clock.ts';
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { Denial } from '../../denials/core/shared.ts';
import { isNewDenial, withoutRoom } from '../core/denial-rows.ts';
import type { Pin, SeenNode, SwarmShape } from '../core/swarm-types.ts';
import { namesHandedOver } from './hand-over.ts';
import { united } from './model.ts';

interface Row {
  readonly name: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly services: string;
  readonly addresses: string;
  readonly identity: string;
}

export const swarmSqlite: SqlitePart<Omit<SwarmShape['store'], 'claim' | 'look' | 'note'>> = {
  name: 'swarm',
  migrations: [
    `CREATE TABLE swarm_node (
      name TEXT PRIMARY KEY,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      -- Separated by spaces: neither can hold one.
      services TEXT NOT NULL,
      addresses TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE swarm_pin (
      name TEXT PRIMARY KEY,
      -- First 128 bits of SHA-256 of its public key, in hexadecimal digits.
      identity TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE swarm_denial (
      name TEXT NOT NULL,
      -- Of its public key, as in swarm_pin; empty: the name alone.
      identity TEXT NOT NULL,
      version INTEGER NOT NULL,
      -- 0: it was taken back, and an older denial must not come back.
      is_denied INTEGER NOT NULL,
      since INTEGER NOT NULL,
      by_node TEXT NOT NULL,
      PRIMARY KEY (name, identity)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE swarm_clock (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      -- What is added to the clock of the machine, so that it goes on steadily where that one was set.
      correction_ms INTEGER NOT NULL,
      -- Of the machine, in Unix milliseconds, when this was written.
      wall_now INTEGER NOT NULL,
      -- Run of the machine, and how long it had lasted then; empty: unknown.
      boot TEXT NOT NULL,
      elapsed_ms INTEGER NOT NULL
    ) STRICT`,
  ],
  frees: ['keepClock'],
  handOver: namesHandedOver,
  aheadMs: (database) =>
    keptClock(database.prepare('SELECT * FROM swarm_clock').get() as ClockRow | undefined)?.correctionMs ?? 0,
  operations(database, log) {
    const put = database.prepare(
      `INSERT INTO swarm_node (name, first_seen, last_seen, services, addresses) VALUES (?1, ?2, ?2, ?3, ?4)
       ON CONFLICT (name) DO UPDATE SET
         last_seen = max(last_seen, excluded.last_seen), services = excluded.services, addresses = excluded.addresses`,
    );
    const names = database.prepare('SELECT name FROM swarm_node WHERE name > ? ORDER BY name LIMIT ?');
    const nodes = database.prepare(
      `SELECT swarm_node.*, coalesce(swarm_pin.identity, '') AS identity
       FROM swarm_node LEFT JOIN swarm_pin ON swarm_pin.name = swarm_node.name
       WHERE swarm_node.name > ? ORDER BY swarm_node.name LIMIT ?`,
    );
    const pin = database.prepare(
      `INSERT INTO swarm_pin (name, identity) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET identity = excluded.identity`,
    );
    const node = database.prepare("SELECT *, '' AS identity FROM swarm_node WHERE name = ?");
    const putNode = database.prepare(
      `INSERT OR REPLACE INTO swarm_node (name, first_seen, last_seen, services, addresses) VALUES (?, ?, ?, ?, ?)`,
    );
    const pinOf = database.prepare('SELECT identity FROM swarm_pin WHERE name = ?');
    const pins = database.prepare('SELECT * FROM swarm_pin WHERE name > ? ORDER BY name LIMIT ?');
    const removeNode = database.prepare('DELETE FROM swarm_node WHERE name = ? RETURNING name');
    const removePin = database.prepare('DELETE FROM swarm_pin WHERE name = ? RETURNING name');
    const denial = database.prepare('SELECT * FROM swarm_denial WHERE name = ? AND identity = ?');
    const putDenial = database.prepare(
      `INSERT OR REPLACE INTO swarm_denial (name, identity, version, is_denied, since, by_node)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const denials = database.prepare('SELECT * FROM swarm_denial ORDER BY name, identity LIMIT ?');
    const removeDenial = database.prepare('DELETE FROM swarm_denial WHERE name = ? AND identity = ?');
    const clock = database.prepare('SELECT * FROM swarm_clock');
    const keepClock = database.prepare('INSERT OR REPLACE INTO swarm_clock VALUES (1, ?, ?, ?, ?)');
    return {
      deny(changes) {
        for (const { denial: fresh, event } of changes) {
          const { name, identity, version, isDenied, since, by } = fresh;
          const [known] = denial.all(name, identity).map((row) => denialIn(row as DenialRow));
          if (!isNewDenial(fresh, known)) continue;
          putDenial.run(name, identity, version, Number(isDenied), since, by);
          log.append([event]);
        }
        const all = denials.all(-1).map((row) => denialIn(row as DenialRow));
        for (const { name, identity } of withoutRoom(all)) removeDenial.run(name, identity);
      },
      denials: (limit) => denials.all(limit).map((row) => denialIn(row as DenialRow)),
      clock: () => keptClock(clock.get() as ClockRow | undefined),
      keepClock: ({ correctionMs, wallNow, boot, elapsedMs }) =>
        void keepClock.run(correctionMs, wallNow, boot, elapsedMs),
      saw({ sights, events }) {
        log.append(events);
        for (const { name, at, services, addresses } of sights)
          put.run(name, at, services.join(' '), addresses.join(' '));
      },
      names: ({ after, limit }) => names.all(after, limit).map((row) => (row as Row).name),
      nodes: ({ after, limit }) => nodes.all(after, limit).map((row) => seen(row as Row)),
      pin: ({ name, identity }) => void pin.run(name, identity),
      unite(input) {
        let count = 0;
        for (const { name, ...given } of input.nodes) {
          const row = node.get(name) as Row | undefined;
          const known = row === undefined ? undefined : seen(row);
          const both = united(given, known);
          if (both === known) continue;
          const { firstSeen, lastSeen, services, addresses } = both;
          putNode.run(name, firstSeen, lastSeen, services.join(' '), addresses.join(' '));
          count++;
        }
        const others = input.pins.flatMap(({ name, identity }) => {
          const known = (pinOf.get(name) as Pin | undefined)?.identity;
          if (known === undefined) pin.run(name, identity);
          if (known === undefined) count++;
          return known === undefined || known === identity ? [] : [{ name, identity: known }];
        });
        return { united: count, others };
      },
      pins: ({ after, limit }) =>
        pins.all(after, limit).map((row) => {
          const { name, identity } = row as Pin;
          return { name, identity };
        }),
      forget: (name) => ({
        wasSeen: removeNode.all(name).length > 0,
        wasPinned: removePin.all(name).length > 0,
      }),
    };
  },
};

interface DenialRow {
  readonly name: string;
  readonly identity: string;
  readonly version: number;
  readonly is_denied: number;
  readonly since: number;
  readonly by_node: string;
}

function denialIn({ name, identity, version, is_denied, since, by_node }: DenialRow): Denial {
  return { name, identity, version, isDenied: is_denied === 1, since, by: by_node };
}

function seen({ name, first_seen, last_seen, services, addresses, identity }: Row): SeenNode {
  return {
    name,
    firstSeen: first_seen,
    lastSeen: last_seen,
    services: listed(services),
    addresses: listed(addresses),
    identity,
  };
}

interface ClockRow {
  readonly correction_ms: number;
  readonly wall_now: number;
  readonly boot: string;
  readonly elapsed_ms: number;
}

function keptClock(row: ClockRow | undefined): KeptClock | null {
  if (row === undefined) return null;
  const { correction_ms: correctionMs, wall_now: wallNow, boot, elapsed_ms: elapsedMs } = row;
  return { correctionMs, wallNow, boot, elapsedMs };
}

function listed(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}
