/**
 * The one type argument of a behavior: everything that enters or leaves it, by name.
 *
 * A part of the contracts (`../contracts.ts`). A feature declares
 * `interface MineShape extends Shape { commands: {...}; event: ... }` and leaves out what it does not use.
 */
import type { Failure } from '../errors.ts';

/** Verbs, each as a function from its input to its answer. */
export type Verbs = Record<string, (input: never) => unknown>;

/** The types of everything that enters or leaves a behavior. What a feature does not use, it leaves as it is here. */
export interface Shape {
  /** What the program asks of the behavior. */
  readonly commands: Verbs;
  /** What the behavior delivers to the program. */
  readonly event: unknown;
  /** What the behavior sends to its handlers, and they to each other. */
  readonly toHandler: unknown;
  /** What its handlers send to the behavior. */
  readonly toBehavior: unknown;
  /** What it asks of the store: each verb is atomic and durable before it is reported. */
  readonly store: Verbs;
  /** The same of the node's own store: of what it keeps for itself, wherever the swarm is kept. */
  readonly ownStore: Verbs;
}

/** The names of verbs. */
export type Verb<V extends Verbs> = keyof V & string;
/** The input type of one verb. */
export type InputOf<V extends Verbs, Name extends Verb<V>> = Parameters<V[Name]>[0];
/** The answer type of one verb. */
export type AnswerOf<V extends Verbs, Name extends Verb<V>> = ReturnType<V[Name]>;

/** The answer to one command: given once, now or in a later turn. */
export interface Reply<Answer> {
  /** Numbers the command within its node: another command can refer to it. */
  readonly token: number;
  /** Answers the command. Ignored after the first `answer` or `fail`. */
  answer(value: Answer): void;
  /** Fails the command: its caller gets a `SkeinError` of this failure. Ignored after the first `answer` or `fail`. */
  fail(failure: Failure): void;
}
