/**
 * The store model: how a feature declares its part of a store.
 *
 * Written by features beside their behavior, carried out by `parts.ts`. A model is the meaning of each verb of
 * `Shape['store']`: the memory store runs it, and a store of another kind must do the same. Operations are synchronous
 * and deterministic: time, ranks and random ids come in the input. Invariant: an operation acts on its own state, and on the
 * log of the store, only.
 */
import type { AnswerOf, InputOf, Verb, Verbs } from '../kernel/contracts.ts';
import type { StoreLog } from '../kernel/log-event.ts';

type StoreOperations<V extends Verbs, State extends object> = {
  /**
   * @param log Of the store: what the operation appends is kept with it.
   * @throws whatever makes the operation fail: nothing of it stays. A SkeinError keeps its code.
   */
  readonly [Name in Verb<V>]: (state: State, input: InputOf<V, Name>, log: StoreLog) => AnswerOf<V, Name>;
};

/** The part of a store that belongs to one feature: its state, and what each operation does to it. */
export interface StoreModel<V extends Verbs = Verbs, State extends object = object> {
  /** The feature whose behavior asks for these operations. */
  readonly name: string;
  /** An object whose fields are collections (`Table`, `Cell`), as they are in a new store. */
  initial(): State;
  /** The verbs that are carried out on a full disk although they change something: those that free room. Default: none. */
  readonly frees?: readonly Verb<V>[];
  /** By verb: what it does and answers. One that throws changes nothing. */
  readonly operations: StoreOperations<V, State>;
}

/** A model of whatever shape: what stores hold. */
// biome-ignore lint/suspicious/noExplicitAny: a list of models has no single shape; each was checked where it was written
export type AnyStoreModel = StoreModel<any, any>;

/** Checks a model against the verbs that its behavior uses: `storeModel<MineShape['store'], MineState>({ ... })`. */
export function storeModel<V extends Verbs, State extends object>(
  model: StoreModel<V, State>,
): StoreModel<V, State> {
  return model;
}
