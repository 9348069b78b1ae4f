/**
 * The one type argument of a behavior: everything that enters or leaves it, by name.
 *
 * A part of the contracts (`../contracts.ts`). A feature declares
 * `interface MineShape extends Shape { commands: {...}; event: ... }` and leaves out what it does not use.
 */
import type { Failure } from '../errors.ts';

/** Verbs, each as a function from its input to its answer. */
export type Verbs = Record<string, (input: never) => unknown>;

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
}

export type Verb<V extends Verbs> = keyof V & string;
export type InputOf<V extends Verbs, Name extends Verb<V>> = Parameters<V[Name]>[0];
export type AnswerOf<V extends Verbs, Name extends Verb<V>> = ReturnType<V[Name]>;

/** The answer to one command: given once, now or in a later turn. */
export interface Reply<Answer> {
  /** Numbers the command within its node: another command can refer to it. */
  readonly token: number;
  answer(value: Answer): void;
  fail(failure: Failure): void;
}
