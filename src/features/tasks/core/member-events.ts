/** What the sides of a member say to its program: the author's, that of followed tasks, and the worker's. */
import type { Assignment, Attempt, TaskNews } from './messages.ts';
import type { Ordered } from './tasks-types.ts';

/** One attempt at a task of one store: what a program names it by. */
export interface AttemptPlace extends Attempt {
  /** First 48 bits of the store's id. */
  readonly store: number;
}

/** The answer to one call of `order`: what became of each of its orders, in their order. */
export interface OrderedEvent {
  readonly type: 'ordered';
  readonly handle: unknown;
  readonly outcomes: readonly Ordered[];
}

export interface NewsEvent {
  readonly type: 'news';
  readonly news: readonly TaskNews[];
}

export type WorkEvent =
  /** The handler of this service is to run it. Its end is said once (`Workbench.ended`). */
  | { readonly type: 'begin'; readonly place: AttemptPlace; readonly task: Assignment }
  /** The signal of that attempt is to fire. It is said once of each. */
  | { readonly type: 'stop'; readonly place: AttemptPlace; readonly reason: string }
  /** The broker has heard what the program works on, up to this word of it (`Workbench.work`). */
  | { readonly type: 'known'; readonly word: number };

/** The swarm has some of what was handed in, or does not accept it. */
export interface SettledEvent {
  readonly type: 'settled';
}
