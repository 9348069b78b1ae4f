/**
 * The durable store as a behavior sees it: typed operations of its own feature.
 *
 * A part of the contracts (`../contracts.ts`). Invariant: operations of one feature are carried out in the
 * order in which they were asked for, each atomically, and a completion is reported only once it is durable.
 */
import type { Failure } from '../errors.ts';
import type { AnswerOf, InputOf, Verb, Verbs } from './shape.ts';

/** The store in which the swarm is kept, of the node that keeps it; or what each node keeps for itself. */
export type StorePlace = 'swarm' | 'own';

/** One operation: what a feature asks of its part of the store. */
export interface StoreOperation<V extends Verbs = Verbs, Name extends Verb<V> = Verb<V>> {
  /** Name of the operation, one of the feature's `store` verbs. */
  readonly verb: Name;
  /** Input of the operation: plain data, as `Store.execute` requires. */
  readonly input: InputOf<V, Name>;
}

/**
 * The outcome of an operation as the host reports it. `ok`: it is durable, and `value` is its answer; otherwise nothing
 * of it is in the store.
 */
export type StoreResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure };

/** What became of an operation: its verb tells the type of its value. */
export type StoreCompletion<V extends Verbs = Verbs> = {
  [Name in Verb<V>]: {
    /** Identifies the operation: what `agent.store` returned. */
    readonly token: number;
    /** Name of the operation. */
    readonly verb: Name;
  } & (
    | {
        /** True: it is durable. False: nothing of it is in the store. */
        readonly ok: true;
        /** The answer of the operation. */
        readonly value: AnswerOf<V, Name>;
      }
    | { readonly ok: false; readonly failure: Failure }
  );
}[Verb<V>];

/** Implemented by `src/stores`, called by the runtime. */
export interface Store {
  /**
   * Resolves with a copy of the answer once it is durable, in the order of the calls. The input is plain data (objects,
   * lists, texts, numbers, bigints, booleans, bytes) and is copied before this returns.
   * @param feature Whose part of the store it is.
   * @throws SkeinError for a failed operation: nothing of it is in the store. SKEIN_INVALID: no such feature or verb, or
   * input that is not plain. SKEIN_FAILED, or the operation's own code: it threw. SKEIN_STORE_FULL, SKEIN_BUSY,
   * SKEIN_CLOSED: see GUARANTEES.md.
   */
  execute(feature: string, operation: StoreOperation): Promise<unknown>;
  /**
   * Makes this broker the one that writes, if its epoch is above that of the store; in order with the operations. From
   * then on operations of earlier brokers fail with SKEIN_STORE_CLAIMED. Without a claim the epoch counts that was found
   * when the store was opened. @throws SkeinError as `execute`.
   */
  claim(epoch: number): Promise<{
    /** False: the epoch is not above that of the store. Claim again above it. */
    readonly isClaimed: boolean;
    /** The epoch of the store now. */
    readonly epoch: number;
    /** Of the store, 32 hexadecimal digits: it has it for as long as it lives. */
    readonly id: string;
  }>;
  /** Takes nothing more; resolves once all that was asked for before is durable and reported. */
  close(): Promise<void>;
}
