/**
 * The parts of a store, one for each feature, and how one operation is carried out: entirely or not at all.
 *
 * Who calls it: the memory store and the simulated one, in the order in which operations were asked for. Invariant:
 * it never throws; whatever an operation does, its outcome is a plain answer or a SkeinError, and a failure has left
 * nothing behind.
 */
import type { StoreOperation } from '../kernel/contracts.ts';
import { SkeinError } from '../kernel/errors.ts';
import type { StoreLog } from '../kernel/log-event.ts';
import {
  claimedByAnother,
  claimingPart,
  claimVerb,
  decideClaim,
  isClaim,
  type Look,
  lookVerb,
  noteVerb,
} from './claim.ts';
import { Collection, Table } from './collections.ts';
import { Journal } from './journal.ts';
import { EventLog } from './log/event-log.ts';
import type { LogRow } from './log/rows.ts';
import { TableRows } from './log/table-rows.ts';
import type { AnyStoreModel } from './model.ts';
import { checkAnswer, failedOperation, freeingVerbs, unknownOperation } from './operations.ts';

/** What is durable, by feature: it outlives the stores that were opened on it. */
export type StoreContent = Map<string, object>;

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: SkeinError };

/** No name of a feature: these have no spaces. */
const claimKey = 'the claim';
const logKey = 'the log';

interface LogState {
  readonly rows: Table<number, Omit<LogRow, 'last'>>;
}

interface Part {
  readonly state: object;
  readonly operations: Readonly<Record<string, (state: object, input: unknown, log: StoreLog) => unknown>>;
  readonly frees: ReadonlySet<string>;
}

export class StoreParts {
  private readonly journal = new Journal();
  private readonly parts = new Map<string, Part>();
  /** Shared by all stores on the same content. */
  private readonly kept: { epoch: number; readonly id: string; isMade: boolean; note: unknown };
  private readonly logState: LogState;
  private readonly log: StoreLog;
  private epoch: number;

  /**
   * @param content What earlier stores have left; a feature that it does not have yet begins with its initial state.
   * @param newId Of a new store: 32 hexadecimal digits.
   * @throws TypeError for two models of one name, and for a state that is not made of collections.
   */
  constructor(models: readonly AnyStoreModel[], content: StoreContent, newId: () => string) {
    this.kept = (content.get(claimKey) as StoreParts['kept'] | undefined) ?? {
      epoch: 0,
      id: newId(),
      isMade: false,
      note: null,
    };
    content.set(claimKey, this.kept);
    this.epoch = this.kept.epoch;
    this.logState = (content.get(logKey) as LogState | undefined) ?? { rows: new Table() };
    content.set(logKey, this.logState);
    this.log = new EventLog(new TableRows(this.logState.rows));
    for (const model of models) {
      const { name, operations, frees = [] } = model;
      if (this.parts.has(name))
        throw new TypeError(`two store models are called "${name}": rename one of them`);
      const state: object = content.get(name) ?? model.initial();
      this.attach(name, state);
      content.set(name, state);
      this.parts.set(name, { state, operations, frees: freeingVerbs(name, operations, frees) });
    }
  }

  /** @param hasRoom False: the disk is full. A claim, what frees room and what changes nothing are carried out. */
  execute(feature: string, { verb, input }: StoreOperation, hasRoom = true): Outcome {
    if (isClaim(feature, verb)) return this.claim(input);
    if (verb === lookVerb) return this.look(input);
    if (feature === claimingPart && verb === noteVerb) return this.note(input, hasRoom);
    const part = this.parts.get(feature);
    if (part === undefined || !Object.hasOwn(part.operations, verb)) {
      const verbs = part === undefined ? undefined : Object.keys(part.operations);
      return failed(unknownOperation(feature, verb, verbs, [...this.parts.keys()]));
    }
    if (this.kept.epoch !== this.epoch) return failed(claimedByAnother(this.kept.epoch, this.epoch));
    // Another store on this content may have come and gone.
    this.attach(feature, part.state);
    this.attach(logKey, this.logState);
    this.journal.begin();
    try {
      const value = checkAnswer(part.operations[verb]?.(part.state, input, this.log));
      if (this.journal.hasChanges && !hasRoom && !part.frees.has(verb)) throw diskFull(feature, verb);
      this.journal.keep();
      this.kept.isMade = true;
      return { ok: true, value };
    } catch (error) {
      this.journal.undo();
      return failed(failedOperation(feature, verb, error));
    }
  }

  private claim(wanted: unknown): Outcome {
    try {
      const claim = decideClaim(wanted, this.kept);
      if (claim.isClaimed) this.epoch = this.kept.epoch = claim.epoch;
      return { ok: true, value: claim };
    } catch (error) {
      return failed(failedOperation(claimingPart, claimVerb, error));
    }
  }

  /** A store is there once it was claimed, or made. */
  private look(how: unknown): Outcome {
    if (how === 'make') this.kept.isMade = true;
    const { epoch, isMade, id, note } = this.kept;
    const look: Look = { id: epoch > 0 || isMade ? id : null, note, host: 'here' };
    return { ok: true, value: look };
  }

  private note(note: unknown, hasRoom: boolean): Outcome {
    if (!hasRoom) return failed(diskFull(claimingPart, noteVerb));
    this.kept.note = note;
    return { ok: true, value: undefined };
  }

  private attach(name: string, state: object): void {
    for (const [field, collection] of Object.entries(state)) {
      if (!(collection instanceof Collection))
        throw new TypeError(`the state of store model "${name}" has a ${field} that is no Table and no Cell`);
      collection.attach(this.journal);
    }
  }
}

function diskFull(feature: string, verb: string): SkeinError {
  return new SkeinError(
    'SKEIN_STORE_FULL',
    `no room on the disk for ${feature} ${verb}: nothing was written`,
  );
}

function failed(error: SkeinError): Outcome {
  return { ok: false, error };
}
