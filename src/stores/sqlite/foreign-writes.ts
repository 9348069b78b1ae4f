/**
 * Notices what others write to a store's file while it is open: another broker, a newer skein, another program.
 *
 * Called by the engine at the beginning of each transaction, where it costs one look at a counter of SQLite. Invariant:
 * nothing is written to tables that a newer skein has changed meanwhile.
 */
import { statSync } from 'node:fs';
import { checkVersions } from './file.ts';
import type { SqliteDatabase } from './library.ts';
import type { AnySqlitePart } from './part.ts';

/** What a commit of somebody else may have changed. */
interface Facts {
  /** Of the tables. */
  readonly schemaVersion: number;
  /** Every part with its version: a skein that opens the file writes them with the tables. */
  readonly parts: string;
  /** Of the broker that may write. */
  readonly epoch: number;
}

export interface ForeignWritesOptions {
  readonly path: string;
  readonly database: SqliteDatabase;
  readonly parts: readonly AnySqlitePart[];
  readonly warn: (text: string) => void;
}

export class ForeignWrites {
  private readonly options: ForeignWritesOptions;
  /** Changes with each commit of another connection, and with none of this one. */
  private readonly dataVersion: () => number;
  private readonly facts: () => Facts;
  private seen: { readonly version: number; readonly facts: Facts };
  private readonly reported = new Set<'tables' | 'data'>();

  constructor(options: ForeignWritesOptions) {
    this.options = options;
    const { database } = options;
    const version = database.prepare('PRAGMA data_version');
    this.dataVersion = () => (version.get() as { data_version: number }).data_version;
    const schema = database.prepare('PRAGMA schema_version');
    const read = database.prepare(
      "SELECT epoch, (SELECT group_concat(feature || ' ' || version) FROM skein_part) AS parts FROM skein_store",
    );
    this.facts = () => ({
      ...(read.get() as { epoch: number; parts: string }),
      schemaVersion: (schema.get() as { schema_version: number }).schema_version,
    });
    this.seen = { version: this.dataVersion(), facts: this.facts() };
  }

  /** Within a transaction. @param epoch Of this broker. @throws SkeinError SKEIN_STORE for tables of a newer skein. */
  check(epoch: number): void {
    const version = this.dataVersion();
    if (version === this.seen.version) return;
    checkVersions(this.options.database, this.options.path, this.options.parts);
    const before = this.seen.facts;
    const facts = this.facts();
    this.seen = { version, facts };
    // Another skein has opened the file, or claimed the store.
    if (facts.parts !== before.parts || facts.epoch !== epoch) return;
    if (facts.schemaVersion !== before.schemaVersion) this.report('tables');
    else if (!this.isLogEmpty()) this.report('data');
  }

  /** Then another connection has emptied it, which counts as a change of the data as well. */
  private isLogEmpty(): boolean {
    return (statSync(`${this.options.path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
  }

  private report(what: 'tables' | 'data'): void {
    if (this.reported.has(what)) return;
    this.reported.add(what);
    const { path, warn } = this.options;
    warn(
      `another program has changed the ${what} of the store ${path} while it is in use: what it promises no longer holds; end that program, and check the store`,
    );
  }
}
