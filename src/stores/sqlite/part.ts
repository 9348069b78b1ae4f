/**
 * How a feature declares its part of a store on SQLite: its tables, and each operation as statements.
 *
 * Written by features beside their store model, which says what each operation means. Invariant: a migration is never
 * changed once it was released; tables of a feature begin with its name, so that features do not meet.
 */
import type { AnswerOf, InputOf, StoreOperation, Verb, Verbs } from '../../kernel/contracts.ts';
import type { StoreLog } from '../../kernel/log-event.ts';
import type { SqliteDatabase } from './library.ts';

/** Each runs within a transaction that is not its own: it must not begin or end one. */
type Operations<V extends Verbs> = {
  /** @throws whatever makes the operation fail: nothing of it stays. A SkeinError keeps its code. */
  readonly [Name in Verb<V>]: (input: InputOf<V, Name>) => AnswerOf<V, Name>;
};

/** A step of a merge: what of another store this one is to take, at most once however often it is done. */
export interface Handover {
  /** Asked of the store that takes it. */
  readonly put: StoreOperation;
  /** @param answer What `put` has answered. @returns Asked of the store that gives it: what waited there waits no more. */
  taken(answer: unknown): HandedOver;
}

export interface HandedOver {
  readonly operations: readonly StoreOperation[];
  /** What the store that takes it has now and had not before, or waits there now. */
  readonly moved: number;
  /** What stays where it is, and why. */
  readonly left: readonly string[];
}

/** What a merge knows of both stores. */
export interface MergeTerms {
  /** Of the store that takes it: 32 hexadecimal digits. */
  readonly into: string;
  /** The store that takes it, for reading. */
  readonly taker: SqliteDatabase;
  /** Unix milliseconds. */
  readonly now: number;
  /** What is added to `now` where something expires by it, in the store that takes it. */
  readonly aheadMs: number;
  readonly fromAheadMs: number;
}

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
  /** What another store has, for `skein store merge`: read step by step, in its order. Default: nothing moves. */
  readonly handOver?: (from: SqliteDatabase, terms: MergeTerms) => Iterable<Handover>;
  /** What this store adds to the clock where something expires by it. Default: nothing, as far as this part knows. */
  readonly aheadMs?: (database: SqliteDatabase) => number;
}

/** A part of whatever feature: what stores hold. */
// biome-ignore lint/suspicious/noExplicitAny: a list of parts has no single type; each was checked where it was written
export type AnySqlitePart = SqlitePart<any>;
