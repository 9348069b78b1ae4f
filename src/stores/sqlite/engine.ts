/**
 * The store's file and the operations on it: one group after another, each group one transaction.
 *
 * Owned by the store's thread. Invariant: an outcome that is ok is on the disk; of an operation that failed nothing is;
 * a commit that failed is unknown, and the engine is over: another one reads from the file what is in it.
 */
import { SkeinError } from '../../kernel/errors.ts';
import { claimedByAnother, claimingPart, decideClaim, isClaim } from '../claim.ts';
import { checkAnswer, failedOperation, unknownOperation } from '../operations.ts';
import type { Entry } from '../ordered-store.ts';
import type { Outcome } from '../parts.ts';
import { failureOfSqlite, isOfSqlite } from './failures.ts';
import { type OpenFile, openFile, replaced } from './file.ts';
import type { SqliteDatabase, SqliteLibrary } from './library.ts';
import type { AnySqlitePart } from './part.ts';

export interface EngineOptions {
  readonly library: SqliteLibrary;
  readonly path: string;
  readonly parts: readonly AnySqlitePart[];
  /** Where an engine before this one has failed: its store, and its last claim. Default: any store, and what it says. */
  readonly before?: { readonly id: string; readonly epoch: number };
}

type Operations = Readonly<Record<string, (input: unknown) => unknown>>;

export class SqliteEngine {
  private readonly path: string;
  private readonly file: OpenFile;
  private readonly database: SqliteDatabase;
  private readonly operations = new Map<string, Operations>();
  private readonly features: readonly string[];
  private readonly epochOfFile: () => number;
  private epoch: number;
  private over = false;

  /** @throws SkeinError SKEIN_STORE, SKEIN_STORE_FULL or SKEIN_BUSY when it cannot be opened. */
  constructor({ library, path, parts, before }: EngineOptions) {
    this.path = path;
    this.file = openFile(library, path, parts, before?.id);
    this.database = this.file.database;
    this.features = parts.map(({ name }) => name);
    for (const part of parts) this.operations.set(part.name, part.operations(this.database));
    const read = this.database.prepare('SELECT epoch FROM skein_store');
    this.epochOfFile = () => (read.get() as { epoch: number }).epoch;
    const write = this.database.prepare('UPDATE skein_store SET epoch = ?');
    this.operations.set(claimingPart, {
      ...this.operations.get(claimingPart),
      claim: (wanted) => this.claim(wanted, (next) => write.run(next)),
    });
    this.epoch = before?.epoch ?? this.epochOfFile();
  }

  /** Of the store. */
  get id(): string {
    return this.file.id;
  }

  /** Of the last claim; of one whose commit failed as well. */
  get claimedEpoch(): number {
    return this.epoch;
  }

  /** It takes no more. Its thread must end, too: one of the libraries lets go of the file only then. */
  get isOver(): boolean {
    return this.over;
  }

  /** In order, each entirely or not at all. Never throws. Not to be called once it is over. */
  carryOut(group: readonly Entry[]): Outcome[] {
    if (!this.file.isInPlace()) {
      this.close();
      return group.map(() => ({ ok: false, error: replaced(this.path) }));
    }
    // Mostly nothing fails, and then nothing is undone apart from the rest.
    return this.attempt(group, false) ?? (this.attempt(group, true) as Outcome[]);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.database.close();
  }

  /** @param apart Each operation can be undone by itself. Without, one that fails undoes all: undefined. */
  private attempt(group: readonly Entry[], apart: boolean): Outcome[] | undefined {
    const { database, operations, epoch: epochBefore } = this;
    const outcomes: Outcome[] = [];
    try {
      database.exec('BEGIN IMMEDIATE');
      let epoch = this.epochOfFile();
      for (const { feature, operation } of group) {
        const { verb, input } = operation;
        const found = operations.get(feature);
        const run = found !== undefined && Object.hasOwn(found, verb) ? found[verb] : undefined;
        if (run === undefined) {
          const known = found === undefined ? undefined : Object.keys(found);
          outcomes.push({ ok: false, error: unknownOperation(feature, verb, known, this.features) });
          continue;
        }
        if (!isClaim(feature, verb) && this.epoch !== epoch) {
          outcomes.push({ ok: false, error: claimedByAnother(epoch, this.epoch) });
          continue;
        }
        if (apart) database.exec('SAVEPOINT operation');
        try {
          outcomes.push({ ok: true, value: checkAnswer(run(input)) });
          if (isClaim(feature, verb)) epoch = this.epochOfFile();
        } catch (error) {
          if (isOfSqlite(error)) throw error;
          if (!apart) {
            database.exec('ROLLBACK');
            this.epoch = epochBefore;
            return undefined;
          }
          database.exec('ROLLBACK TO operation');
          outcomes.push({ ok: false, error: failedOperation(feature, verb, error) });
        }
        if (apart) database.exec('RELEASE operation');
      }
    } catch (error) {
      // A claim of this group is undone with the rest.
      this.epoch = epochBefore;
      return this.undone(group, error);
    }
    return this.commit(outcomes);
  }

  private claim(wanted: unknown, write: (epoch: number) => unknown): unknown {
    const claim = decideClaim(wanted, { epoch: this.epochOfFile(), id: this.id });
    if (claim.isClaimed) {
      write(claim.epoch);
      this.epoch = claim.epoch;
    }
    return claim;
  }

  /** SQLite itself failed before the commit: nothing of the group is in the store. */
  private undone(group: readonly Entry[], error: unknown): Outcome[] {
    this.rollBack();
    return group.map(() => ({ ok: false, error: failureOfSqlite(error, this.path) }));
  }

  private commit(outcomes: Outcome[]): Outcome[] {
    try {
      this.database.exec('COMMIT');
      return outcomes;
    } catch (cause) {
      this.rollBack();
      this.close();
      const { message } = failureOfSqlite(cause, this.path);
      const text = `the commit failed, and whether it is in the store is unknown: ${message}`;
      return outcomes.map((outcome) =>
        outcome.ok ? { ok: false, error: new SkeinError('SKEIN_LOST', text, { cause }) } : outcome,
      );
    }
  }

  /** SQLite may have done it itself already. */
  private rollBack(): void {
    try {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
    } catch {
      this.close();
    }
  }
}
