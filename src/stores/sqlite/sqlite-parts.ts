/**
 * The parts of a store on SQLite, and how the operations of a group are carried out within one transaction.
 *
 * Called by the engine, which begins and ends the transaction. Invariant: an operation that failed has left nothing
 * in the transaction; no operation of a broker whose claim is not the last one is carried out.
 */
import type { SkeinError } from '../../kernel/errors.ts';
import type { StoreLog } from '../../kernel/log-event.ts';
import { claimedByAnother, claimingPart, claimVerb, decideClaim, isClaim } from '../claim.ts';
import type { Entry } from '../group.ts';
import { EventLog } from '../log/event-log.ts';
import { checkAnswer, failedOperation, freeingVerbs, unknownOperation } from '../operations.ts';
import type { Outcome } from '../parts.ts';
import { diskFull, isOfSqlite, isReadOnly } from './failures.ts';
import type { SqliteDatabase } from './library.ts';
import { SqliteLogRows } from './log-rows.ts';
import type { AnySqlitePart } from './part.ts';

/**
 * `together`: one that fails undoes all. `apart`: each can be undone by itself. `freeing`: so, and only those that free
 * room may write. `reading`: none may.
 */
export type Mode = 'together' | 'apart' | 'freeing' | 'reading';

type Operations = Readonly<Record<string, (input: unknown) => unknown>>;

interface Part {
  readonly operations: Operations;
  readonly frees: ReadonlySet<string>;
}

export interface SqlitePartsOptions {
  readonly path: string;
  readonly database: SqliteDatabase;
  /** Of the store. */
  readonly id: string;
  readonly parts: readonly AnySqlitePart[];
  /** Of a claim before. Default: what the file says. */
  readonly epoch?: number | undefined;
}

export class SqliteParts {
  /** Of the last claim; of one whose commit failed as well. */
  epoch: number;
  private readonly path: string;
  private readonly id: string;
  private readonly database: SqliteDatabase;
  private readonly parts = new Map<string, Part>();
  private readonly features: readonly string[];
  private readonly epochOfFile: () => number;

  /** @throws TypeError for parts that do not fit. */
  constructor({ path, database, id, parts, epoch }: SqlitePartsOptions) {
    this.path = path;
    this.database = database;
    this.id = id;
    this.features = parts.map(({ name }) => name);
    const log = new EventLog(new SqliteLogRows(database));
    for (const part of parts) this.add(part, log);
    const read = database.prepare('SELECT epoch FROM skein_store');
    this.epochOfFile = () => (read.get() as { epoch: number }).epoch;
    const write = database.prepare('UPDATE skein_store SET epoch = ?');
    const claim = (wanted: unknown) => this.claim(wanted, (next) => write.run(next));
    const { operations = {}, frees = [] } = this.parts.get(claimingPart) ?? {};
    this.parts.set(claimingPart, {
      operations: { ...operations, claim },
      frees: new Set([...frees, claimVerb]),
    });
    this.epoch = epoch ?? this.epochOfFile();
  }

  /** Within a transaction. Undefined: one of them failed, and all must be undone. @throws what SQLite does. */
  run(group: readonly Entry[], mode: Mode): Outcome[] | undefined {
    const outcomes: Outcome[] = [];
    let epoch = this.epochOfFile();
    for (const entry of group) {
      const refusal = this.refusalOf(entry, epoch);
      const outcome = refusal === undefined ? this.runOne(entry, mode) : failed(refusal);
      if (outcome === undefined) return undefined;
      outcomes.push(outcome);
      if (isClaim(entry.feature, entry.operation.verb)) epoch = this.epochOfFile();
    }
    return outcomes;
  }

  private add({ name, frees = [], ...part }: AnySqlitePart, log: StoreLog): void {
    const operations: Operations = part.operations(this.database, log);
    this.parts.set(name, { operations, frees: freeingVerbs(name, operations, frees) });
  }

  private refusalOf({ feature, operation: { verb } }: Entry, epoch: number): SkeinError | undefined {
    const part = this.parts.get(feature);
    if (part === undefined || !Object.hasOwn(part.operations, verb)) {
      const verbs = part === undefined ? undefined : Object.keys(part.operations);
      return unknownOperation(feature, verb, verbs, this.features);
    }
    return !isClaim(feature, verb) && this.epoch !== epoch ? claimedByAnother(epoch, this.epoch) : undefined;
  }

  private runOne({ feature, operation: { verb, input } }: Entry, mode: Mode): Outcome | undefined {
    const { operations, frees } = this.parts.get(feature) as Part;
    const run = () => checkAnswer(operations[verb]?.(input));
    const mayWrite = mode === 'freeing' ? frees.has(verb) : mode !== 'reading';
    if (mode !== 'together') this.database.exec('SAVEPOINT operation');
    let outcome: Outcome;
    try {
      outcome = { ok: true, value: mayWrite ? run() : this.reading(run) };
    } catch (error) {
      if (isOfSqlite(error)) throw error;
      if (mode === 'together') return undefined;
      this.database.exec('ROLLBACK TO operation');
      outcome = failed(failedOperation(feature, verb, error));
    }
    if (mode !== 'together') this.database.exec('RELEASE operation');
    return outcome;
  }

  /** @throws SkeinError SKEIN_STORE_FULL where a statement could write, whether it would change anything or not. */
  private reading(run: () => unknown): unknown {
    this.database.exec('PRAGMA query_only = ON');
    try {
      return run();
    } catch (error) {
      throw isReadOnly(error) ? diskFull(this.path, error) : error;
    } finally {
      this.database.exec('PRAGMA query_only = OFF');
    }
  }

  private claim(wanted: unknown, write: (epoch: number) => unknown): unknown {
    const claim = decideClaim(wanted, { epoch: this.epochOfFile(), id: this.id });
    if (claim.isClaimed) {
      write(claim.epoch);
      this.epoch = claim.epoch;
    }
    return claim;
  }
}

function failed(error: SkeinError): Outcome {
  return { ok: false, error };
}
