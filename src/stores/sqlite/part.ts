/**
 * How a feature declares its part of a store on SQLite: its tables, and each operation as statements.
 *
 * Written by features beside their store model, which says what each operation means. Invariant: a migration is never
 * changed once it was released; tables of a feature begin with its name, so that features do not meet.
 */
import type { AnswerOf, InputOf, Verb, Verbs } from '../../kernel/contracts.ts';
import type { StoreLog } from '../../kernel/log-event.ts';
import type { SqliteDatabase } from './library.ts';

/** Each runs within a transaction that is not its own: it must not begin or end one. */
type Operations<V extends Verbs> = {
  /** @throws whatever makes the operation fail: nothing of it stays. A SkeinError keeps its code. */
  readonly [Name in Verb<V>]: (input: InputOf<V, Name>) => AnswerOf<V, Name>;
};

/** The part of a store that belongs to one feature. */
export interface SqlitePart<V extends Verbs = Verbs> {
  /** The feature whose behavior asks for these operations. */
  readonly name: string;
  /** Statements that bring the tables from one version to the next; the first makes them. */
  readonly migrations: readonly string[];
  /**
   * The verbs that take rows away and need no more room than they give back: carried out on a full disk, too.
   * Each call must change few rows. Of the other verbs only those that read are then carried out. Default: none.
   */
  readonly frees?: readonly Verb<V>[];
  /**
   * Called once for each database that is opened, after the migrations: the place to prepare statements.
   * @param log Of the store: what an operation appends is kept with it.
   */
  operations(database: SqliteDatabase, log: StoreLog): Operations<V>;
}

/** A part of whatever feature: what stores hold. */
// biome-ignore lint/suspicious/noExplicitAny: a list of parts has no single type; each was checked where it was written
export type AnySqlitePart = SqlitePart<any>;
