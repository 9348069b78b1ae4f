/** The swarm's part of a store on SQLite. `model.ts` says what each operation means. */
import type { SqlitePart } from '../../../stores/sqlite/part.ts';
import type { SeenNode, SwarmShape } from '../core/swarm-types.ts';

interface Row {
  readonly name: string;
  readonly first_seen: number;
  readonly last_seen: number;
  readonly services: string;
  readonly addresses: string;
}

export const swarmSqlite: SqlitePart<Pick<SwarmShape['store'], 'saw' | 'names' | 'nodes'>> = {
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
  ],
  operations(database, log) {
    const put = database.prepare(
      `INSERT INTO swarm_node (name, first_seen, last_seen, services, addresses) VALUES (?1, ?2, ?2, ?3, ?4)
       ON CONFLICT (name) DO UPDATE SET
         last_seen = max(last_seen, excluded.last_seen), services = excluded.services, addresses = excluded.addresses`,
    );
    const names = database.prepare('SELECT name FROM swarm_node WHERE name > ? ORDER BY name LIMIT ?');
    const nodes = database.prepare('SELECT * FROM swarm_node WHERE name > ? ORDER BY name LIMIT ?');
    return {
      saw({ sights, events }) {
        log.append(events);
        for (const { name, at, services, addresses } of sights)
          put.run(name, at, services.join(' '), addresses.join(' '));
      },
      names: ({ after, limit }) => names.all(after, limit).map((row) => (row as Row).name),
      nodes: ({ after, limit }) => nodes.all(after, limit).map((row) => seen(row as Row)),
    };
  },
};

function seen({ name, first_seen, last_seen, services, addresses }: Row): SeenNode {
  return {
    name,
    firstSeen: first_seen,
    lastSeen: last_seen,
    services: listed(services),
    addresses: listed(addresses),
  };
}

function listed(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}
